/**
 * The Durable Object of one deployment. It owns the truth: state, attempts, lease, log, viewers, outbox. This class has
 * its entry points: calls of the Worker and the pool, WebSockets, the alarm. lifecycle.ts decides what an event changes,
 * and transitions.ts writes that and carries the effects out.
 */
import { DurableObject } from 'cloudflare:workers';
import {
  hasEnded,
  type LogPage,
  PING,
  PONG,
  type PullRequestRef,
  type RecoveredLines,
} from '@appflux/protocol';
import { checkDelivery } from '../budgets/check-deployment.ts';
import { asDiskFull } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { resealSpec } from '../key-rotation/reseal.ts';
import { limitedSql } from '../limits/sql.ts';
import { ndjsonStream } from '../logs/ndjson.ts';
import { Viewers } from '../logs/viewers.ts';
import { Alarm } from '../objects/alarm.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { poolOf } from '../pools/team-pool.ts';
import { type Attestation, attest } from '../provenance/attest.ts';
import { Attestations } from '../provenance/attestations.ts';
import { SbomUploads } from '../provenance/sbom-uploads.ts';
import { createSealer } from '../secrets/sealing.ts';
import { makeToken } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';
import { CutOff } from '../sockets/cut-off.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { deploymentPrefix, logKey } from '../storage/keys.ts';
import { removeBelow } from '../storage/remove.ts';
import { trace } from '../tracing/export.ts';
import { type Activity, activityOf } from './activity.ts';
import {
  type ClaimAnswer,
  type Claimant,
  type PrebuiltSnapshot,
  type Refused,
  type Snapshot,
  snapshotOf,
  type Unconfirmed,
} from './answers.ts';
import { ArtifactUploads } from './artifacts.ts';
import { Attempt } from './attempt.ts';
import { AttemptSocket } from './attempt-socket.ts';
import { Cleanup } from './cleanup.ts';
import { Connections } from './connections.ts';
import type { EffectTargets } from './effects.ts';
import { Emptying } from './emptying.ts';
import { EMPTIES_AFTER_MS, EndedDeployment } from './ended.ts';
import { grantOf, openSpec } from './grant.ts';
import { LateOutput } from './late-output.ts';
import { type Event, nextTick } from './lifecycle.ts';
import { DeploymentLog } from './log.ts';
import { decide, Machine } from './machine.ts';
import { Outbox } from './outbox.ts';
import { PendingTasks } from './pending-tasks.ts';
import { perform } from './perform.ts';
import { type Deliverer, grantOf as deliveryGrant } from './prebuilt.ts';
import { type Recovered, Recovery, refusalOf, type Sender } from './recovery.ts';
import type { Saved } from './saved.ts';
import { SitePacks } from './site-packs.ts';
import { spansOfChange } from './spans.ts';
import { isOffered, type Spec, uploadsUntil } from './state.ts';
import { Transitions } from './transitions.ts';

/**
 * An alarm that is this late, in milliseconds, does not come any more. When an object opens because its alarm rings, the
 * platform says that none is set, so what is due only now proves nothing.
 */
const LOST_AFTER_MS = 60_000;

