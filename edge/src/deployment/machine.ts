/**
 * The lifecycle of one deployment at work: each event goes through lifecycle.ts, the decision is written down in one
 * transaction with the event that tells of it, and its effects are carried out.
 */
import { hasEnded, type LogLine } from '@appflux/protocol';
import { limitedSql } from '../limits/sql.ts';
import { LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';
import { logKey } from '../storage/keys.ts';
import type { AttemptSocket } from './attempt-socket.ts';
import type { Chores } from './chores.ts';
import { type Effect, type Event, type Refusal, step } from './lifecycle.ts';
import { isNews, recordOf } from './record.ts';
import { type Saved, SavedDeployment } from './saved.ts';
import { initialState, type Spec, type State } from './state.ts';

export interface Surroundings {
  readonly chores: Chores;
  readonly viewers: Viewers;
  readonly attempt: () => AttemptSocket;
  /** What is due next may have changed. */
  readonly rearm: () => void;
}

export class Machine {
  readonly #storage: DurableObjectStorage;
  readonly #around: Surroundings;
  readonly #kept: SavedDeployment;
  #saved: Saved | null;
  #log: LogStore | null = null;

  constructor(storage: DurableObjectStorage, around: Surroundings) {
    this.#storage = storage;
    this.#around = around;
    this.#kept = new SavedDeployment(storage);
    this.#saved = this.#kept.read();
  }

  /** How it stands; null before it was created and after it was removed. */
  get saved(): Saved | null {
    return this.#saved;
  }

  /** How it stands. The Worker asks metadata first, so only a fault of ours finds nothing here. */
  known(): Saved {
    if (this.#saved === null) throw new Error('this deployment was never created');
    return this.#saved;
  }

  log(): LogStore {
    this.#log ??= new LogStore(limitedSql(this.#storage.sql), this.known().spec.limits.logBytes);
    return this.#log;
  }

  /** Begins the deployment. Called again it changes nothing. */
  create(spec: Spec): void {
    if (this.#saved !== null) return;
    const { chores, rearm } = this.#around;
    const saved = { spec, state: initialState(spec), seq: 1, confirmed: 0 };
    const now = Date.now();
    this.#storage.transactionSync(() => {
      this.#kept.writeSpec(spec);
      this.#kept.writeState(saved);
      chores.note('offer', now);
      chores.note('publish', now);
    });
    this.#saved = saved;
    chores.begin('publish');
    rearm();
  }

  /** Takes an event through the state machine. Gives why it was refused, or null. */
  apply(event: Event): Refusal | null {
    const now = Date.now();
    const { chores, viewers, rearm } = this.#around;
    const { spec, state: before, seq, confirmed } = this.known();
    const outcome = step(spec, before, event, now);
    if ('refused' in outcome) return outcome.refused;
    const { state, effects } = outcome;
    if (state === before) return null;
    const news = isNews(recordOf(spec, before), recordOf(spec, state));
    const saved = { spec, state, seq: news ? seq + 1 : seq, confirmed };
    const said: LogLine[] = [];
    const restoreLog = this.#log?.restorePoint();
    try {
      this.#storage.transactionSync(() => {
        if (news) chores.note('publish', now);
        this.#kept.writeState(saved);
        for (const effect of effects) this.#note(effect, before, now, said);
      });
    } catch (error) {
      // Nothing has happened: what is in memory says the same, and the event may come again.
      if (restoreLog === undefined) this.#log = null;
      else restoreLog();
      throw error;
    }
    this.#saved = saved;
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
    this.#storage.transactionSync(() => this.#kept.writeSpec(spec));
    this.#saved = { ...this.known(), spec };
  }

  /** Whether an event waits for the confirmation of its consumer. */
  get hasUnconfirmed(): boolean {
    const { seq, confirmed } = this.known();
    return confirmed < seq;
  }

  /** The events up to this number have been delivered. */
  confirm(seq: number): void {
    const saved = this.known();
    if (seq <= saved.confirmed) return;
    this.#kept.writeConfirmed(seq);
    this.#saved = { ...saved, confirmed: seq };
    if (!this.hasUnconfirmed) this.#around.chores.drop('publish');
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
