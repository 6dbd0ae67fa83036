/** When a notification that was not delivered is sent again. Pure. */

/** How long a notification is tried, in milliseconds. */
export const TRIED_FOR_MS = 24 * 3_600_000;

/** The pause after the first attempt, in milliseconds; each further one is three times as long, up to the longest. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 2 * 3_600_000;

/** By which share a pause is made longer or shorter at random, so that many hooks don't come back at the same moment. */
const JITTER = 0.2;

/** A hook of which nothing was delivered for this long, in so many attempts at least, is disabled. */
const FAILING_FOR_MS = 5 * 24 * 3_600_000;
const FAILED_ATTEMPTS = 20;

/** The pause after the `attempts`-th attempt, in milliseconds. `random` is in [0, 1). */
export const pauseAfter = (attempts: number, random: number): number =>
  Math.round(
    Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** Math.max(0, attempts - 1)) *
      (1 - JITTER + 2 * JITTER * random),
  );

/**
 * When to try again, in milliseconds since 1970; null when the time until `deadline` is over. The receiver's own
 * `Retry-After` counts when it asks for a longer pause.
 */
export function tryAgainAt(
  { attempts, deadline }: { attempts: number; deadline: number },
  retryAfterSeconds: number | null,
  now: number,
  random: number,
): number | null {
  const at = now + Math.max(pauseAfter(attempts, random), (retryAfterSeconds ?? 0) * 1000);
  return at <= deadline ? at : null;
}

/** Whether a hook is disabled that has delivered nothing since `failingSince`, in so many attempts. */
export const isHopeless = (failingSince: number, failedAttempts: number, now: number): boolean =>
  failedAttempts >= FAILED_ATTEMPTS && now - failingSince >= FAILING_FOR_MS;
