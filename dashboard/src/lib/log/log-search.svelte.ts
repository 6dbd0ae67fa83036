import { untrack } from 'svelte';
import type { LogContent } from './content.ts';
import { nextMatch } from './search.ts';

/** A search in a log, and the match one is at. */
export class LogSearch {
  readonly #log: LogContent;
  #words = $state('');
  #at = $state<number | null>(null);
  /** Where to go as soon as there is a match. */
  #wanted = $state<1 | -1 | null>(null);

  constructor(log: LogContent) {
    this.#log = log;
  }

  get words(): string {
    return this.#words;
  }

  set words(words: string) {
    this.#words = words;
    this.#wanted = null;
    this.#log.matches.search(words);
  }

  /** The numbers of the lines that match, in order; kept up while lines come in. */
  get found(): readonly number[] {
    return this.#log.matches.found;
  }

  /** What the search is at, in words. */
  get status(): string {
    const { found, searching, error } = this.#log.matches;
    if (error !== null) return 'Search failed';
    if (found.length === 0) return searching ? 'Searching…' : 'No matches';
    return `${this.position} of ${found.length}${searching ? '+' : ''}`;
  }

  /** Which match one is at, counted from 1; 0 before the first. */
  get position(): number {
    return this.#at === null ? 0 : this.found.indexOf(this.#at) + 1;
  }

  /** Goes to the next match (or the one before) and answers with its line. */
  go(direction: 1 | -1): number | null {
    this.#at = nextMatch(this.found, this.#at, direction);
    this.#wanted = this.#at === null && this.#log.matches.searching ? direction : null;
    return this.#at;
  }

  /** The match that was asked for before there was one, once there is; null otherwise. */
  arrived(): number | null {
    const wanted = this.#wanted;
    return wanted === null || this.found.length === 0 ? null : untrack(() => this.go(wanted));
  }
}
