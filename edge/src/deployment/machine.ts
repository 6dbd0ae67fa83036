/**
 * The state of one deployment, in memory and in SQLite. An event goes through lifecycle.ts; the object writes the
 * decision with whatever belongs to it in one transaction, and then carries its effects out.
 */
import { type Effect, type Event, type Refusal, step } from './lifecycle.ts';
import { isNews, recordOf } from './record.ts';
import { type Saved, SavedDeployment } from './saved.ts';
import { initialState, type Spec, type State } from './state.ts';

/** What an event changes. */
export interface Change {
  readonly before: State;
  readonly after: Saved;
  readonly effects: readonly Effect[];
  /** Whether consumers of events are notified, because the deployment's record changes. */
  readonly isNews: boolean;
}

export type Decision = Change | { readonly refused: Refusal } | 'unchanged';

export class Machine {
  readonly #table: SavedDeployment;
  #saved: Saved | null;
  #isClosing = false;

  constructor(storage: DurableObjectStorage) {
    this.#table = new SavedDeployment(storage);
    this.#saved = this.#table.read();
  }

  /** The deployment as it is; null before it was created, and once this object is empty. */
  get saved(): Saved | null {
    return this.#saved;
  }

  /** The deployment as it is. The Worker asks metadata first, so only a fault of ours finds none here. */
  current(): Saved {
    if (this.#saved === null) throw new Error('this deployment was never created');
    return this.#saved;
  }

  /** Whether the deployment is being removed: it accepts no claims and no connections. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Begins the removal. */
  close(): void {
    this.#isClosing = true;
  }

  /** Writes a new deployment. Call it in a transaction, and `adopt` the result after that. */
  writeNew(spec: Spec): Saved {
    const saved = { spec, state: initialState(spec), seq: 1, confirmed: 0 };
    this.writeAll(saved);
    return saved;
  }

  /** Writes a whole deployment into an empty object. Call it in a transaction, and `adopt` after that. */
  writeAll(saved: Saved): void {
    this.#table.createTables();
    this.#table.writeSpec(saved.spec);
    this.#table.writeState(saved);
  }

  /** What an event means at `now` (Unix milliseconds). Changes nothing. */
  decide(event: Event, now: number): Decision {
    return decide(this.current(), event, now);
  }

  /** Writes the new state. Call it in a transaction, and `adopt` after that. */
  write({ after }: Change): void {
    this.#table.writeState(after);
  }

  /** From now on this is the deployment: it has been written. */
  adopt(saved: Saved): void {
    this.#saved = saved;
  }

  /** Replaces the spec by the same one, sealed with another key. */
  reseal(spec: Spec): void {
    this.#table.writeSpec(spec);
    this.#saved = { ...this.current(), spec };
  }

  /** Whether an event waits for its consumer's confirmation. */
  get hasUnconfirmed(): boolean {
    const { seq, confirmed } = this.current();
    return confirmed < seq;
  }

  /** The events up to this number have been delivered. */
  confirm(seq: number): void {
    const saved = this.current();
    if (seq <= saved.confirmed) return;
    this.#table.writeConfirmed(seq);
    this.#saved = { ...saved, confirmed: seq };
  }

  /** Forgets the deployment: this object is about to be emptied. */
  forget(): void {
    this.#saved = null;
  }
}

/** What an event means at `now` (Unix milliseconds) for a deployment that stands like this. */
export function decide({ spec, state: before, seq, confirmed }: Saved, event: Event, now: number): Decision {
  const outcome = step(spec, before, event, now);
  if ('refused' in outcome) return outcome;
  const { state, effects } = outcome;
  if (state === before) return 'unchanged';
  const news = isNews(recordOf(spec, before), recordOf(spec, state));
  const after = { spec, state, seq: news ? seq + 1 : seq, confirmed };
  return { before, after, effects, isNews: news };
}
