import { untrack } from 'svelte';
import type { LogContent } from './content.ts';
import { nextMatch } from './search.ts';

/** A search in a log, and its current match. */
export class LogSearch {
  readonly #log: LogContent;
  #query = $state('');
  #current = $state<number | null>(null);
  /** The direction to go in as soon as there is a match. */
  #pendingDirection = $state<1 | -1 | null>(null);

  constructor(log: LogContent) {
    this.#log = log;
  }

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    this.#query = query;
    this.#pendingDirection = null;
    this.#log.matches.search(query);
  }

  /** The sequence numbers of matching lines, in order. Updates as lines arrive. */
  get found(): readonly number[] {
    return this.#log.matches.found;
  }

  /** The state of the search as text. */
  get status(): string {
    const { found, searching, error } = this.#log.matches;
    if (error !== null) return 'Search failed';
    if (found.length === 0) return searching ? 'Searching…' : 'No matches';
    return `${this.position} of ${found.length}${searching ? '+' : ''}`;
  }

  /** The current match, from 1; 0 before the first. */
  get position(): number {
    return this.#current === null ? 0 : this.found.indexOf(this.#current) + 1;
  }

  /** Goes to the next or previous match and returns its line. */
  go(direction: 1 | -1): number | null {
    this.#current = nextMatch(this.found, this.#current, direction);
    this.#pendingDirection = this.#current === null && this.#log.matches.searching ? direction : null;
    if (this.#pendingDirection !== null) this.#log.matches.hurry();
    return this.#current;
  }

  /** The line of a match that was requested before there was one; null if there is none yet. */
  takePendingMatch(): number | null {
    const direction = this.#pendingDirection;
    return direction === null || this.found.length === 0 ? null : untrack(() => this.go(direction));
  }
}
