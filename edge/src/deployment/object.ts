/**
 * The Durable Object of one deployment. It owns the truth: state, attempts, lease, log, viewers, outbox. What
 * happens next is decided by lifecycle.ts; this class writes the decision down, in one transaction with the
 * event that tells of it, and carries its effects out.
 */
import { DurableObject } from 'cloudflare:workers';
import {
  type DeploymentStatus,
  type Grant,
  hasEnded,
  type LogLine,
  type LogPage,
  PING,
  PONG,
} from '@appflux/protocol';
import type { Env } from '../env.ts';
import { setting } from '../env.ts';
import { createSealer } from '../identity/sealing.ts';
import { makeToken } from '../identity/tokens.ts';
import { archiveLog, ndjsonStream } from '../logs/archive.ts';
import { LogStore } from '../logs/store.ts';
import { Viewers } from '../logs/viewers.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { objectsOf, uploadsOf } from '../storage/index.ts';
import { logKey } from '../storage/keys.ts';
import { ArtifactUploads } from './artifacts.ts';
import { AttemptSocket } from './attempt-socket.ts';
import { grantOf, openSpec } from './grant.ts';
import { type Effect, type Event, nextTick, type Refusal, step } from './lifecycle.ts';
import { Outbox } from './outbox.ts';
import { isNews, recordOf } from './record.ts';
import { initialState, type Spec, type State } from './state.ts';
import { type Chore, Timers } from './timers.ts';

/** A chore that was begun at once is looked at again after this long, in case the object went away meanwhile. */
const CHORE_BACKUP_MS = 5_000;

/** How a deployment stands: the record, and the number of the last event that told of it. */
export interface Snapshot {
  record: DeploymentRecord;
  seq: number;
}

export type ClaimAnswer = { granted: Grant } | { refused: Refusal | 'unknown' };

