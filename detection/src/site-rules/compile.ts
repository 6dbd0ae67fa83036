/**
 * Compiles the redirects and headers that a project brings. Nobody else's parser fits: those of Netlify read files
 * through Node, don't name the lines of `netlify.toml` and pass conditions on; Cloudflare's is not published by itself.
 */
import {
  EMPTY_RULES,
  MAX_DYNAMIC_REDIRECTS,
  MAX_HEADER_RULES,
  MAX_STATIC_REDIRECTS,
  SiteHeaderRule,
  SiteRedirect,
  type SiteRules,
  type SiteSettings,
  type SiteTrailingSlash,
} from '@appflux/protocol';
import type { z } from 'zod';
import { parseHeadersFile } from './headers-file.ts';
import { parseNetlifyToml } from './netlify-toml.ts';
import { Problems, type SiteRuleProblem } from './problem.ts';
import { parseRedirectsFile } from './redirects-file.ts';
import { reviewRedirects } from './review.ts';
import type { FileRules } from './rules-of-file.ts';
import { parseVercelJson } from './vercel-json.ts';

/** Where rules are read from: the top of the published folder, and the app's root directory in the source. */
export const SITE_RULE_FILES = {
  output: ['_redirects', '_headers'],
  source: ['netlify.toml', 'vercel.json'],
} as const;

/** The longest file of rules that is read, in bytes. */
export const SITE_RULES_BYTES = 1024 * 1024;

export interface SiteRuleSources {
  /** Files of `SITE_RULE_FILES`; the name without folders decides how a text is read. Others are ignored. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** The files of the site, relative to its top. With them, redirects that never apply are reported. */
  readonly paths?: ReadonlySet<string>;
  /** Whether the framework needs the fallback (`defaultSpaFallback`). */
  readonly spaFallback: boolean;
  /** `site` of `appflux.json`: it takes precedence over all files. */
  readonly settings?: SiteSettings | undefined;
}

export interface CompiledSiteRules {
  readonly rules: SiteRules;
  /** A problem of level `error` must fail the deployment. */
  readonly problems: readonly SiteRuleProblem[];
}

/**
 * Compiles rules. Redirects of `_redirects` come first, then those of `netlify.toml` and `vercel.json`, and the first
 * that matches applies. Headers of all files apply, in the same order. Never throws: what is wrong is in `problems`.
 */
export function compileSiteRules({
  files,
  paths,
  spaFallback,
  settings,
}: SiteRuleSources): CompiledSiteRules {
  const problems = new Problems();
  const redirects: FileRules<SiteRedirect> = [];
  const headers: FileRules<SiteHeaderRule> = [];
  let cleanUrls: boolean | null = null;
  let trailingSlash: SiteTrailingSlash | null = null;
  for (const { path, text: raw, kind } of inOrder(files)) {
    const text = raw.replace(/^\u{FEFF}/u, '').replace(/\r\n?/g, '\n');
    if (kind === '_redirects') redirects.push(...parseRedirectsFile(path, text, problems));
    if (kind === '_headers') headers.push(...parseHeadersFile(path, text, problems));
    if (kind === 'netlify.toml') {
      const found = parseNetlifyToml(path, text, problems);
      redirects.push(...found.redirects);
      headers.push(...found.headers);
    }
    if (kind === 'vercel.json') {
      const found = parseVercelJson(path, text, problems);
      redirects.push(...found.redirects);
      headers.push(...found.headers);
      cleanUrls ??= found.cleanUrls;
      trailingSlash ??= found.trailingSlash;
    }
  }
  const reviewed = reviewRedirects(withinLimits(redirects, SiteRedirect, problems), paths ?? null, problems);
  const rules: SiteRules = {
    redirects: limitRedirects(reviewed.redirects, problems),
    headers: limitHeaders(withinLimits(headers, SiteHeaderRule, problems), problems),
    spaFallback: settings?.spaFallback ?? (reviewed.hasSpaFallback || spaFallback),
    cleanUrls: settings?.cleanUrls ?? cleanUrls ?? EMPTY_RULES.cleanUrls,
    trailingSlash: settings?.trailingSlash ?? trailingSlash ?? EMPTY_RULES.trailingSlash,
  };
  return { rules, problems: problems.list() };
}

const KINDS: readonly string[] = [...SITE_RULE_FILES.output, ...SITE_RULE_FILES.source];

function inOrder(files: SiteRuleSources['files']) {
  return files
    .map(({ path, text }) => ({ path, text, kind: path.slice(path.lastIndexOf('/') + 1) }))
    .filter(({ kind }) => KINDS.includes(kind))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

/** The rules that the schema takes. It limits how many parts a rule can have; all else is checked before. */
function withinLimits<Rule>(
  found: FileRules<Rule>,
  schema: z.ZodType<Rule>,
  problems: Problems,
): FileRules<Rule> {
  return found.filter(({ file, line, rule }) => {
    if (schema.safeParse(rule).success) return true;
    problems.add(
      file,
      line,
      'The rule has too many placeholders, conditions or parameters, and is left out.',
    );
    return false;
  });
}

function limitRedirects(found: FileRules<SiteRedirect>, problems: Problems): SiteRedirect[] {
  const limits = { static: MAX_STATIC_REDIRECTS, dynamic: MAX_DYNAMIC_REDIRECTS };
  const counts = { static: 0, dynamic: 0 };
  return found
    .filter(({ file, line, rule }) => {
      const kind = isStatic(rule) ? 'static' : 'dynamic';
      counts[kind] += 1;
      if (counts[kind] === limits[kind] + 1) {
        const what = kind === 'static' ? 'without placeholders' : 'with placeholders or wildcards';
        problems.add(
          file,
          line,
          `A site can have ${limits[kind]} redirects ${what}. This one and those that follow are left out.`,
        );
      }
      return counts[kind] <= limits[kind];
    })
    .map(({ rule }) => rule);
}

function limitHeaders(found: FileRules<SiteHeaderRule>, problems: Problems): SiteHeaderRule[] {
  const first = found[MAX_HEADER_RULES];
  if (first !== undefined) {
    problems.add(
      first.file,
      first.line,
      `A site can have ${MAX_HEADER_RULES} header rules. This one and those that follow are left out.`,
    );
  }
  return found.slice(0, MAX_HEADER_RULES).map(({ rule }) => rule);
}

const isStatic = ({ pattern }: SiteRedirect): boolean =>
  pattern.splat === null && pattern.before.every((segment) => typeof segment === 'string');
