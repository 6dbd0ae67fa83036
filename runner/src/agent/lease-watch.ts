/** The loop that notices a lease running out. */
import type { Lease } from './lease.ts';

/**
 * Calls `onLost` once when the lease is lost. A timer may fire late (a stopped process, a machine that
 * slept), so it only says when to look; the lease's own clock decides.
 *
 * @returns stops watching
 */
export function watchLease(lease: Lease, onLost: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (!lease.held()) {
      onLost();
      return;
    }
    // A second at most: timers stand still while the machine sleeps, and the lease does not.
    timer = setTimeout(look, Math.min(1000, Math.max(1, lease.remainingMs())));
  };
  look();
  return () => clearTimeout(timer);
}
