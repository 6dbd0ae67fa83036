/**
 * The Durable Object of one deployment. It owns the truth: state, attempts, lease, log, viewers, outbox. This class has
 * its entry points: calls of the Worker and the pool, WebSockets, the alarm. lifecycle.ts decides what an event changes,
 * and transitions.ts writes that and carries the effects out.
 */
import { DurableObject } from 'cloudflare:workers';
import {
  type DeploymentStatus,
  type ExecutorKind,
  type Grant,
  hasEnded,
  type LogPage,
  PING,
  PONG,
  type PrebuiltGrant,
  type PullRequestRef,
  type RecoveredLines,
  type ReleaseDetails,
  type SourceAccess,
} from '@appflux/protocol';
import { checkDelivery } from '../budgets/check-deployment.ts';
import { asDiskFull } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { resealSpec } from '../key-rotation/reseal.ts';
import { limitedSql } from '../limits/sql.ts';
import { ndjsonStream } from '../logs/ndjson.ts';
import { Viewers } from '../logs/viewers.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { Alarm } from '../objects/alarm.ts';
import { poolOf } from '../objects/pools.ts';
import { storeErrors } from '../operations/store-errors.ts';
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
import { ArtifactUploads } from './artifacts.ts';
import { Attempt } from './attempt.ts';
import { AttemptSocket } from './attempt-socket.ts';
import { Cleanup } from './cleanup.ts';
import { Connections } from './connections.ts';
import type { EffectTargets } from './effects.ts';
import { grantOf, openSpec } from './grant.ts';
import { LateOutput } from './late-output.ts';
import { type Event, nextTick, type Refusal } from './lifecycle.ts';
import { DeploymentLog } from './log.ts';
import { Machine } from './machine.ts';
import { Outbox } from './outbox.ts';
import { PendingTasks } from './pending-tasks.ts';
import { perform } from './perform.ts';
import { type Deliverer, grantOf as deliveryGrant } from './prebuilt.ts';
import { recordOf } from './record.ts';
import { type Recovered, Recovery, type Sender } from './recovery.ts';
import { SitePacks } from './site-packs.ts';
import { spansOfChange } from './spans.ts';
import { isOffered, type Spec, type State, uploadsUntil } from './state.ts';
import { Transitions } from './transitions.ts';

/** What of a deployment its consumers have not confirmed. */
export interface Unconfirmed extends Snapshot {
  details: ReleaseDetails | null;
  /** Why it was canceled; null unless it was. */
  cancelReason: string | null;
}

/** How a deployment stands: the record, and the number of its newest event. */
export interface Snapshot {
  record: DeploymentRecord;
  seq: number;
}

/**
 * An alarm that is this late, in milliseconds, does not come any more. When an object opens because its alarm rings, the
 * platform says that none is set, so what is due only now proves nothing.
 */
const LOST_AFTER_MS = 60_000;

/** A runner that claims a job. `executor`: what its pool knows of it. */
export interface Claimant {
  id: string;
  name: string;
  executor?: ExecutorKind | undefined;
}

export type ClaimAnswer =
  | {
      granted: Grant;
      /** The variables whose values are masked. */
      sensitive: string[];
      /** How the repository is reached, beyond what the grant says. */
      access: SourceAccess;
    }
  | { refused: Refusal | 'unknown' };

