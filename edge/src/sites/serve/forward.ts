/** Rewrites to another server: the request that it gets, and what of its answer visitors get. */
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { isAllowedTarget, publicNetwork } from '../../network/public.ts';
import { type Exposure, protect } from './file-headers.ts';
import {
  FOR_PROXIES,
  isOwnCookie,
  isOwnToken,
  ofOurs,
  withoutDomain,
  withoutOwnCookies,
} from './own-headers.ts';
import * as pages from './pages.ts';
import { messagePage } from './pages.ts';

/** How long another server may take until its answer begins, in milliseconds. */
const ANSWER_WITHIN_MS = 30_000;

/** The largest request body, in bytes: what Cloudflare takes on its free plan. */
const MOST_BODY_BYTES = 100 * 1024 * 1024;

/** How often a request may come through AppFlux: a site may forward to another one. */
export const MOST_HOPS = 3;

/** How AppFlux names itself to other servers (RFC 9110 §7.6.3). */
const VIA = '1.1 appflux';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Headers of one connection (RFC 9110 §7.6.1). */
const HOP_BY_HOP: readonly string[] = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];

/** What another server may not decide for a host of ours, and what AppFlux writes itself. */
const NOT_PASSED_ON = /^(?:x-appflux-|alt-svc$|strict-transport-security$|public-key-pins|expect-ct$)/;

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
  for (const name of [...headers.keys()]) if (ofOurs(name)) headers.delete(name);
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
  for (const name of [...droppedNames(headers), ...FOR_PROXIES]) headers.delete(name);
  for (const name of [...headers.keys()]) if (NOT_PASSED_ON.test(name)) headers.delete(name);
  const cookies = answered.getSetCookie();
  headers.delete('Set-Cookie');
  for (const cookie of cookies) if (!isOwnCookie(cookie)) headers.append('Set-Cookie', withoutDomain(cookie));
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
