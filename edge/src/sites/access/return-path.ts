/** Where a visitor is taken after they have signed in. */

/**
 * A path with its query on the same host, from a text that anyone may have written. What could lead to another host, or
 * back to AppFlux's own paths, is the top.
 */
export function returnPath(text: string | null): string {
  if (text === null || text.length > 2000 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(text)) return '/';
  const url = URL.parse(text, 'http://site.invalid');
  if (url === null || url.origin !== 'http://site.invalid') return '/';
  const path = url.pathname + url.search;
  return /^\/(?:[/\\]|\.appflux(?:\/|$))/.test(path) ? '/' : path;
}
