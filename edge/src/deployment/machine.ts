/**
 * The lifecycle of one deployment at work: each event goes through lifecycle.ts, the decision is written down in one
 * transaction with the event that tells of it, and its effects are carried out.
 */
import { hasEnded, type LogLine } from '@appflux/protocol';
import { LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';
import { logKey } from '../storage/keys.ts';
import type { AttemptSocket } from './attempt-socket.ts';
import type { Chores } from './chores.ts';
import { type Effect, type Event, type Refusal, step } from './lifecycle.ts';
import type { Outbox } from './outbox.ts';
import { isNews, recordOf } from './record.ts';
import { initialState, type Spec, type State } from './state.ts';

interface Saved {
  spec: Spec;
  state: State;
  /** The number of the last event that told of it. */
  seq: number;
}

export interface Surroundings {
  readonly outbox: Outbox;
  readonly chores: Chores;
  readonly viewers: Viewers;
  readonly attempt: () => AttemptSocket;
  /** What is due next may have changed. */
  readonly rearm: () => void;
}

export class Machine {
  readonly #storage: DurableObjectStorage;
  readonly #around: Surroundings;
  #saved: Saved | null;
  #log: LogStore | null = null;

  constructor(storage: DurableObjectStorage, around: Surroundings) {
    this.#storage = storage;
    this.#around = around;
    storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS deployment (id INTEGER PRIMARY KEY CHECK (id = 1), saved TEXT NOT NULL)',
    );
    const row = storage.sql.exec<{ saved: string }>('SELECT saved FROM deployment').toArray()[0];
    this.#saved = row === undefined ? null : JSON.parse(row.saved);
  }

  /** How it stands; null before it was created and after it was removed. */
  get saved(): Readonly<Saved> | null {
    return this.#saved;
  }

  /** How it stands. The Worker asks metadata first, so only a fault of ours finds nothing here. */
  known(): Readonly<Saved> {
    if (this.#saved === null) throw new Error('this deployment was never created');
    return this.#saved;
  }

  log(): LogStore {
    this.#log ??= new LogStore(this.#storage.sql, this.known().spec.limits.logBytes);
    return this.#log;
  }

  /** Begins the deployment. Called again it changes nothing. */
  create(spec: Spec): void {
    if (this.#saved !== null) return;
    const { outbox, chores, rearm } = this.#around;
    const state = initialState(spec);
    const now = Date.now();
    this.#storage.transactionSync(() => {
      outbox.add(1, recordOf(spec, state));
      this.#save({ spec, state, seq: 1 });
      chores.note('offer', now);
      chores.note('publish', now);
    });
    chores.begin('publish');
    rearm();
  }

  /** Takes an event through the state machine. Gives why it was refused, or null. */
  apply(event: Event): Refusal | null {
    const now = Date.now();
    const { outbox, chores, viewers, rearm } = this.#around;
    const { spec, state: before, seq } = this.known();
    const outcome = step(spec, before, event, now);
    if ('refused' in outcome) return outcome.refused;
    const { state, effects } = outcome;
    if (state === before) return null;
    const record = recordOf(spec, state);
    const news = isNews(recordOf(spec, before), record);
    const said: LogLine[] = [];
    this.#storage.transactionSync(() => {
      if (news) {
        outbox.add(seq + 1, record);
        chores.note('publish', now);
      }
      this.#save({ spec, state, seq: news ? seq + 1 : seq });
      for (const effect of effects) this.#note(effect, before, now, said);
    });
    if (state.status !== before.status || state.phase !== before.phase) {
      viewers.state(state.status, state.phase);
    }
    if (said.length > 0) viewers.lines(said);
    for (const effect of effects) this.#carryOut(effect, state);
    if (news) chores.begin('publish');
    rearm();
    return null;
  }

  /** Replaces what was asked for by the same, sealed anew. */
  resealed(spec: Spec): void {
    this.#save({ ...this.known(), spec });
  }

  /** The event with this number has been delivered. */
  told(seq: number): void {
    const { outbox, chores } = this.#around;
    outbox.confirm(seq);
    if (outbox.isEmpty) chores.drop('publish');
  }

  /** Forgets the log of a deployment that has ended, archived or not. */
  forgetLog(): void {
    const { spec, state } = this.known();
    if (!hasEnded(state.status)) return;
    this.#around.chores.drop('archive');
    if (state.logKey === null) this.apply({ type: 'archived', logKey: logKey(spec.app.id, spec.id) });
    this.log().clear();
  }

  /** Forgets the deployment: its tables are about to go. */
  forget(): void {
    this.#saved = null;
    this.#log = null;
  }

  #save(saved: Saved): void {
    this.#saved = saved;
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO deployment (id, saved) VALUES (1, ?)',
      JSON.stringify(saved),
    );
  }

  /** The part of an effect that belongs into the transaction. */
  #note(effect: Effect, before: State, now: number, said: LogLine[]): void {
    const { chores } = this.#around;
    switch (effect.type) {
      case 'offer':
      case 'withdraw':
      case 'discard':
        chores.note(effect.type, now);
        return;
      case 'say': {
        const log = this.log();
        said.push(log.say(effect.text, before.phase, now));
        log.flush();
        return;
      }
      case 'ended':
        this.log().flush();
        chores.note('withdraw', now);
        chores.note('archive', now);
        chores.drop('offer');
        return;
      default:
        return;
    }
  }

  /** The part of an effect that reaches out. */
  #carryOut(effect: Effect, state: State): void {
    const { attempt, chores, viewers } = this.#around;
    switch (effect.type) {
      case 'cancelRunner':
        attempt().cancel(effect.reason);
        return;
      case 'closeAttempt':
        attempt().close();
        return;
      case 'offer':
      case 'withdraw':
      case 'discard':
        chores.begin(effect.type);
        return;
      case 'ended':
        viewers.end(state.status);
        chores.begin('withdraw');
        chores.begin('archive');
        return;
      default:
        return;
    }
  }
}
