/**
 * The errors that this isolate has seen and not stored yet, grouped. They are noted wherever the Worker writes to its log,
 * and stored by operations/store-errors.ts, which needs bindings.
 */
import { isAppFluxError } from '@appflux/protocol';
import { messageShape } from './message-shape.ts';

/** Errors of one group since they were last taken. Times are Unix milliseconds. */
export interface NewErrors {
  source: string;
  code: string;
  /** The shape of the message. */
  message: string;
  count: number;
  firstAt: number;
  lastAt: number;
  /** The newest of them. */
  sample: { message: string; requestId: string | null };
}

/** Where an error comes from. */
export interface ErrorOrigin {
  /** A route, queue, cron or object, without ids. */
  source: string;
  requestId?: string;
}

/** How many groups an isolate holds; errors of others are dropped until they are taken. */
const MOST_GROUPS = 100;

const LONGEST_SAMPLE = 500;
const LONGEST_NAME = 100;

/** A group is the same source, code and shape. */
export const groupKey = ({ source, code, message }: Pick<NewErrors, 'source' | 'code' | 'message'>): string =>
  JSON.stringify([source, code, message]);

/** Groups errors until they are taken. */
export class RecentErrors {
  readonly #groups = new Map<string, NewErrors>();

  /** Notes an error. `text` must have no secrets in it (`withoutSecrets`). */
  note(text: string, error: unknown, { source, requestId }: ErrorOrigin, now: number): void {
    const sample = {
      message: text.slice(0, LONGEST_SAMPLE).toWellFormed(),
      requestId: requestId ?? null,
    };
    const group = {
      source: source.slice(0, LONGEST_NAME),
      code: codeOf(error).slice(0, LONGEST_NAME),
      message: messageShape(text),
    };
    this.#add({ ...group, count: 1, firstAt: now, lastAt: now, sample });
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** All groups, which are forgotten here. */
  take(): NewErrors[] {
    const taken = [...this.#groups.values()];
    this.#groups.clear();
    return taken;
  }

  /** Takes back what could not be stored. */
  putBack(groups: readonly NewErrors[]): void {
    for (const group of groups) this.#add(group);
  }

  #add(added: NewErrors): void {
    const key = groupKey(added);
    const known = this.#groups.get(key);
    if (known === undefined && this.#groups.size >= MOST_GROUPS) return;
    const newest = known !== undefined && known.lastAt > added.lastAt ? known : added;
    this.#groups.set(key, {
      ...added,
      count: added.count + (known?.count ?? 0),
      firstAt: Math.min(added.firstAt, known?.firstAt ?? added.firstAt),
      lastAt: newest.lastAt,
      sample: newest.sample,
    });
  }
}

/** A code of the API, or the name of the error's class; `error` if only a text was logged. */
function codeOf(error: unknown): string {
  if (isAppFluxError(error)) return error.code;
  return error instanceof Error ? error.name : 'error';
}

/** The errors of this isolate. */
export const recentErrors = new RecentErrors();
