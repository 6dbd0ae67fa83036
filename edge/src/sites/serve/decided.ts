/** Remembers decisions: most requests for a site ask for the same, and building the headers is most of the work. */
import { type Decision, decide, type SiteRequest, type SiteSettings } from './decide.ts';
import { LeastRecent } from './least-recent.ts';
import type { Site } from './site.ts';

/** Memory that remembered decisions may take in an isolate, in bytes, roughly. */
const MOST_BYTES = 4 * 1024 * 1024;

/** What a decision takes besides its key and its headers, which the site's rules may make long. */
const DECISION_BYTES = 1_000;

/** What of a request a decision depends on beside its method, host, path and query. */
const SEEN = ['Accept-Encoding', 'Accept', 'Sec-Fetch-Dest', 'Sec-Fetch-Mode'] as const;

/** A request with one of these is rare, or asks about what it has already. */
const RARE = ['If-None-Match', 'Range', 'If-Range', 'Cache-Control', 'Service-Worker'] as const;

/** The longest request that is worth remembering, in characters. */
const LONGEST = 1_000;

const remembered = new LeastRecent<Decision & { kind: 'file' }>(MOST_BYTES);

/** The same as `decide`. Its headers are the caller's own. */
export function decided(site: Site, request: SiteRequest, settings: SiteSettings): Decision {
  const key = keyOf(site, request, settings);
  if (key === null) return decide(site, request, settings);
  const known = remembered.get(key);
  if (known !== undefined) return { ...known, headers: new Headers(known.headers) };
  const decision = decide(site, request, settings);
  if (decision.kind === 'file') {
    const kept = { ...decision, headers: new Headers(decision.headers) };
    remembered.set(key, kept, DECISION_BYTES + 2 * key.length + lengthOf(kept.headers));
  }
  return decision;
}

const lengthOf = (headers: Headers): number =>
  [...headers].reduce((sum, [name, value]) => sum + name.length + value.length, 0);

/** All that a decision depends on; null for a request that isn't remembered. */
function keyOf(
  site: Site,
  { method, host, path, query, headers }: SiteRequest,
  settings: SiteSettings,
): string | null {
  for (const name of RARE) if (headers.get(name) !== null) return null;
  const { isPublic, isPreview, isSkewed, spaFallback } = settings;
  const seen = SEEN.map((name) => headers.get(name));
  const key = JSON.stringify([
    ...[site.deploymentId, method, host, path, query],
    ...seen,
    ...[isPublic, isPreview, isSkewed, spaFallback],
  ]);
  return key.length > LONGEST ? null : key;
}
