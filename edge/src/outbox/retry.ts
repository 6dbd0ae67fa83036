/** When a message that was refused is tried again. Pure. */
import type { MailRefused } from '../mail/mail.ts';

/** How often a message is tried. */
export const MOST_ATTEMPTS = 8;

/** The pause after the first attempt, in milliseconds; each further one is three times as long, up to the longest. */
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 20 * 60_000;

/** A link that arrives later than this before its end is of no use, in milliseconds. */
const USEFUL_MS = 60_000;

/** What is known of a message that was refused. */
export interface Tried {
  /** How often it was tried, this attempt included. */
  attempts: number;
  /** When its link ends, in milliseconds since 1970. */
  expiresAt: number;
}

/**
 * When to try again, in milliseconds since 1970; null to leave the link to the operator. The service's own
 * `Retry-After` counts when it asks for a longer pause.
 */
export function tryAgainAt(
  { attempts, expiresAt }: Tried,
  refused: Pick<MailRefused, 'later' | 'retryAfterSeconds'>,
  now: number,
): number | null {
  if (!refused.later || attempts >= MOST_ATTEMPTS) return null;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** (attempts - 1));
  const at = now + Math.max(pause, (refused.retryAfterSeconds ?? 0) * 1000);
  return at <= expiresAt - USEFUL_MS ? at : null;
}
