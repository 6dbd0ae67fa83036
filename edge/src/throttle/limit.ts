/** How often something may be tried: so many times in a window that begins with the first try. */

export interface Limit {
  /** Tries in one window. */
  most: number;
  /** How long a window lasts, in milliseconds. */
  windowMs: number;
}

/** The tries of the current window. */
export interface Tries {
  count: number;
  /** When the window began, in milliseconds since 1970. */
  since: number;
}

/** Counts a try at `now`. Gives the tries after it, and in how many milliseconds to ask again: 0 when it is allowed. */
export function countTry(
  tries: Tries | null,
  limit: Limit,
  now: number,
): { tries: Tries; retryAfterMs: number } {
  if (tries === null || now - tries.since >= limit.windowMs)
    return { tries: { count: 1, since: now }, retryAfterMs: 0 };
  if (tries.count >= limit.most) return { tries, retryAfterMs: tries.since + limit.windowMs - now };
  return { tries: { count: tries.count + 1, since: tries.since }, retryAfterMs: 0 };
}
