/** Headers, cookies and tokens of AppFlux itself: other servers don't get them, and don't set them. */
import { TOKEN_PREFIX } from '../../token-prefix.ts';

/** What says where a request comes from: AppFlux's own, or what only a proxy of ours may say. */
const OF_OURS = /^(?:x-appflux-|cf-|x-forwarded-|forwarded$|x-real-ip$|true-client-ip$|host$|mf-)/;

/** Cookies of AppFlux on hosts of sites. Browsers send a cookie without a name as its value alone (RFC 6265bis). */
const OWN_COOKIE = /^[\s=]*(?:__(?:Host|Secure)-)?appflux[-_]/i;

/**
 * Headers of an answer that make a proxy in front of this instance send a file of its own machine instead. Nobody but its
 * operator may ask for that. nginx obeys the first one by default.
 */
export const FOR_PROXIES: readonly string[] = [
  'X-Accel-Redirect',
  'X-Sendfile',
  'X-Lighttpd-Send-File',
  'X-Reproxy-URL',
];

/** Whether a header of a request, in lower case, is one that visitors may not set. */
export const ofOurs = (name: string): boolean => OF_OURS.test(name);

/** Whether a pair of a Cookie header, or a Set-Cookie header, is one of AppFlux's own cookies. */
export const isOwnCookie = (cookie: string): boolean => OWN_COOKIE.test(cookie);

const pairsOf = (header: string): string[] =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '');

/** A Cookie header without AppFlux's own cookies. */
export const withoutOwnCookies = (header: string): string =>
  pairsOf(header)
    .filter((pair) => !isOwnCookie(pair))
    .join('; ');

/** Whether a Cookie header has one that says who may open a site (access/cookies.ts). */
export const hasOwnCookie = (header: string): boolean =>
  pairsOf(header).some((pair) => /^(?:__Host-)?appflux-access-[0-9a-f]{24}=/.test(pair));

/** Keeps a cookie on the site's own host: a domain above it has other teams' sites. */
export const withoutDomain = (cookie: string): string =>
  cookie
    .split(';')
    .filter((part) => !/^\s*domain\s*(?:=|$)/i.test(part))
    .join(';');

/** Whether an Authorization header holds a token that AppFlux has issued. */
export const isOwnToken = (authorization: string): boolean =>
  Object.values(TOKEN_PREFIX).some((prefix) => authorization.includes(prefix));
