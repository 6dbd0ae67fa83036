/**
 * Where to go after signing in: a path on this site, so that a link can't redirect users who have just signed in to
 * another site. Takes the `next` parameter; returns `/` for anything else.
 */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/')) return '/';
  const url = URL.parse(next, origin);
  if (url === null || url.origin !== origin || url.pathname.startsWith('/sign-in')) return '/';
  return url.pathname + url.search + url.hash;
}
