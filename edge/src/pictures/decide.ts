/** Which picture is asked of which runner, and when. Pure: queue.ts is around it. Times in Unix milliseconds. */
import type { RunnerDisk } from '@appflux/protocol';

/** A picture that is to be taken. */
export interface Wanted {
  deploymentId: string;
  appId: string;
  /** The URL of the deployment's own site. */
  url: string;
}

export interface Request extends Wanted {
  wantedAt: number;
  /** When it may be asked for. */
  dueAt: number;
  /** How often it has failed. */
  failures: number;
  /** Who was asked for it, and when; null while nobody is. */
  out: { id: string; runnerId: string; at: number } | null;
}

/** What of a connected runner this depends on. */
export interface Photographer {
  id: string;
  takesPictures: boolean;
  busy: number;
  draining: boolean;
  disk?: RunnerDisk;
}

/** How long a runner may take for one, with sending it. */
export const PATIENCE_MS = 150_000;

/** A second try comes this long after the first; one that gave way to a build is repeated after so long. */
export const RETRY_MS = 10_000;
export const RETURNED_MS = 5_000;

/** How many tries there are. */
export const TRIES = 2;

/** A picture that nobody has taken by then is not worth the wait. */
export const KEEP_MS = 24 * 3600_000;

/** How many may wait; a team with more publishes faster than pictures are taken. */
export const MOST_WAITING = 500;

/** Pairs requests, the oldest first, with runners that do nothing at all. */
export function assign(
  requests: readonly Request[],
  runners: readonly Photographer[],
  now: number,
): { deploymentId: string; runnerId: string }[] {
  const asked = new Set(requests.flatMap(({ out }) => (out === null ? [] : [out.runnerId])));
  const free = runners.filter((runner) => isIdle(runner) && !asked.has(runner.id));
  const due = requests.filter(({ out, dueAt }) => out === null && dueAt <= now);
  return due
    .sort((a, b) => a.wantedAt - b.wantedAt)
    .slice(0, free.length)
    .map(({ deploymentId }, index) => ({ deploymentId, runnerId: free[index]?.id ?? '' }));
}

const isIdle = ({ takesPictures, busy, draining, disk }: Photographer): boolean =>
  takesPictures && busy === 0 && !draining && disk?.low !== true;

/** What becomes of a request that was tried: the next try, or null if that was the last one. */
export function afterTry(request: Request, outcome: 'failed' | 'returned', now: number): Request | null {
  if (outcome === 'returned') return { ...request, out: null, dueAt: now + RETURNED_MS };
  const failures = request.failures + 1;
  return failures < TRIES ? { ...request, out: null, failures, dueAt: now + RETRY_MS } : null;
}

/** Whether the runner that was asked has not answered in time. A clock that was set back ends the wait, too. */
export const isOverdue = ({ out }: Request, now: number): boolean =>
  out !== null && Math.abs(now - out.at) >= PATIENCE_MS;

/** Whether it is too late for a picture. */
export const isStale = ({ wantedAt }: Request, now: number): boolean => Math.abs(now - wantedAt) >= KEEP_MS;

/** When to look again; null if nothing waits. Those that are due wait for a runner, who makes itself heard. */
export function nextLook(requests: readonly Request[], now: number): number | null {
  const times = requests.flatMap(({ out, dueAt }) => {
    if (out !== null) return [out.at + PATIENCE_MS];
    return dueAt > now ? [dueAt] : [];
  });
  return times.length === 0 ? null : Math.min(...times);
}
