/**
 * Redirects and rewrites: which rule applies to a request, and where it leads. Pure; serving asks what files there are.
 */
import { canonicalUrlPath, REDIRECT_STATUSES, type SiteRedirect, type SiteRules } from '@appflux/protocol';
import { fillDestination, type Target } from './destination.ts';
import { candidatesFor } from './order.ts';
import { matchPattern, segmentsOf } from './pattern.ts';
import { matchQuery, queryPairs } from './query.ts';

/** What the rules look at. */
export interface SiteRequest {
  /** Lower case, without a port. */
  readonly host: string;
  /** The path of the URL, percent-encoded. */
  readonly path: string;
  /** `search` of the URL: begins with `?`, or is empty. */
  readonly query: string;
}

/** What a rule answers. Paths and URLs are percent-encoded and can be used in a `Location` header as they are. */
export type SiteRuleMatch =
  | { readonly kind: 'redirect'; readonly status: SiteRedirect['status']; readonly location: string }
  /** Serve what this path of the site serves, with this status. Rules aren't applied to it again. */
  | {
      readonly kind: 'rewrite';
      readonly status: SiteRedirect['status'];
      readonly path: string;
      readonly query: string;
    }
  /** Serve what another server answers, if the app allows its host (`host`, with a port if there is one). */
  | { readonly kind: 'proxy'; readonly url: string; readonly host: string };

/**
 * What the site has for a canonical path by itself: a file, nothing, or a redirect to another path (percent-encoded), such
 * as from `/about.html` to `/about`.
 */
export type SiteLookup = (path: string) => 'file' | 'none' | { readonly redirect: string };

/** How many redirects may follow each other. Browsers give up after 20. */
const MAX_REDIRECTS = 10;

/**
 * The first rule that applies to a request; null if none does. A rule without `force` only applies to paths for which the
 * site has nothing. A redirect that would lead into an endless chain of redirects of this site
 * does not apply either: the site answers with what it has for the path.
 */
export function matchSiteRules(
  rules: SiteRules,
  request: SiteRequest,
  lookup: SiteLookup,
): SiteRuleMatch | null {
  const found = firstMatch(rules, request, lookup);
  if (found === null) return null;
  const { rule, target } = found;
  const isOwn = target.origin === null || hostOf(target.origin) === request.host;
  if (isRedirect(rule)) {
    if (isOwn && !chainEnds(rules, request, target, lookup)) return null;
    const { origin, path, query, hash } = target;
    return { kind: 'redirect', status: rule.status, location: `${origin ?? ''}${path}${query}${hash}` };
  }
  if (target.origin === null || isOwn) {
    return { kind: 'rewrite', status: rule.status, path: target.path, query: target.query };
  }
  const url = `${target.origin}${target.path}${target.query}`;
  return { kind: 'proxy', url, host: new URL(target.origin).host };
}

interface Found {
  readonly rule: SiteRedirect;
  readonly target: Target;
}

function firstMatch(rules: SiteRules, request: SiteRequest, lookup: SiteLookup): Found | null {
  const path = canonicalUrlPath(request.path);
  if (path === null) return null;
  const segments = segmentsOf(path);
  const pairs = queryPairs(request.query);
  let hasOwn: boolean | null = null;
  for (const rule of candidatesFor(rules, path)) {
    if (rule.host !== null && rule.host !== request.host) continue;
    const captures = new Map<string, string>();
    if (!matchPattern(rule.pattern, segments, captures)) continue;
    if (!matchQuery(rule.query, pairs, captures)) continue;
    if (rule.unless.some((pattern) => matchPattern(pattern, segments))) continue;
    if (!rule.force) {
      hasOwn ??= lookup(path) !== 'none';
      if (hasOwn) continue;
    }
    const target = fillDestination(
      rule.to,
      captures,
      pairs,
      new Set(rule.query.filter(({ value }) => value !== null).map(({ key }) => key)),
    );
    if (target !== null) return { rule, target };
  }
  return null;
}

/** Whether the redirects that follow this one end, at a file, a rewrite, another site or nothing. */
function chainEnds(rules: SiteRules, request: SiteRequest, first: Target, lookup: SiteLookup): boolean {
  let { path, query } = first;
  for (let hops = 0; hops < MAX_REDIRECTS; hops += 1) {
    const next = firstMatch(rules, { ...request, path, query }, lookup);
    if (next === null) {
      const own = lookup(path);
      if (typeof own === 'string') return true;
      path = own.redirect;
      continue;
    }
    if (!isRedirect(next.rule)) return true;
    if (next.target.origin !== null && hostOf(next.target.origin) !== request.host) return true;
    ({ path, query } = next.target);
  }
  return false;
}

const isRedirect = (rule: SiteRedirect): boolean =>
  (REDIRECT_STATUSES as readonly number[]).includes(rule.status);

/** The host of an origin, without the port. */
const hostOf = (origin: string): string => new URL(origin).hostname;
