import type { DeploymentLog } from './deployment-log.svelte.ts';
import { nextMatch } from './search.ts';

/** A search in a log, and the match one is at. */
export class LogSearch {
  readonly #log: DeploymentLog;
  #at = $state<number | null>(null);

  words = $state('');
  /** The numbers of the lines that match, in order; kept up while lines come in. */
  readonly found: number[] = $derived.by(() => {
    // Read for its change: the lines themselves are not signals.
    void this.#log.rows;
    return this.#log.search(this.words);
  });

  constructor(log: DeploymentLog) {
    this.#log = log;
  }

  /** Which match one is at, counted from 1; 0 before the first. */
  get position(): number {
    return this.#at === null ? 0 : this.found.indexOf(this.#at) + 1;
  }

  /** Goes to the next match (or the one before) and answers with its line. */
  go(direction: 1 | -1): number | null {
    this.#at = nextMatch(this.found, this.#at, direction);
    return this.#at;
  }
}