export class DeploymentObject extends DurableObject<Env> {
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #viewers: Viewers;
  readonly #attempt: AttemptSocket;
  readonly #doing = new Set<Chore>();
  #saved: { spec: Spec; state: State; seq: number } | null;
  #log: LogStore | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS deployment (id INTEGER PRIMARY KEY CHECK (id = 1), saved TEXT NOT NULL)',
    );
    this.#timers = new Timers(sql);
    this.#outbox = new Outbox(sql);
    this.#viewers = new Viewers(ctx);
    const row = sql.exec<{ saved: string }>('SELECT saved FROM deployment').toArray()[0];
    this.#saved = row === undefined ? null : JSON.parse(row.saved);
    this.#attempt = new AttemptSocket(ctx, {
      spec: () => this.#known().spec,
      state: () => this.#known().state,
      log: () => this.#logStore(),
      viewers: this.#viewers,
      artifacts: new ArtifactUploads(sql, objectsOf(env), uploadsOf(env)),
      apply: (event) => this.#apply(event),
    });
    // Answered by the platform: a heartbeat neither wakes the object nor costs anything.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Begins the deployment. Called again with the same spec it changes nothing. */
  create(spec: Spec): Snapshot {
    if (this.#saved === null) {
      const state = initialState(spec);
      this.ctx.storage.transactionSync(() => {
        const seq = this.#outbox.add(recordOf(spec, state));
        this.#save({ spec, state, seq });
        this.#timers.set('offer', Date.now() + CHORE_BACKUP_MS);
        this.#timers.set('publish', Date.now() + CHORE_BACKUP_MS);
      });
      this.#begin('publish');
    }
    return this.snapshot();
  }

  /** How it stands now. */
  snapshot(): Snapshot {
    const { spec, state, seq } = this.#known();
    return { record: recordOf(spec, state), seq };
  }

  /** What was asked for, for a redeploy. */
  spec(): Spec {
    return this.#known().spec;
  }

  /** Offers the job to the pool, as the deploy queue asks; does nothing unless it is queued. */
  async offer(): Promise<void> {
    if (this.#saved?.state.status === 'queued') await this.#do('offer');
  }

  /** The pool has paired this job with a runner's claim: of two claims one wins. */
  async claim(runner: { id: string; name: string }): Promise<ClaimAnswer> {
    if (this.#saved === null) return { refused: 'unknown' };
    const { env } = this;
    const opened = await openSpec(this.#saved.spec, createSealer(env), uploadsOf(env));
    const refused = this.#apply({ type: 'claim', runner, token: makeToken('lease') });
    if (refused !== null) return { refused };
    const { spec, state } = this.#known();
    if (state.lease === null) return { refused: 'taken' };
    return { granted: grantOf(spec, state, state.lease, opened, setting(env, 'PUBLIC_URL'), Date.now()) };
  }

  /** Cancels it, unless it has ended already. */
  cancel(reason: string): { canceled: Snapshot } | { refused: Refusal; status: DeploymentStatus } {
    const refused = this.#apply({ type: 'cancel', reason });
    if (refused !== null) return { refused, status: this.#known().state.status };
    return { canceled: this.snapshot() };
  }

  /** Cuts a runner off whose credential was revoked. */
  revoke(runnerId: string): void {
    if (this.#saved !== null) this.#apply({ type: 'revoked', runnerId });
  }

  /** Lines after `after`; null once the log is archived and has to be read from storage. */
  logs(after: number, limit: number): LogPage | null {
    const { state } = this.#known();
    if (state.logKey !== null) return null;
    const log = this.#logStore();
    return { items: log.read(after, limit), lastSeq: log.lastSeq, ended: hasEnded(state.status) };
  }

  /** The whole log so far as NDJSON; null once it is archived. */
  ndjson(): ReadableStream<Uint8Array> | null {
    if (this.#known().state.logKey !== null) return null;
    return ndjsonStream(this.#logStore().rows());
  }

  /** Removes everything; the deployment's App is being deleted. */
  async destroy(): Promise<void> {
    if (this.#saved === null) return;
    const { spec, state } = this.#saved;
    if (!hasEnded(state.status)) this.#apply({ type: 'cancel', reason: 'The App was deleted' });
    await this.env.POOLS.getByName(spec.ownerId).withdraw(spec.id);
    this.#saved = null;
    this.#attempt.close();
    this.#viewers.end('canceled');
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** WebSockets, authorised by the Worker: `/viewer?after=` and `/attempt/:n`. */
  override fetch(request: Request): Response {
    const url = new URL(request.url);
    if (url.pathname === '/viewer') {
      const log = this.#logStore();
      return this.#viewers.accept(this.#known().state, log, Number(url.searchParams.get('after') ?? 0));
    }
    return this.#attempt.accept(request, Number(url.pathname.split('/').at(-1)));
  }

  override async webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // Viewers only listen.
    if (this.#attempt.owns(ws)) await this.#attempt.message(ws, message);
  }

  override webSocketClose(ws: WebSocket): void {
    if (this.#attempt.owns(ws)) this.#attempt.closed(ws);
    else this.#viewers.closed(ws);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws);
  }

  override async alarm(): Promise<void> {
    if (this.#saved === null) return;
    const socketOpen = this.#attempt.noteHeartbeat();
    this.#apply({ type: 'tick', socketOpen });
    for (const chore of this.#timers.due(Date.now())) await this.#do(chore);
    this.#rearm();
  }

  #known() {
    // The Worker asks metadata first, so only a fault of ours gets here.
    if (this.#saved === null) throw new Error('this deployment was never created');
    return this.#saved;
  }

  #logStore(): LogStore {
    this.#log ??= new LogStore(this.ctx.storage.sql, this.#known().spec.limits.logBytes);
    return this.#log;
  }

  #save(saved: { spec: Spec; state: State; seq: number }): void {
    this.#saved = saved;
    this.ctx.storage.sql.exec(
      'INSERT OR REPLACE INTO deployment (id, saved) VALUES (1, ?)',
      JSON.stringify(saved),
    );
  }

  /** Takes an event through the state machine. Gives why it was refused, or null. */
  #apply(event: Event): Refusal | null {
    const now = Date.now();
    const { spec, state: before, seq } = this.#known();
    const outcome = step(spec, before, event, now);
    if ('refused' in outcome) return outcome.refused;
    const { state, effects } = outcome;
    if (state === before) return null;
    const said: LogLine[] = [];
    this.ctx.storage.transactionSync(() => {
      const record = recordOf(spec, state);
      const news = isNews(recordOf(spec, before), record);
      this.#save({ spec, state, seq: news ? this.#outbox.add(record) : seq });
      if (news) this.#timers.set('publish', now + CHORE_BACKUP_MS);
      for (const effect of effects) this.#note(effect, before, now, said);
    });
    if (state.status !== before.status || state.phase !== before.phase) {
      this.#viewers.state(state.status, state.phase);
    }
    if (said.length > 0) this.#viewers.lines(said);
    for (const effect of effects) this.#carryOut(effect, state);
    this.#begin('publish');
    return null;
  }

  /** The part of an effect that belongs into the transaction. */
  #note(effect: Effect, before: State, now: number, said: LogLine[]): void {
    switch (effect.type) {
      case 'offer':
      case 'withdraw':
      case 'discard':
        this.#timers.set(effect.type, now + CHORE_BACKUP_MS);
        return;
      case 'say': {
        const log = this.#logStore();
        const line = log.say(effect.text, before.phase, now);
        log.flush();
        said.push(line);
        return;
      }
      case 'ended':
        this.#logStore().flush();
        this.#timers.set('withdraw', now + CHORE_BACKUP_MS);
        this.#timers.set('archive', now);
        return;
      default:
        return;
    }
  }

  /** The part of an effect that reaches out. */
  #carryOut(effect: Effect, state: State): void {
    switch (effect.type) {
      case 'cancelRunner':
        this.#attempt.cancel(effect.reason);
        return;
      case 'closeAttempt':
        this.#attempt.close();
        return;
      case 'offer':
      case 'withdraw':
      case 'discard':
        this.#begin(effect.type);
        return;
      case 'ended':
        this.#viewers.end(state.status);
        this.#begin('withdraw');
        this.#timers.clear('offer');
        return;
      default:
        return;
    }
  }

  /** Does a chore in the background; its timer stands behind it. */
  #begin(chore: Chore): void {
    this.ctx.waitUntil(this.#do(chore).then(() => this.#rearm()));
    this.#rearm();
  }

  /** Does a chore now. A failure is written to the Worker's log and the chore comes up again. */
  async #do(chore: Chore): Promise<void> {
    if (this.#saved === null || this.#doing.has(chore)) return;
    const { id } = this.#saved.spec;
    this.#doing.add(chore);
    try {
      await this.#perform(chore);
      this.#done(() => this.#timers.clear(chore));
    } catch (error) {
      this.#done(() => {
        console.error(`deployment ${id}: ${chore} failed and will be tried again`, error);
        this.#timers.retry(chore, Date.now());
      });
    } finally {
      this.#doing.delete(chore);
    }
  }

  /** Notes how a chore went, unless the deployment was removed meanwhile and its tables with it. */
  #done(note: () => void): void {
    if (this.#saved !== null) note();
  }

  async #perform(chore: Chore): Promise<void> {
    const { spec, state } = this.#known();
    const pool = this.env.POOLS.getByName(spec.ownerId);
    switch (chore) {
      case 'offer':
        if (state.status !== 'queued') return;
        return pool.offer({
          deploymentId: spec.id,
          appId: spec.app.id,
          branch: state.branch,
          environment: spec.environment,
          labels: spec.build.labels,
          concurrency: spec.build.concurrency,
          supersede: spec.build.supersede,
          createdAt: spec.createdAt,
        });
      case 'withdraw':
        return pool.withdraw(spec.id);
      case 'publish':
        return this.#outbox.publish(this.env.EVENT_QUEUE, spec.id);
      case 'discard':
        return this.#attempt.discard();
      case 'archive': {
        if (state.logKey !== null) return;
        const log = this.#logStore();
        const key = logKey(spec.app.id, spec.id);
        await archiveLog(objectsOf(this.env), key, log.rows());
        this.#apply({ type: 'archived', logKey: key });
        log.clear();
        return;
      }
    }
  }

  /** Sets the one alarm to whatever is due first. */
  #rearm(): void {
    if (this.#saved === null) return;
    const { spec, state } = this.#saved;
    const times = [this.#timers.next(), nextTick(spec, state)].filter((time) => time !== null);
    if (times.length > 0) void this.ctx.storage.setAlarm(Math.max(Math.min(...times), Date.now() + 1));
  }
}
