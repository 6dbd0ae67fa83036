/** What kind of thing a request asks for, by what browsers say about it. Pure. */
import { contentTypeOf, isPage } from './content-type.ts';

/** Headers of a request. */
export type RequestHeaders = Pick<Headers, 'get'>;

/** Values of Sec-Fetch-Dest for what is shown as a page. Source: https://www.w3.org/TR/fetch-metadata/ */
const PAGES: ReadonlySet<string> = new Set(['document', 'iframe', 'frame', 'embed', 'object']);

/** Whether Accept names the type of pages. A wildcard doesn't. */
const namesPages = (headers: RequestHeaders): boolean =>
  /(?:^|[,\s])(?:text\/html|application\/xhtml\+xml)(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    headers.get('Accept') ?? '',
  );

/** Whether somebody is about to look at the answer. */
export function isNavigation(headers: RequestHeaders): boolean {
  const destination = headers.get('Sec-Fetch-Dest');
  if (destination !== null && destination !== '') return PAGES.has(destination);
  return headers.get('Sec-Fetch-Mode') === 'navigate' || namesPages(headers);
}

/**
 * Whether the page of a single-page app may answer for a path without a file: to navigations, and to programs that take
 * any type, unless the path names a file of another type. A script or a picture that is missing stays missing, and so does
 * what a page fetches.
 */
export function takesFallback(headers: RequestHeaders, path: string): boolean {
  if (isNavigation(headers) || namesPages(headers)) return true;
  const destination = headers.get('Sec-Fetch-Dest');
  if (destination !== null && destination !== '') return false;
  const accept = headers.get('Accept');
  if (accept !== null && !accept.includes('*/*')) return false;
  const type = contentTypeOf(path);
  return type === 'application/octet-stream' ? !/\.bin$/i.test(path) : isPage(type);
}

/** Whether the browser fetches the script of a service worker. Source: https://www.w3.org/TR/service-workers/ */
export const isServiceWorkerScript = (headers: RequestHeaders): boolean =>
  headers.get('Service-Worker') === 'script' || headers.get('Sec-Fetch-Dest') === 'serviceworker';
