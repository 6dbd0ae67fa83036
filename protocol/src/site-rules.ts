/**
 * Redirects, rewrites and headers of a site, compiled from `_redirects`, `_headers`, `netlify.toml` and `vercel.json`.
 * Patterns are lists of segments and not regular expressions: matching takes linear time, whatever a project wrote.
 */
import { z } from 'zod';

/**
 * Cloudflare's limits: 2,000 redirects without placeholders and 100 with, 2,000 characters a line. Its 100 header rules
 * are doubled, because a pattern of `vercel.json` with alternatives becomes several rules.
 */
export const MAX_STATIC_REDIRECTS = 2_000;
export const MAX_DYNAMIC_REDIRECTS = 100;
export const MAX_SITE_REDIRECTS = MAX_STATIC_REDIRECTS + MAX_DYNAMIC_REDIRECTS;
export const MAX_HEADER_RULES = 200;
export const MAX_RULE_LENGTH = 2_000;

/** The longest literal between two captures of one segment: a longer one would take long to search for. */
export const MAX_INNER_LITERAL = 32;

/** Segments of a path: no line can hold more. */
const MAX_SEGMENTS = MAX_RULE_LENGTH;

const Text = z.string().max(MAX_RULE_LENGTH);
const CaptureName = z.string().regex(/^[A-Za-z0-9_]{1,64}$/);

/** Matches one or more characters other than `/` and keeps them for the destination; `digits` only matches 0 to 9. */
export const SiteCapture = z.object({ capture: CaptureName, digits: z.literal(true).optional() });
export type SiteCapture = z.infer<typeof SiteCapture>;

/**
 * One segment of a pattern: a literal, or literals and captures that alternate. Literals are percent-encoded as
 * `canonicalUrlPath` does.
 */
export const SiteSegment = z.union([Text, z.array(z.union([Text, SiteCapture])).max(100)]);
export type SiteSegment = z.infer<typeof SiteSegment>;

/**
 * The splat of a pattern: any characters including `/`, between a prefix and a suffix in its own segment.
 * `least` says what it needs: `/a/*` matches `/a` with `nothing`, `/a/` with `slash`, and `/a/b` with each of them.
 * A slash at the end that doesn't count isn't enough for `slash`.
 */
export const SiteSplat = z.object({
  capture: CaptureName,
  prefix: Text,
  suffix: Text,
  least: z.enum(['nothing', 'slash', 'character']),
});
export type SiteSplat = z.infer<typeof SiteSplat>;

/** A pattern of paths: segments from the start, at most one splat, and segments up to the end. */
export const SitePattern = z.object({
  before: z.array(SiteSegment).max(MAX_SEGMENTS),
  splat: SiteSplat.nullable(),
  after: z.array(SiteSegment).max(MAX_SEGMENTS),
  /** `any`: a slash at the end of the path doesn't count. `exact`: it does, and is an empty last segment. */
  slash: z.enum(['any', 'exact']),
});
export type SitePattern = z.infer<typeof SitePattern>;

/** Text with captured values: literals and the names of captures. */
export const SiteTemplate = z.array(z.union([Text, z.object({ capture: CaptureName })])).max(200);
export type SiteTemplate = z.infer<typeof SiteTemplate>;

/** Conditions on the query: each key must be there, with this value, or with any, which is captured. */
export const SiteQueryCondition = z.object({
  key: Text,
  value: z.union([Text, z.object({ capture: CaptureName }), z.null()]),
});
export type SiteQueryCondition = z.infer<typeof SiteQueryCondition>;

/** A template of a part of a URL: what `Location` can hold as it is. */
const UrlTemplate = z.array(z.union([Text.regex(/^[!-~]*$/), z.object({ capture: CaptureName })])).max(200);

/** What a rule applies to. */
const match = {
  /** Lower case, without a port. Null: every host of the site. */
  host: z.string().max(253).nullable(),
  pattern: SitePattern,
  /** The rule doesn't apply to paths that one of these matches. */
  unless: z.array(SitePattern).max(50),
  query: z.array(SiteQueryCondition).max(50),
};

/** `https://example.com`, with a port if it isn't the usual one, as `URL.origin` gives it. */
const Origin = z
  .string()
  .max(300)
  .refine((text) => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text);

