/**
 * The token of an invitation link, `{origin}/invite#token=...`. This browser stores it while its holder signs up or
 * signs in elsewhere. It is never sent to a provider or a Supabase project, whose URLs and profiles would leak it.
 */
import { memberOf } from '#lib/api/member.ts';

const KEY = 'appflux.invitation';

/** The maximum time that a token is stored, in milliseconds. */
const MAX_AGE_MS = 24 * 3_600_000;

type ReadStorage = Pick<Storage, 'getItem' | 'removeItem'>;

/** The token in a URL's fragment, else the stored one; null if there is none. */
export function invitationOf(fragment: string, storage: ReadStorage, now = Date.now()): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token') || storedInvitation(storage, now);
}

/** The stored token; null if there is none. Removes an expired one. */
export function storedInvitation(storage: ReadStorage, now = Date.now()): string | null {
  const text = storage.getItem(KEY);
  if (text === null) return null;
  const stored = parsed(text);
  const [token, until] = [memberOf(stored, 'token'), memberOf(stored, 'until')];
  if (typeof token === 'string' && token !== '' && typeof until === 'number' && until > now) return token;
  storage.removeItem(KEY);
  return null;
}

/** Stores a token for a day, or until the invitation expires if that is earlier. */
export function storeInvitation(
  token: string,
  storage: Pick<Storage, 'setItem'>,
  expiresAt: string | null = null,
  now = Date.now(),
): void {
  const until = Math.min(now + MAX_AGE_MS, expiresAt === null ? Infinity : Date.parse(expiresAt));
  storage.setItem(KEY, JSON.stringify({ token, until }));
}

export const clearInvitation = (storage: Pick<Storage, 'removeItem'>): void => storage.removeItem(KEY);

/** The token in pasted text: an invitation link of this instance, or the token alone. Null for anything else. */
export function parseInvitation(pasted: string, origin: string): string | null {
  const text = pasted.trim();
  const url = URL.parse(text);
  if (url === null) return /^[\w-]{16,200}$/.test(text) ? text : null;
  if (url.origin !== origin || url.pathname !== '/invite') return null;
  return new URLSearchParams(url.hash.slice(1)).get('token') || null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not in this version's format: ignored.
    return null;
  }
}
