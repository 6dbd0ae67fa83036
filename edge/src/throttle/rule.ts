/**
 * How often something may be tried: some times freely, then after a wait that doubles with each further try. There is
 * no lockout: after the wait another try is always allowed. Source: OWASP Authentication Cheat Sheet, "Account Lockout"; NIST
 * SP 800-63B-4 §3.2.2 names waits from 30 seconds to an hour.
 */

export interface Rule {
  /** Tries without a wait between them. */
  free: number;
  /** The wait after the last of them, in milliseconds; each further try doubles it. */
  firstWaitMs: number;
  /** The longest wait, in milliseconds. Also the time after which one try is forgotten. */
  longestWaitMs: number;
}

/** What has been tried. */
export interface Tries {
  /** How many tries are remembered, as of `at`. Not a whole number: they are forgotten gradually. */
  level: number;
  /** When the last try was, in milliseconds since 1970. */
  at: number;
}

/** How many tries are still remembered at `now`. */
export const levelAt = (tries: Tries | null, { longestWaitMs }: Rule, now: number): number =>
  tries === null ? 0 : Math.max(0, tries.level - Math.max(0, now - tries.at) / longestWaitMs);

/** When the last of the tries will have been forgotten, in milliseconds since 1970. */
export const forgottenAt = ({ level, at }: Tries, { longestWaitMs }: Rule): number =>
  at + Math.ceil(level * longestWaitMs);

/** How long a try at `now` has to wait, in milliseconds; 0 when it is allowed. */
export function waitFor(tries: Tries | null, rule: Rule, now: number): number {
  // A try that is partly forgotten still counts as one, or slow tries would get one more for free.
  const level = tries === null ? 0 : Math.ceil(tries.level);
  if (tries === null || level < rule.free) return 0;
  const doubled = rule.firstWaitMs * 2 ** (level - rule.free);
  return Math.max(0, Math.ceil(tries.at + Math.min(doubled, rule.longestWaitMs) - now));
}

/** The tries after one more at `now`. */
export const oneMore = (tries: Tries | null, rule: Rule, now: number): Tries => ({
  level: levelAt(tries, rule, now) + 1,
  at: now,
});