/** Where a rule leads. */
export const SiteDestination = z.object({
  /** Null: this site. */
  origin: Origin.nullable(),
  /** Begins with `/`. Literals are percent-encoded, and what was captured is, too. */
  path: UrlTemplate,
  query: z.array(z.object({ key: Text, value: UrlTemplate })).max(50),
  /** Without `#`; null if there is none. */
  hash: UrlTemplate.nullable(),
});
export type SiteDestination = z.infer<typeof SiteDestination>;

export const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;
/** 200 serves the destination under the URL of the request; 404 and 410 do, too, with that status. */
export const REWRITE_STATUSES = [200, 404, 410] as const;

/** A redirect or a rewrite. The first that matches applies. */
export const SiteRedirect = z.object({
  ...match,
  to: SiteDestination,
  status: z.literal([...REDIRECT_STATUSES, ...REWRITE_STATUSES]),
  /** Whether it applies to paths of existing files, too; otherwise the file is served. */
  force: z.boolean(),
});
export type SiteRedirect = z.infer<typeof SiteRedirect>;

/**
 * Headers that the server determines (RFC 9110, RFC 9112): a rule that sets one would break the response, or the cache
 * that many visitors share. `set-cookie` is among them: files are cached for everyone.
 */
const SERVER_HEADERS = new Set([
  ...[
    'accept-ranges',
    'age',
    'connection',
    'content-encoding',
    'content-length',
    'content-range',
    'date',
    'etag',
  ],
  ...['host', 'keep-alive', 'last-modified', 'location', 'proxy-authenticate', 'proxy-authorization'],
  ...[
    'proxy-connection',
    'server',
    'set-cookie',
    'set-cookie2',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ],
  ...['via', 'www-authenticate'],
]);

/** Whether a rule may set or remove a header. Takes its name in lower case. */
export const isSettableHeader = (name: string): boolean =>
  !SERVER_HEADERS.has(name) && !name.startsWith('x-appflux-');

/** A header's name in lower case (RFC 9110, `token`). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,200}$/;

/** A header's value: printable ASCII, spaces and tabs. RFC 9110 advises against anything else. */
export const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * `append` joins the value with `, ` to what earlier rules set, and replaces a value that no rule has set; `set`
 * replaces any value; `remove` drops the header.
 */
export const SiteHeaderOperation = z.object({
  operation: z.enum(['set', 'append', 'remove']),
  name: z.string().regex(HEADER_NAME).refine(isSettableHeader),
  /** Empty for `remove`. */
  value: z.array(z.union([Text.regex(HEADER_VALUE), z.object({ capture: CaptureName })])).max(200),
});
export type SiteHeaderOperation = z.infer<typeof SiteHeaderOperation>;

/** A header rule. All that match apply, in their order. */
export const SiteHeaderRule = z.object({
  ...match,
  operations: z.array(SiteHeaderOperation).min(1).max(100),
});
export type SiteHeaderRule = z.infer<typeof SiteHeaderRule>;

/** What a site does with a slash at the end; the modes of Cloudflare's static assets, and Vercel's `trailingSlash`. */
export const SiteTrailingSlash = z.enum([
  /** `/a` for `a.html`, `/a/` for `a/index.html`; the other form redirects. */
  'auto',
  /** Pages end with a slash. */
  'always',
  /** Pages end without one. */
  'never',
]);
export type SiteTrailingSlash = z.infer<typeof SiteTrailingSlash>;

/** What a site answers with, beside its files. */
export const SiteRules = z.object({
  redirects: z.array(SiteRedirect).max(MAX_SITE_REDIRECTS),
  headers: z.array(SiteHeaderRule).max(MAX_HEADER_RULES),
  /** Whether a navigation to a path without a file gets `/index.html`. */
  spaFallback: z.boolean(),
  /** Whether pages are served without `.html`, and `.html` redirects there. */
  cleanUrls: z.boolean(),
  trailingSlash: SiteTrailingSlash,
});
export type SiteRules = z.infer<typeof SiteRules>;

/** The rules of a site that brings none. */
export const EMPTY_RULES: SiteRules = {
  redirects: [],
  headers: [],
  spaFallback: false,
  cleanUrls: true,
  trailingSlash: 'auto',
};
