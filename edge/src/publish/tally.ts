/** Gathers downloads before they are reported: what an instance of the Worker counts in a few seconds is one message. */
import type { DownloadCount } from '../metadata/analytics.ts';

/** How long downloads are gathered, in milliseconds. A count may be as late, and is lost with its instance until then. */
export const GATHER_MS = 5_000;

/** A message of a queue has at most 128 KB; a count, with a name of 200 characters, not 1 KB. */
const MAX_COUNTS = 100;

/** How long after it was due a message counts as never sent: its sender is gone. */
const GONE_AFTER_MS = 30_000;

export type Download = Omit<DownloadCount, 'count'>;

/** Downloads that were counted and not told of. */
export class Tally {
  readonly #counts = new Map<string, DownloadCount>();
  #sentBy = 0;

  /**
   * Counts a download, at `now` in milliseconds. True when nobody else is about to send what was gathered: then the
   * caller does, after GATHER_MS.
   */
  add(download: Download, now: number): boolean {
    const key = JSON.stringify([download.day, download.deploymentId, download.artifact]);
    const known = this.#counts.get(key);
    this.#counts.set(key, { ...download, count: (known?.count ?? 0) + 1 });
    if (now < this.#sentBy) return false;
    this.#sentBy = now + GATHER_MS + GONE_AFTER_MS;
    return true;
  }

  /** Takes out all that was gathered, in lists that fit into a message. */
  take(): DownloadCount[][] {
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    this.#sentBy = 0;
    return Array.from({ length: Math.ceil(counts.length / MAX_COUNTS) }, (_, index) =>
      counts.slice(index * MAX_COUNTS, (index + 1) * MAX_COUNTS),
    );
  }
}