export class DeploymentObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  readonly #machine: Machine;
  readonly #targets: EffectTargets;
  readonly #transitions: Transitions;
  readonly #attempt: Attempt;
  readonly #artifacts: ArtifactUploads;
  readonly #cleanup: Cleanup;
  readonly #ended: EndedDeployment;
  readonly #emptying: Emptying;
  readonly #recovery: Recovery;
  readonly #connections: Connections;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const sql = limitedSql(ctx.storage.sql);
    const objects = objectsOf(env);
    const name = () => `deployment ${ctx.id.name}`;
    const apply = (event: Event) => this.#transitions.apply(event);
    const rearm = () => this.#rearm();
    this.#alarm = new Alarm(ctx, {
      name,
      onOpen: () => this.#findLostAlarm(),
      afterRun: () => storeErrors(env),
    });
    this.#cleanup = new Cleanup(ctx.storage, objects, this.#alarm);
    const machine = new Machine(ctx.storage);
    const packs = new SitePacks(env, machine);
    this.#artifacts = new ArtifactUploads(sql, objects, presignerOf(env), packs);
    const cutOff = new CutOff(ctx, name);
    const viewers = new Viewers(ctx);
    const socket = new AttemptSocket(ctx, cutOff);
    const log = new DeploymentLog(sql, viewers, machine.saved?.spec.limits.logBytes ?? null);
    const sboms = new SbomUploads(ctx.storage, objects, presignerOf(env));
    const tools = { machine, log, outbox: new Outbox(), artifacts: this.#artifacts, sboms, apply };
    const tasks = new PendingTasks(ctx, {
      name,
      perform: (task) =>
        perform(task, {
          ...tools,
          env: this.env,
          news: () => this.unconfirmed(),
          deliver: (news) => this.deliver(news),
        }),
      onChange: rearm,
      isUnconfirmed: () => machine.saved !== null && machine.hasUnconfirmed,
    });
    this.#machine = machine;
    const late = new LateOutput(sql, log);
    this.#targets = { tasks, log, late, viewers, socket };
    this.#recovery = new Recovery({ storage: ctx.storage, machine, log, late, socket, apply });
    const prepare = () => {
      tasks.createTables();
      this.#artifacts.createTables();
    };
    if (machine.saved !== null) prepare();
    this.#ended = new EndedDeployment(objects, () => ctx.id.name);
    this.#emptying = new Emptying({
      storage: ctx.storage,
      machine,
      tasks,
      log,
      cleanup: this.#cleanup,
      file: this.#ended,
      prepare,
    });
    this.#transitions = new Transitions({
      storage: ctx.storage,
      machine,
      targets: this.#targets,
      prepare,
      rearm,
      onChange: ({ before, after }, now) =>
        trace(env, () => spansOfChange(after.spec, before, after.state, now)),
    });
    this.#attempt = new Attempt({
      machine,
      socket,
      log,
      viewers,
      artifacts: this.#artifacts,
      packs,
      sboms,
      runsServers: env.SERVERS !== undefined,
      checkBudgets: (delivery, budgets) => checkDelivery(env, delivery, budgets),
      asDiskFull: (error) => asDiskFull(error, env),
      connected: (attempt) => this.#recovery.connected(attempt),
      apply,
      rearm,
    });
    const attempt = this.#attempt;
    this.#connections = new Connections({ ctx, name, machine, attempt, socket, viewers, log, cutOff });
    // Answered by the platform: a heartbeat neither wakes the object nor costs anything.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Begins the deployment. Called again with the same spec it changes nothing. */
  async create(spec: Spec): Promise<Snapshot> {
    const earlier = await this.#earlier(spec);
    if (earlier !== null) return snapshotOf(earlier);
    if (this.#machine.saved === null) this.#transitions.begin(spec);
    return snapshotOf(this.#machine.current());
  }

  /**
   * Begins the deployment of a prebuilt output, which the deliverer gets the lease of. Called again it gives the same
   * lease while that lasts, to the same deliverer only.
   */
  async createPrebuilt(spec: Spec, deliverer: Deliverer): Promise<PrebuiltSnapshot> {
    const earlier = await this.#earlier(spec);
    if (earlier !== null) return { ...snapshotOf(earlier), grant: null };
    if (this.#machine.saved === null) this.#transitions.begin(spec);
    const runner = { id: deliverer.id, name: deliverer.name };
    // A refusal says that it has ended, or is somebody else's: then there is no grant.
    this.#transitions.apply({ type: 'claim', runner, token: makeToken('lease') });
    const saved = this.#machine.current();
    return { ...snapshotOf(saved), grant: deliveryGrant(saved.spec, saved.state, deliverer) };
  }

  /** The deployment if it has ended and left this object. One that is asked for now can't have: storage isn't asked. */
  async #earlier({ createdAt }: Spec): Promise<Saved | null> {
    const isNew = Math.abs(Date.now() - createdAt) < EMPTIES_AFTER_MS;
    return isNew || this.#machine.saved !== null ? null : this.#emptying.known();
  }

  /** How it stands now; null when it was removed. */
  async snapshot(): Promise<Snapshot | null> {
    const saved = await this.#emptying.known();
    return saved && snapshotOf(saved);
  }

  /** Whether anything happens, for the operator; null when it was removed, or has ended and left this object. */
  activity(): Activity | null {
    const { saved } = this.#machine;
    return saved && activityOf(saved.state, this.#targets.log.store);
  }

  /** What was asked for, for a redeploy; null when it was removed. */
  async spec(): Promise<Spec | null> {
    return (await this.#emptying.known())?.spec ?? null;
  }

  /** Reseals its variables and files with the current key. @returns how many were sealed with the previous one */
  async reseal(): Promise<number> {
    if (this.#machine.saved === null) return 0;
    const { spec, resealed } = await resealSpec(this.#machine.current().spec, createSealer(this.env));
    if (resealed > 0 && this.#machine.saved !== null) this.#machine.reseal(spec);
    return resealed;
  }

  /**
   * What the consumer of events has not confirmed yet: the newest record, and with a success what the download page shows
   * besides. Null when there is nothing, or it was removed.
   */
  unconfirmed(): Unconfirmed | null {
    if (this.#machine.saved === null || !this.#machine.hasUnconfirmed) return null;
    const { state } = this.#machine.saved;
    const details = state.status === 'success' ? (state.details ?? null) : null;
    return { ...snapshotOf(this.#machine.saved), details, cancelReason: state.cancelReason };
  }

  /**
   * Delivers news to everyone who is to know of them. False: it can't be done here, and is left to the consumer of events.
   * The Worker's class does it (queues/deployment-object.ts).
   */
  protected async deliver(_news: Unconfirmed): Promise<boolean> {
    return false;
  }

  /** The consumer of events has done its work for all up to this number. */
  confirm(seq: number): void {
    if (this.#machine.saved === null) return;
    this.#machine.confirm(seq);
    if (!this.#machine.hasUnconfirmed) this.#targets.tasks.remove('publish');
  }

  /** Offers the job to the pool, as the deploy queue asks; does nothing unless it is queued. */
  async offer(): Promise<void> {
    const { saved } = this.#machine;
    if (saved !== null && isOffered(saved.spec, saved.state)) await this.#targets.tasks.run('offer');
  }

  /** The pool has paired this job with a runner's claim: of two claims one wins. */
  async claim({ executor, ...runner }: Claimant): Promise<ClaimAnswer> {
    if (this.#machine.saved === null) return { refused: 'unknown' };
    const { env } = this;
    const { source, ...asked } = this.#machine.saved.spec;
    if (source.kind === 'prebuilt') return { refused: 'taken' };
    const opened = await openSpec({ ...asked, source }, env);
    // Its App may have been deleted meanwhile.
    if (this.#machine.saved === null || this.#machine.isClosing) return { refused: 'unknown' };
    const refused = this.#transitions.apply({
      type: 'claim',
      runner,
      ...(executor === undefined ? {} : { executor }),
      token: makeToken('lease'),
    });
    if (refused !== null) return { refused };
    const { spec, state } = this.#machine.current();
    if (state.lease === null) return { refused: 'taken' };
    const given = { lease: state.lease, logRoom: this.#targets.log.store.room };
    const granted = grantOf(spec, state, given, opened, setting(env, 'PUBLIC_URL'), Date.now());
    return { granted, sensitive: opened.sensitive, access: opened.access };
  }

  /** Cancels it, unless it has ended already; null when it was removed. */
  async cancel(reason: string): Promise<{ canceled: Snapshot } | Refused | null> {
    const answer = await this.#change({ type: 'cancel', reason });
    return answer === null || 'refused' in answer ? answer : { canceled: snapshotOf(answer) };
  }

  /** Approves a fork's deployment, which is offered then; null when it was removed. `by` names who did. */
  async approve(by: string): Promise<{ approved: Snapshot } | Refused | null> {
    const answer = await this.#change({ type: 'approve', by });
    return answer === null || 'refused' in answer ? answer : { approved: snapshotOf(answer) };
  }

  /** Notes the pull request that was opened for its commit; nothing when it was removed. */
  async adopt(pullRequest: PullRequestRef): Promise<void> {
    await this.#change({ type: 'adopt', pullRequest });
  }

  /** Applies an event, which brings a deployment that has left this object back if that changes it; null when it was removed. */
  async #change(event: Event): Promise<Saved | Refused | null> {
    const known = await this.#emptying.known();
    if (known === null) return null;
    const decision = decide(known, event, Date.now());
    if (decision === 'unchanged') return known;
    if ('refused' in decision) return { refused: decision.refused, status: known.state.status };
    if (!(await this.#emptying.comeBack())) return null;
    const refused = this.#transitions.apply(event);
    const saved = this.#machine.current();
    return refused === null ? saved : { refused, status: saved.state.status };
  }

  /** Cuts a runner off whose credential was revoked. */
  revoke(runnerId: string): void {
    if (this.#machine.saved !== null) this.#transitions.apply({ type: 'revoked', runnerId });
  }

  /** Ends the lease of a runner that was restarted and no longer holds the attempt. */
  restarted(runnerId: string, attempt: number): void {
    if (this.#machine.saved !== null) this.#transitions.apply({ type: 'restarted', runnerId, attempt });
  }

  /** Takes lines that a runner kept on disk, of an attempt that it no longer runs; null when it was removed. */
  async recover(sender: Sender, attempt: number, recovered: RecoveredLines): Promise<Recovered | null> {
    const saved = await this.#emptying.known();
    if (saved === null || this.#machine.isClosing) return null;
    const refused = refusalOf(saved, sender, recovered);
    return refused === null ? this.#recovery.take(sender, attempt, recovered) : { refused };
  }

  /** Its signed provenance, or why it has none; null when it was removed. */
  async attestation(): Promise<Attestation | null> {
    const saved = await this.#emptying.known();
    if (saved === null) return null;
    const answer = await attest(saved, new Attestations(this.#emptying), this.env);
    return (await this.#emptying.known()) === null ? null : answer;
  }

  /**
   * A page of lines after `after`; null once the log is archived and has to be read from storage, or was removed, and of a
   * deployment that has left this object.
   */
  logs(after: number, limit: number): LogPage | null {
    if (this.#machine.saved === null) return null;
    const { state } = this.#machine.saved;
    if (state.logKey !== null) return null;
    const log = this.#targets.log.store;
    return { items: log.read(after, limit), lastSeq: log.lastSeq, ended: hasEnded(state.status) };
  }

  /** The whole log so far as NDJSON; null when `logs` gives null. */
  ndjson(): ReadableStream<Uint8Array> | null {
    if (this.#machine.saved === null || this.#machine.saved.state.logKey !== null) return null;
    return ndjsonStream(this.#targets.log.store.rows());
  }

  /** Forgets its log, which retention removes: what was not archived yet is not archived any more. */
  forgetLog(): void {
    if (this.#machine.saved === null) return;
    const { spec, state } = this.#machine.saved;
    if (!hasEnded(state.status)) return;
    const { tasks, log } = this.#targets;
    tasks.remove('archive');
    if (state.logKey === null)
      this.#transitions.apply({ type: 'archived', logKey: logKey(spec.app.id, spec.id) });
    log.store.clear();
  }

  /**
   * Empties this object if that is due. Gives the number of the event whose record is in storage then; null while the
   * deployment is here, and when it was removed.
   */
  async leave(): Promise<number | null> {
    await this.#emptying.run(Date.now());
    if (this.#machine.saved !== null) return null;
    return (await this.#ended.read())?.saved.seq ?? null;
  }

  /**
   * Stops the build and removes everything, in storage too; the deployment's App is being deleted. When storage or the
   * pool does not answer that is false, and called again it goes on.
   */
  async destroy(): Promise<boolean> {
    try {
      const saved = await this.#emptying.known();
      if (saved !== null) await this.#destroy(saved);
      return true;
    } catch (error) {
      journal.error(`deployment ${this.ctx.id.name} could not be removed`, error);
      return false;
    }
  }

  async #destroy({ spec, state }: Saved): Promise<void> {
    const { log, viewers } = this.#targets;
    this.#machine.close();
    if (this.#machine.saved !== null) await this.#stop(this.#machine.saved);
    const prefix = deploymentPrefix(spec.app.id, spec.id);
    await removeBelow(objectsOf(this.env), prefix);
    if (hasEnded(state.status)) await this.#ended.remove(spec.id);
    this.#machine.forget();
    log.forget();
    viewers.endAll('canceled');
    await this.#cleanup.leave(prefix, uploadsUntil(state, Date.now()));
  }

  async #stop({ spec, state }: Saved): Promise<void> {
    const { tasks, socket } = this.#targets;
    if (!hasEnded(state.status)) this.#transitions.apply({ type: 'cancel', reason: 'The App was deleted' });
    socket.close();
    // What reaches out of here ends first: a log that is just being archived would come after the removal.
    await tasks.end();
    await poolOf(this.env, spec.ownerId).withdraw(spec.id, spec.app.id);
    await this.#artifacts.abortAll();
  }

  /**
   * WebSockets, authorised by the Worker: `/viewer?after=&by=` and `/attempt/:n`. A viewer that comes when the log is
   * archived is answered 410: it is read from storage, without the object. One that comes when the deployment was
   * removed is answered 404, and a runner that its attempt is over.
   */
  override fetch(request: Request): Promise<Response> {
    return this.#connections.open(request, () => this.#emptying.known());
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    return this.#connections.message(ws, message);
  }

  override webSocketClose(ws: WebSocket): void {
    // The deployment may have been removed, and its sockets with it.
    if (this.#machine.saved !== null) this.#connections.closed(ws);
  }

  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws);
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    await this.#alarm.run(
      this.#machine.saved === null
        ? [() => this.#cleanup.sweep()]
        : [
            () => this.#writeLog(now),
            () => this.#tick(now),
            () => this.#targets.tasks.runDue(now),
            () => this.#emptying.run(now),
            () => this.#rearm(),
          ],
    );
  }

  /** Writes log lines that have waited long enough. */
  #writeLog(now: number): void {
    if ((this.#targets.log.writeBy(now) ?? Number.POSITIVE_INFINITY) <= now) this.#attempt.writeLog();
  }

  /** Tells the lifecycle that time has passed, if it waits for that. */
  #tick(now: number): void {
    const { spec, state } = this.#machine.current();
    if ((nextTick(spec, state, now) ?? Number.POSITIVE_INFINITY) > now) return;
    const socketOpen = this.#attempt.noteHeartbeat();
    this.#transitions.apply({ type: 'tick', socketOpen });
  }

  /** Sets the one alarm to whatever is due first. */
  #rearm(): void {
    this.#alarm.ringBy(this.#nextDue());
  }

  /** When something is due next, in Unix milliseconds; null when nothing is. */
  #nextDue(): number | null {
    if (this.#machine.saved === null) return null;
    const { spec, state } = this.#machine.saved;
    const { tasks, log } = this.#targets;
    const now = Date.now();
    const times = [tasks.next(now), nextTick(spec, state, now), log.writeBy(now), this.#emptying.dueAt(now)];
    return times.reduce((first, time) => earlier(first, time), null);
  }

  /** Sets the alarm again that the platform has dropped: it is not set, although something has been due for long. */
  #findLostAlarm(): void {
    const due = this.#nextDue();
    if (!this.#alarm.isSet && due !== null && due < Date.now() - LOST_AFTER_MS) this.#rearm();
  }
}

const earlier = (a: number | null, b: number | null) =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