export class DeploymentObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  readonly #machine: Machine;
  readonly #targets: EffectTargets;
  readonly #transitions: Transitions;
  readonly #attempt: Attempt;
  readonly #artifacts: ArtifactUploads;
  readonly #cleanup: Cleanup;
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
          news: () => this.#news(),
          deliver: (news) => this.deliver(news),
        }),
      onChange: rearm,
      isUnconfirmed: () => machine.saved !== null && machine.hasUnconfirmed,
    });
    this.#machine = machine;
    const late = new LateOutput(sql, log);
    this.#targets = { tasks, log, late, viewers, socket };
    this.#recovery = new Recovery({ storage: ctx.storage, machine, log, late, socket, apply });
    this.#transitions = new Transitions({
      storage: ctx.storage,
      machine,
      targets: this.#targets,
      rearm,
      onChange: ({ before, after }, now) =>
        trace(env, () => spansOfChange(after.spec, before, after.state, now)),
    });
    this.#attempt = new Attempt({
      machine,
      socket,
      log,
      artifacts: this.#artifacts,
      packs,
      sboms,
      runsServers: env.SERVERS !== undefined,
      checkBudgets: (delivery, budgets) => checkDelivery(env, delivery, budgets),
      asDiskFull: (error) => asDiskFull(error, env),
      apply,
      rearm,
    });
    const attempt = this.#attempt;
    this.#connections = new Connections({ ctx, name, machine, attempt, socket, viewers, log, cutOff });
    // Answered by the platform: a heartbeat neither wakes the object nor costs anything.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Begins the deployment. Called again with the same spec it changes nothing. */
  create(spec: Spec): Snapshot {
    if (this.#machine.saved === null) this.#transitions.begin(spec);
    const { spec: first, state, seq } = this.#machine.current();
    return { record: recordOf(first, state), seq };
  }

  /**
   * Begins the deployment of a prebuilt output, which the deliverer gets the lease of. Called again it gives the same
   * lease while that lasts, to the same deliverer only.
   */
  createPrebuilt(spec: Spec, deliverer: Deliverer): Snapshot & { grant: PrebuiltGrant | null } {
    if (this.#machine.saved === null) this.#transitions.begin(spec);
    const runner = { id: deliverer.id, name: deliverer.name };
    // A refusal says that it has ended, or is somebody else's: then there is no grant.
    this.#transitions.apply({ type: 'claim', runner, token: makeToken('lease') });
    const { spec: first, state, seq } = this.#machine.current();
    return { record: recordOf(first, state), seq, grant: deliveryGrant(first, state, deliverer) };
  }

  /** How it stands now; null when it was removed. */
  async snapshot(): Promise<Snapshot | null> {
    if (this.#machine.saved === null) return this.#gone();
    const { spec, state, seq } = this.#machine.saved;
    return { record: recordOf(spec, state), seq };
  }

  /** Whether anything happens, for the operator; null when it was removed. */
  async activity(): Promise<Activity | null> {
    if (this.#machine.saved === null) return this.#gone();
    return activityOf(this.#machine.saved.state, this.#targets.log.store);
  }

  /** What was asked for, for a redeploy; null when it was removed. */
  async spec(): Promise<Spec | null> {
    return this.#machine.saved?.spec ?? this.#gone();
  }

  /** Touching a deleted object recreates its tables; drop them again. */
  async #gone(): Promise<null> {
    await this.#cleanup.untouched();
    return null;
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
  async unconfirmed(): Promise<Unconfirmed | null> {
    return this.#machine.saved === null ? this.#gone() : this.#news();
  }

  #news(): Unconfirmed | null {
    if (this.#machine.saved === null || !this.#machine.hasUnconfirmed) return null;
    const { spec, state, seq } = this.#machine.saved;
    const details = state.status === 'success' ? (state.details ?? null) : null;
    return { record: recordOf(spec, state), seq, details, cancelReason: state.cancelReason };
  }

  /**
   * Delivers news to everyone who is to know of them. False: it can't be done here, and is left to the consumer of events.
   * The Worker's class does it (queues/deployment-object.ts).
   */
  protected async deliver(_news: Unconfirmed): Promise<boolean> {
    return false;
  }

  /** The consumer of events has done its work for all up to this number. */
  async confirm(seq: number): Promise<void> {
    if (this.#machine.saved === null) {
      await this.#gone();
      return;
    }
    this.#machine.confirm(seq);
    if (!this.#machine.hasUnconfirmed) this.#targets.tasks.remove('publish');
  }

  /** Offers the job to the pool, as the deploy queue asks; does nothing unless it is queued. */
  async offer(): Promise<void> {
    if (this.#machine.saved === null) await this.#gone();
    else if (isOffered(this.#machine.saved.spec, this.#machine.saved.state))
      await this.#targets.tasks.run('offer');
  }

  /** The pool has paired this job with a runner's claim: of two claims one wins. */
  async claim({ executor, ...runner }: Claimant): Promise<ClaimAnswer> {
    if (this.#machine.saved === null) {
      await this.#gone();
      return { refused: 'unknown' };
    }
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
  async cancel(
    reason: string,
  ): Promise<{ canceled: Snapshot } | { refused: Refusal; status: DeploymentStatus } | null> {
    if (this.#machine.saved === null) return this.#gone();
    const refused = this.#transitions.apply({ type: 'cancel', reason });
    const { spec, state, seq } = this.#machine.current();
    if (refused !== null) return { refused, status: state.status };
    return { canceled: { record: recordOf(spec, state), seq } };
  }

  /** Approves a fork's deployment, which is offered then; null when it was removed. `by` names who did. */
  async approve(
    by: string,
  ): Promise<{ approved: Snapshot } | { refused: Refusal; status: DeploymentStatus } | null> {
    if (this.#machine.saved === null) return this.#gone();
    const refused = this.#transitions.apply({ type: 'approve', by });
    const { spec, state, seq } = this.#machine.current();
    if (refused !== null) return { refused, status: state.status };
    return { approved: { record: recordOf(spec, state), seq } };
  }

  /** Notes the pull request that was opened for its commit; nothing when it was removed. */
  async adopt(pullRequest: PullRequestRef): Promise<void> {
    if (this.#machine.saved === null) await this.#gone();
    else this.#transitions.apply({ type: 'adopt', pullRequest });
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
    if (this.#machine.saved === null) return this.#gone();
    if (this.#machine.isClosing) return null;
    return this.#recovery.take(sender, attempt, recovered);
  }

  /** Its signed provenance, or why it has none; null when it was removed. */
  async attestation(): Promise<Attestation | null> {
    if (this.#machine.saved === null) return this.#gone();
    const answer = await attest(this.#machine.saved, new Attestations(this.ctx.storage), this.env);
    return this.#machine.saved === null ? this.#gone() : answer;
  }

  /** A page of lines after `after`; null once the log is archived and has to be read from storage, or was removed. */
  async logs(after: number, limit: number): Promise<LogPage | null> {
    if (this.#machine.saved === null) return this.#gone();
    const { state } = this.#machine.saved;
    if (state.logKey !== null) return null;
    const log = this.#targets.log.store;
    return { items: log.read(after, limit), lastSeq: log.lastSeq, ended: hasEnded(state.status) };
  }

  /** The whole log so far as NDJSON; null once it is archived, or was removed. */
  async ndjson(): Promise<ReadableStream<Uint8Array> | null> {
    if (this.#machine.saved === null) return this.#gone();
    if (this.#machine.saved.state.logKey !== null) return null;
    return ndjsonStream(this.#targets.log.store.rows());
  }

  /** Forgets its log, which retention removes: what was not archived yet is not archived any more. */
  async forgetLog(): Promise<void> {
    if (this.#machine.saved === null) {
      await this.#gone();
      return;
    }
    const { spec, state } = this.#machine.saved;
    if (!hasEnded(state.status)) return;
    const { tasks, log } = this.#targets;
    tasks.remove('archive');
    if (state.logKey === null)
      this.#transitions.apply({ type: 'archived', logKey: logKey(spec.app.id, spec.id) });
    log.store.clear();
  }

  /**
   * Stops the build and removes everything, in storage too; the deployment's App is being deleted. When storage or the
   * pool does not answer that is false, and called again it goes on.
   */
  async destroy(): Promise<boolean> {
    if (this.#machine.saved === null) {
      await this.#gone();
      return true;
    }
    const { spec, state } = this.#machine.saved;
    try {
      await this.#destroy(spec, state);
      return true;
    } catch (error) {
      journal.error(`deployment ${spec.id} could not be removed`, error);
      return false;
    }
  }

  async #destroy(spec: Spec, state: State): Promise<void> {
    const { tasks, log, viewers, socket } = this.#targets;
    this.#machine.close();
    if (!hasEnded(state.status)) this.#transitions.apply({ type: 'cancel', reason: 'The App was deleted' });
    socket.close();
    // What reaches out of here ends first: a log that is just being archived would come after the removal.
    await tasks.end();
    await poolOf(this.env, spec.ownerId).withdraw(spec.id, spec.app.id);
    await this.#artifacts.abortAll();
    const prefix = deploymentPrefix(spec.app.id, spec.id);
    await removeBelow(objectsOf(this.env), prefix);
    this.#machine.forget();
    log.forget();
    viewers.endAll('canceled');
    await this.#cleanup.leave(prefix, uploadsUntil(state, Date.now()));
  }

  /**
   * WebSockets, authorised by the Worker: `/viewer?after=&by=` and `/attempt/:n`. A viewer that comes when the log is
   * archived is answered 410: it is read from storage, without the object. One that comes when the deployment was
   * removed is answered 404, and a runner that its attempt is over.
   */
  override async fetch(request: Request): Promise<Response> {
    if (this.#machine.saved === null) await this.#gone();
    return this.#connections.open(request);
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
    const times = [tasks.next(now), nextTick(spec, state, now), log.writeBy(now)];
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
