/**
 * Which release answers while a new one replaces it. A page loads its parts after itself, so a switch between them would
 * mix two builds. Pure.
 */
import { isNavigation, isServiceWorkerScript, type RequestHeaders } from './asked-for.ts';

/** For how long pages that are loaded after a release get the cookie that says which release they are of. */
export const COOKIE_FOR_MS = 10 * 60 * 1000;

/** How long a page that was loaded right before a release may take to ask for its parts. */
const LOADING_MS = 30 * 1000;

export const RELEASE_COOKIE = 'appflux_release';

export interface SkewFacts {
  current: string;
  /** The release that it replaced within the last day; null if there is none. */
  previous: string | null;
  /** Since the switch. */
  elapsedMs: number;
  headers: RequestHeaders;
  /** The host of the request, with its port. */
  host: string;
}

/**
 * The deployment whose file a request means first. A navigation and a program get the current release; a part of a page
 * gets that page's.
 */
export function firstRelease(facts: SkewFacts): string {
  const { current, previous, elapsedMs, headers } = facts;
  // A clock may have been set back.
  if (previous === null || elapsedMs >= COOKIE_FOR_MS || elapsedMs < 0) return current;
  if (!isPartOfPage(facts)) return current;
  const page = releaseCookie(headers.get('Cookie'));
  if (page === previous) return previous;
  return page === null && elapsedMs < LOADING_MS ? previous : current;
}

/** Whether a document that is served now gets the cookie. */
export const marksPages = ({ previous, elapsedMs }: Pick<SkewFacts, 'previous' | 'elapsedMs'>): boolean =>
  previous !== null && elapsedMs >= 0 && elapsedMs < COOKIE_FOR_MS;

/** The cookie that says which release a page is of. No script and no other host reads it. */
export const releaseCookieFor = (deploymentId: string, isSecure: boolean): string =>
  `${RELEASE_COOKIE}=${deploymentId}; Path=/; Max-Age=${COOKIE_FOR_MS / 1000}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;

/** The release that the visitor's last page was of. */
function releaseCookie(header: string | null): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === RELEASE_COOKIE && value !== undefined && /^[0-9a-f]{24}$/.test(value)) return value;
  }
  return null;
}

/** Whether a page of this host asks for one of its parts. */
function isPartOfPage({ headers, host }: SkewFacts): boolean {
  if (isServiceWorkerScript(headers) || headers.get('Sec-Purpose') !== null) return false;
  if (isNavigation(headers)) return false;
  const from = headers.get('Sec-Fetch-Site');
  if (from !== null && from !== 'same-origin') return false;
  const destination = headers.get('Sec-Fetch-Dest') ?? '';
  // An app that is being installed is the new one.
  if (destination === 'manifest') return false;
  const page = pageOf(headers.get('Referer'), host);
  // What `fetch` asks for may be a service worker's, which fills its cache with the new release: its script is the referrer.
  if (destination === 'empty' || from === null) return page === 'page';
  return page !== 'elsewhere';
}

/** What a Referer header names; `unknown` if there is none. */
function pageOf(referer: string | null, host: string): 'page' | 'script' | 'elsewhere' | 'unknown' {
  const url = referer === null ? null : URL.parse(referer);
  if (url === null) return 'unknown';
  if (url.host !== host) return 'elsewhere';
  return /\.[cm]?js$/i.test(url.pathname) ? 'script' : 'page';
}
