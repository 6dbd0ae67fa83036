/** The Content Security Policy of the dashboard's pages, as a header. */
import type { Env } from '../env.ts';

/** The policy that the build puts into a page: it has the hashes of that page's inline scripts. */
const META = /<meta http-equiv="content-security-policy" content="(?<policy>[^"]*)">/i;

/** What every page gets, also one without a policy of its own. A page can't forbid frames by its own text. */
const ALWAYS = "frame-ancestors 'none'";

/** The settings that say which origins a page connects to. */
type Settings = Pick<Env, 'PUBLIC_URL' | 'S3_ENDPOINT' | 'S3_PUBLIC_ENDPOINT' | 'SUPABASE_URL'>;

/**
 * The sources of `connect-src`: the page's own origin, WebSockets of the instance, the storage that files are uploaded to,
 * and the Supabase project that users sign in with. Settings that are no URLs are left out.
 */
export function connectSources(env: Partial<Settings>): string[] {
  const { host, protocol } = URL.parse(env.PUBLIC_URL ?? '') ?? {};
  // Safari before 15.4 takes 'self' for http and https only.
  const sockets = host === undefined ? [] : [`${protocol === 'http:' ? 'ws' : 'wss'}://${host}`];
  const others = [env.S3_PUBLIC_ENDPOINT || env.S3_ENDPOINT, env.SUPABASE_URL]
    .map((url) => URL.parse(url ?? ''))
    .filter((url) => url !== null && /^https?:$/.test(url.protocol))
    .map((url) => url?.origin ?? '');
  return ["'self'", ...new Set([...sockets, ...others])];
}

/**
 * The policy of a page: what its build put into it, with `connect-src` narrowed to the given sources.
 * @returns the page without its own policy, and the header's value. Pure.
 */
export function policyOf(page: string, sources: readonly string[]): { page: string; policy: string } {
  const own = META.exec(page)?.groups?.policy ?? '';
  const directives = unescaped(own)
    .split(';')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !/^connect-src(?:\s|$)/i.test(directive));
  const policy = [...directives, `connect-src ${sources.join(' ')}`, ALWAYS].join('; ');
  return { page: page.replace(META, ''), policy };
}

/** The text of an attribute in which the build has escaped what HTML requires. */
const unescaped = (attribute: string): string =>
  attribute.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
