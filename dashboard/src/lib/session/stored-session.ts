/** The session that the issuer's client stores in this browser, read without the client. */
import type { Session as AuthSession } from '@supabase/auth-js';
import { memberOf } from '#lib/api/member.ts';

/**
 * How long before its end an access token isn't used any more, in milliseconds. A little longer than the client's own
 * margin (90 seconds, auth-js src/lib/constants.ts), so that the client is there when the token has to be refreshed.
 */
const MARGIN_MS = 120_000;

/**
 * Reads what the client has stored: its session as JSON. Returns null if there is none.
 * Sources: auth-js src/lib/helpers.ts (setItemAsync), src/GoTrueClient.ts (_isValidSession)
 */
export function readStoredSession(text: string | null): AuthSession | null {
  const stored = parseJson(text);
  const isSession =
    isText(memberOf(stored, 'access_token')) &&
    isText(memberOf(stored, 'refresh_token')) &&
    Number.isFinite(memberOf(stored, 'expires_at')) &&
    isText(memberOf(memberOf(stored, 'user'), 'id'));
  return isSession ? (stored as AuthSession) : null;
}

/** Whether the access token of a session can be used now, without a refresh. `now` is in milliseconds since the epoch. */
export const isFresh = ({ expires_at = 0 }: Pick<AuthSession, 'expires_at'>, now: number): boolean =>
  expires_at * 1000 - now > MARGIN_MS;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    // Another program has written it: the client treats it as absent, too.
    return null;
  }
}
