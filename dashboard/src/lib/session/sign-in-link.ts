/**
 * The one-time code of a sign-in link, `{origin}/sign-in#token_hash=...`. It travels in the fragment so
 * that it reaches no server log. Takes `location.hash`; null when there is none.
 */
export function tokenHashOf(fragment: string): string | null {
  const hash = new URLSearchParams(fragment.replace(/^#/, '')).get('token_hash');
  return hash === null || hash === '' ? null : hash;
}

/**
 * Where to go after signing in: a path of this site and nothing else, so that a link cannot send a person
 * who has just signed in to another site. Takes the `next` parameter; `/` when it is not such a path.
 */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/')) return '/';
  const url = URL.parse(next, origin);
  if (url === null || url.origin !== origin || url.pathname.startsWith('/sign-in')) return '/';
  return url.pathname + url.search + url.hash;
}
