/**
 * What an email link or a provider brings back in the URL. Errors are in the query, in the fragment or in both; tokens
 * that the embedded issuer puts into a link are in the fragment, which reaches no server's log.
 * Source: supabase/auth internal/api/verify.go and external.go
 */
import { z } from 'zod';

export const LinkType = z.enum(['signup', 'magiclink', 'email', 'recovery', 'email_change', 'invite']);
export type LinkType = z.infer<typeof LinkType>;

export type AuthAnswer =
  /** To be exchanged for a session in the browser that started. */
  | { kind: 'code'; code: string }
  /** A one-time token that works in any browser. */
  | { kind: 'token'; tokenHash: string; type: LinkType }
  | { kind: 'error'; code: string; description: string }
  /** The first of two links that change an email was opened. */
  | { kind: 'half_confirmed' };

/** The parts of a URL that hold an answer. SvelteKit's `page.url` has them too. */
interface Address {
  hash: string;
  searchParams: Pick<URLSearchParams, 'get'>;
}

/** Reads the answer from a URL; null when there is none. A token without a type is of `defaultType`. */
export function authAnswerOf(url: Address, defaultType: LinkType = 'magiclink'): AuthAnswer | null {
  const fragment = new URLSearchParams(url.hash.replace(/^#/, ''));
  const get = (name: string) => url.searchParams.get(name) || fragment.get(name) || null;
  const description = get('error_description');
  const errorCode = get('error_code') ?? get('error');
  if (errorCode !== null || description !== null) {
    return { kind: 'error', code: errorCode ?? 'unknown', description: description ?? errorCode ?? '' };
  }
  const tokenHash = get('token_hash');
  if (tokenHash !== null) {
    return { kind: 'token', tokenHash, type: LinkType.safeParse(get('type')).data ?? defaultType };
  }
  const code = get('code');
  if (code !== null) return { kind: 'code', code };
  return get('message') === null ? null : { kind: 'half_confirmed' };
}

/** Whether a URL is one that an email asked for: the redirect URLs of emails say so. */
export const isFromEmail = (url: Address): boolean => url.searchParams.get('from') === 'email';
