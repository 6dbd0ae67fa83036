/**
 * What an email link or a provider returns in the URL. Errors are in the query, the fragment, or both. Tokens in the
 * links of the embedded issuer are in the fragment, which no server logs.
 * Source: supabase/auth internal/api/verify.go and external.go
 */

const LINK_TYPES = ['signup', 'magiclink', 'email', 'recovery', 'email_change', 'invite'] as const;
export type LinkType = (typeof LINK_TYPES)[number];

export type AuthCallback =
  /** Can be exchanged for a session, in the browser that started the sign-in. */
  | { kind: 'code'; code: string }
  /** A one-time token that works in any browser. */
  | { kind: 'token'; tokenHash: string; type: LinkType }
  | { kind: 'error'; code: string; description: string }
  /** The first of two links that change an email was opened. */
  | { kind: 'half_confirmed' };

/** The parts of a URL that can have a callback. SvelteKit's `page.url` has them, too. */
interface CallbackUrl {
  hash: string;
  searchParams: Pick<URLSearchParams, 'get'>;
}

/** Reads the callback from a URL; null if there is none. A token without a type is of `defaultType`. */
export function readAuthCallback(url: CallbackUrl, defaultType: LinkType = 'magiclink'): AuthCallback | null {
  const fragment = new URLSearchParams(url.hash.replace(/^#/, ''));
  const get = (name: string) => url.searchParams.get(name) || fragment.get(name) || null;
  const description = get('error_description');
  const errorCode = get('error_code') ?? get('error');
  if (errorCode !== null || description !== null) {
    return { kind: 'error', code: errorCode ?? 'unknown', description: description ?? errorCode ?? '' };
  }
  const tokenHash = get('token_hash');
  if (tokenHash !== null) {
    const type = LINK_TYPES.find((known) => known === get('type')) ?? defaultType;
    return { kind: 'token', tokenHash, type };
  }
  const code = get('code');
  if (code !== null) return { kind: 'code', code };
  return get('message') === null ? null : { kind: 'half_confirmed' };
}

/** Whether a URL was opened from an email: the redirect URLs of emails are marked. */
export const isFromEmail = (url: CallbackUrl): boolean => url.searchParams.get('from') === 'email';
