import { untrack } from 'svelte';
import type { LogContent } from './content.ts';
import { nextMatch } from './search.ts';

/** Goes from error to error in a log. */
export class LogErrors {
  readonly #log: LogContent;
  /** The line to go on from; null for the beginning of the log. */
  current = $state<number | null>(null);
  /** The direction to go in as soon as the next error is known. */
  #pendingDirection = $state<1 | -1 | null>(null);

  constructor(log: LogContent) {
    this.#log = log;
  }

  /** What is known of the errors as text, such as "2 of 5". */
  get status(): string {
    const { found, complete, error } = this.#log.errors;
    if (error !== null) return 'Couldn’t look for errors';
    if (found.length === 0) return complete ? 'No errors' : '';
    const position = this.current === null ? 0 : found.indexOf(this.current) + 1;
    const total = `${found.length}${complete ? '' : '+'}`;
    return position === 0 ? total : `${position} of ${total}`;
  }

  /** Whether it is known that there are none. */
  get none(): boolean {
    const { found, complete } = this.#log.errors;
    return complete && found.length === 0;
  }

  /** Whether the next error is being looked for. */
  get pending(): boolean {
    return this.#pendingDirection !== null;
  }

  /** Goes to the next or previous error, and returns its line; null if there is none, or it isn't known yet. */
  go(direction: 1 | -1): number | null {
    const { errors } = this.#log;
    errors.find();
    const next = nextMatch(errors.found, this.current, direction);
    // While the log is read, further errors may follow the last one, and precede it.
    const isKnown = errors.complete || (direction === 1 && next !== null && next > (this.current ?? 0));
    this.#pendingDirection = isKnown || errors.error !== null ? null : direction;
    if (!isKnown) return null;
    this.current = next;
    return next;
  }

  /** The line of an error that was asked for before it was known; null if it still isn't. */
  takePending(): number | null {
    const { found, complete, error } = this.#log.errors;
    void found;
    void complete;
    const direction = this.#pendingDirection;
    if (direction === null) return null;
    if (error !== null) {
      this.#pendingDirection = null;
      return null;
    }
    return untrack(() => this.go(direction));
  }
}
