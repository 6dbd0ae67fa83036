/** The headers that a site's server gets, and those of its answer that visitors get. */
import { type Exposure, protect } from './file-headers.ts';
import {
  FOR_PROXIES,
  hasOwnCookie,
  isOwnCookie,
  isOwnToken,
  ofOurs,
  withoutDomain,
  withoutOwnCookies,
} from './own-headers.ts';

/** Headers of an answer that are about the connection to the host, which is ours. */
const ABOUT_CONNECTION: readonly string[] = ['Alt-Svc', 'Public-Key-Pins', 'Expect-CT'];

/** Headers of one connection (RFC 9110 §7.6.1). `Upgrade` stays: it asks for a WebSocket. */
const HOP_BY_HOP: readonly string[] = [
  ...['Connection', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authenticate', 'Proxy-Authorization'],
  ...['TE', 'Trailer', 'Transfer-Encoding'],
];

/** What a visitor sent, without what says where they come from (the server host writes that) and what opened the site. */
export function serverRequestHeaders(
  { headers: sent }: Pick<Request, 'headers'>,
  { isPublic }: Pick<Exposure, 'isPublic'>,
): Headers {
  const headers = new Headers(sent);
  for (const name of [...HOP_BY_HOP]) headers.delete(name);
  for (const name of sent.keys()) if (ofOurs(name)) headers.delete(name);
  const cookie = sent.get('Cookie');
  if (cookie !== null) {
    const cookies = withoutOwnCookies(cookie);
    if (cookies === '') headers.delete('Cookie');
    else headers.set('Cookie', cookies);
  }
  const authorization = sent.get('Authorization');
  // Without our cookie, it opened the site.
  const isOurs = authorization !== null && !isPublic && !hasOwnCookie(cookie ?? '');
  if (authorization !== null && (isOurs || isOwnToken(authorization))) headers.delete('Authorization');
  return headers;
}

/**
 * What a server answered, without headers and cookies of AppFlux's own. `isShared`: the host is below the domain of sites,
 * where a cookie for the domain would reach other teams' sites.
 */
export function serverResponseHeaders(answered: Headers, exposure: Exposure, isShared: boolean): Headers {
  const headers = new Headers(answered);
  for (const name of answered.keys()) if (name.startsWith('x-appflux-')) headers.delete(name);
  for (const name of [...ABOUT_CONNECTION, ...FOR_PROXIES]) headers.delete(name);
  const cookies = answered.getSetCookie();
  if (cookies.length > 0) {
    headers.delete('Set-Cookie');
    for (const cookie of cookies)
      if (!isOwnCookie(cookie)) headers.append('Set-Cookie', isShared ? withoutDomain(cookie) : cookie);
  }
  // Its type is the server's affair.
  const declared = headers.get('X-Content-Type-Options');
  protect(headers, exposure);
  if (declared === null) headers.delete('X-Content-Type-Options');
  return headers;
}
