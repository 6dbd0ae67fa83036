/** When something that a host refused is tried again. Pure. Times are Unix milliseconds. */
import type { HostRefusal } from '../git-hosts/refusal.ts';

/** How long something is tried. */
export const TRIED_FOR_MS = 24 * 3600_000;

/** The pause after the first attempt; each further one is three times as long, up to the longest. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 3600_000;

/** How long nothing is asked of a host where the installation is suspended. Its webhook ends that sooner. */
const SUSPENDED_MS = 3600_000;

/** What becomes of something that was refused. */
export type Next =
  /** It is not tried again. */
  | { what: 'give_up' }
  /** It alone is tried again. */
  | { what: 'retry'; at: number }
  /** Nothing is sent to this repository until then. */
  | { what: 'pause'; until: number };

/** What is known of something that was refused. */
export interface Tried {
  /** How often it was tried, this attempt included. */
  attempts: number;
  /** Since when it waits to be sent. */
  since: number;
}

export const pauseAfter = (attempts: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 3 ** (attempts - 1));

/** What to do after a refusal at `now`. */
export function nextAfter(
  { attempts, since }: Tried,
  { kind, retryAt }: Pick<HostRefusal, 'kind' | 'retryAt'>,
  now: number,
): Next {
  if (kind === 'final') return { what: 'give_up' };
  const pause = pauseAfter(attempts);
  const at = Math.max(retryAt ?? 0, now + (kind === 'suspended' ? SUSPENDED_MS : pause));
  if (at - since > TRIED_FOR_MS) return { what: 'give_up' };
  return kind === 'limited' || kind === 'suspended' ? { what: 'pause', until: at } : { what: 'retry', at };
}
