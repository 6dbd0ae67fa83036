/** Rewrites to another server: the request that it gets, and what of its answer visitors get. */
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { isAllowedTarget, publicNetwork } from '../../network/public.ts';
import { TOKEN_PREFIX } from '../../token-prefix.ts';
import { type Exposure, protect } from './file-headers.ts';
import * as pages from './pages.ts';
import { messagePage } from './pages.ts';

/** How long another server may take until its answer begins, in milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/** The largest request body, in bytes: what Cloudflare takes on its free plan. */
const MOST_BODY_BYTES = 100 * 1024 * 1024;

/** How often a request may come through AppFlux: a site may forward to another one. */
const MOST_HOPS = 3;

/** How AppFlux names itself to other servers (RFC 9110 §7.6.3). */
const VIA = '1.1 appflux';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Headers of one connection (RFC 9110 §7.6.1). */
const HOP_BY_HOP: readonly string[] = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];

/** What says where a request comes from: AppFlux's own, or what only a proxy of ours may say. */
const OF_OURS = /^(?:x-appflux-|cf-|x-forwarded-|forwarded$|x-real-ip$|true-client-ip$|host$|mf-)/;

/** What another server may not decide for a host of ours, and what AppFlux writes itself. */
const NOT_PASSED_ON = /^(?:x-appflux-|alt-svc$|strict-transport-security$|public-key-pins|expect-ct$)/;

/** Cookies of AppFlux on hosts of sites. Browsers send a cookie without a name as its value alone (RFC 6265bis). */
const OWN_COOKIE = /^[\s=]*(?:__(?:Host|Secure)-)?appflux[-_]/i;

/** Forwards a request to `target` and gives the answer. `exposure` is the site's. */
export async function forward(
  request: Request,
  target: string,
  env: Env,
  exposure: Exposure,
): Promise<Response> {
  const { method } = request;
  const url = new URL(target);
  if (!isAllowedTarget(url, env)) return messagePage(pages.HOST_NOT_ALLOWED, method);
  if (!METHODS.has(method)) return messagePage(pages.METHOD_NOT_ALLOWED, method);
  if (hopsOf(request.headers) >= MOST_HOPS) return messagePage(pages.FORWARDING_LOOP, method);
  if (Number(request.headers.get('Content-Length') ?? 0) > MOST_BODY_BYTES) {
    return messagePage(pages.BODY_TOO_LARGE, method);
  }
  let answer: Response;
  try {
    answer = await publicNetwork(env)(url.href, {
      method,
      headers: forwardedHeaders(request, env, exposure),
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    // No connection, no answer in time, or a private address behind a public name.
    journal.info(`${url.host} does not answer a rewrite of ${new URL(request.url).host}: ${String(error)}`);
    return messagePage(pages.FORWARDING_FAILED, method);
  }
  return new Response(answer.body, {
    status: answer.status,
    headers: answeredHeaders(answer.headers, exposure),
  });
}

/** How often a request has come through an AppFlux, by its Via header. */
export const hopsOf = (headers: Pick<Headers, 'get'>): number =>
  (headers.get('Via') ?? '').split(',').filter((hop) => hop.trim() === VIA).length;

/** The headers that the other server gets. */
export function forwardedHeaders(
  request: Request,
  env: Env,
  { isPublic }: Pick<Exposure, 'isPublic'>,
): Headers {
  const headers = new Headers(request.headers);
  for (const name of droppedNames(headers)) headers.delete(name);
  for (const name of [...headers.keys()]) if (OF_OURS.test(name)) headers.delete(name);
  const cookies = withoutOwnCookies(headers.get('Cookie') ?? '');
  if (cookies === '') headers.delete('Cookie');
  else headers.set('Cookie', cookies);
  // A token of ours, or what may have been one: it opened the site.
  if (!isPublic || isOwnToken(headers.get('Authorization') ?? '')) headers.delete('Authorization');
  const { host, protocol } = new URL(request.url);
  headers.set('X-Forwarded-Host', host);
  headers.set('X-Forwarded-Proto', protocol.slice(0, -1));
  const address = env.CLIENT_ADDRESS_HEADER ? request.headers.get(env.CLIENT_ADDRESS_HEADER) : null;
  if (address !== null) headers.set('X-Forwarded-For', address);
  headers.append('Via', VIA);
  return headers;
}

/** The headers of the answer as visitors get them. */
export function answeredHeaders(answered: Headers, exposure: Exposure): Headers {
  const headers = new Headers(answered);
  for (const name of droppedNames(headers)) headers.delete(name);
  for (const name of [...headers.keys()]) if (NOT_PASSED_ON.test(name)) headers.delete(name);
  const cookies = answered.getSetCookie();
  headers.delete('Set-Cookie');
  for (const cookie of cookies)
    if (!OWN_COOKIE.test(cookie)) headers.append('Set-Cookie', withoutDomain(cookie));
  // Its type is the other server's affair.
  const declared = headers.get('X-Content-Type-Options');
  protect(headers, exposure);
  if (declared === null) headers.delete('X-Content-Type-Options');
  return headers;
}

/** Headers of the connection, and those that its Connection header names. */
const droppedNames = (headers: Headers): string[] => [
  ...HOP_BY_HOP,
  ...(headers.get('Connection') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^[\w-]+$/.test(name)),
];

const withoutOwnCookies = (header: string): string =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !OWN_COOKIE.test(pair))
    .join('; ');

/** Keeps a cookie on the site's own host: a domain above it has other teams' sites. */
const withoutDomain = (cookie: string): string =>
  cookie
    .split(';')
    .filter((part) => !/^\s*domain\s*(?:=|$)/i.test(part))
    .join(';');

const isOwnToken = (authorization: string): boolean =>
  Object.values(TOKEN_PREFIX).some((prefix) => authorization.includes(prefix));
