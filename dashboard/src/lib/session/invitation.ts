/**
 * The token of an invitation link, `{origin}/invite#token=...`. While its holder signs up or signs in elsewhere, this
 * browser keeps it. It is never given to a provider or a Supabase project, whose URLs and profiles would leak it.
 */
import { z } from 'zod';

const KEY = 'appflux.invitation';

/** How long a token is kept at most, in milliseconds. */
const KEEP_MS = 24 * 3_600_000;

const Kept = z.object({ token: z.string().min(1), until: z.number() });

type ReadStorage = Pick<Storage, 'getItem' | 'removeItem'>;

/** The token in a URL's fragment, else the one that this browser keeps; null when there is none. */
export function invitationOf(fragment: string, storage: ReadStorage, now = Date.now()): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('token') || keptInvitation(storage, now);
}

/** The token that this browser keeps; null when there is none. An expired one is removed. */
export function keptInvitation(storage: ReadStorage, now = Date.now()): string | null {
  const text = storage.getItem(KEY);
  if (text === null) return null;
  const kept = Kept.safeParse(parsed(text));
  if (kept.success && kept.data.until > now) return kept.data.token;
  storage.removeItem(KEY);
  return null;
}

/** Keeps a token for a day, or until the invitation expires if that is earlier. */
export function keepInvitation(
  token: string,
  storage: Pick<Storage, 'setItem'>,
  expiresAt: string | null = null,
  now = Date.now(),
): void {
  const until = Math.min(now + KEEP_MS, expiresAt === null ? Infinity : Date.parse(expiresAt));
  storage.setItem(KEY, JSON.stringify({ token, until }));
}

export const forgetInvitation = (storage: Pick<Storage, 'removeItem'>): void => storage.removeItem(KEY);

/** The token in what somebody pasted: an invitation link of this instance, or the token alone. Null for anything else. */
export function invitationIn(pasted: string, origin: string): string | null {
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
    // Not written by this version: the same as nothing.
    return null;
  }
}
