/**
 * The Durable Object of one pool: the runners that may serve an owner's jobs, and the jobs that wait for them.
 * A runner's announced slots are a standing claim; match.ts pairs them with jobs, and the deployment's object
 * has the last word on who gets the lease.
 */
import { DurableObject } from 'cloudflare:workers';
import { type AttemptRef, CLOSE, PING, PONG, type RunnerMachine, RunnerToPool } from '@appflux/protocol';
import { lowDiskReason } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { limitedSql } from '../limits/sql.ts';
import { maintenanceOf } from '../maintenance/object.ts';
import { maintenanceReason } from '../maintenance/reason.ts';
import { metadataOf } from '../metadata/index.ts';
import type { RunnerChange, RunnerRecord } from '../metadata/metadata.ts';
import { Alarm } from '../objects/alarm.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { MAX_POOL_FRAME_BYTES, poolCost } from '../sockets/allowances.ts';
import { closeQuietly, handling, wasClosed } from '../sockets/close.ts';
import { CutOff } from '../sockets/cut-off.ts';
import { runnerFrame } from '../sockets/frame.ts';
import { authenticatedRunner } from '../sockets/runner-header.ts';
import { sizeOf, tooManyConnections } from '../sockets/sender-budget.ts';
import { Jobs, type Offer, type OutAttempt } from './jobs.ts';
import { Machines } from './machines.ts';
import { match, waitingReason } from './match.ts';
import { Matchmaker } from './matchmaker.ts';
import {
  type ConnectedRunner,
  type Registration,
  RunnerSockets,
  registrationOf,
  sameRegistration,
} from './runner-sockets.ts';

/** Where a deployment is in a pool. `mayStart`: a runner is free to build it now. */
export type DeploymentPlace = { deploymentId: string } & (
  | { waits: true; mayStart: boolean; reason: string | null }
  | { waits: false; isOut: boolean }
);

export interface PoolOverview {
  online: ConnectedRunner[];
  places: DeploymentPlace[];
  /** What runners have said of their versions, connected or not. */
  machines: { runnerId: string; machine: RunnerMachine }[];
  out: { deploymentId: string; runnerId: string }[];
}

export class PoolObject extends DurableObject<Env> {
  readonly #jobs: Jobs;
  readonly #runners: RunnerSockets;
  readonly #machines: Machines;
  readonly #matchmaker: Matchmaker;
  readonly #alarm: Alarm;
  readonly #cutOff: CutOff;
  /** For the Worker's log. */
  readonly #name = () => `pool ${this.ctx.id.name}`;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx, { name: this.#name, afterRun: () => storeErrors(env) });
    this.#cutOff = new CutOff(ctx, this.#name);
    this.#jobs = new Jobs(limitedSql(ctx.storage.sql));
    this.#machines = new Machines(limitedSql(ctx.storage.sql));
    this.#runners = new RunnerSockets(ctx, (id) => this.#jobs.outWith(id));
    this.#matchmaker = new Matchmaker(ctx, {
      jobs: this.#jobs,
      runners: this.#runners,
      deployment: (id) => this.#deployment(id),
      isHeld: async () =>
        (await maintenanceOf(this.env).notice()) !== null || (await lowDiskReason(this.env)) !== null,
      pumpBy: (time) => this.#alarm.ringBy(time),
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** A deployment wants to be built. Offering it again changes nothing. */
  offer(offer: Offer): void {
    this.#released(this.#jobs.add(offer));
    if (offer.supersede) this.#matchmaker.supersede(offer.appId);
    this.#matchmaker.pump();
  }

  /** A deployment has ended, or is not to be built any more. */
  withdraw(deploymentId: string): void {
    const { known, out } = this.#jobs.remove(deploymentId);
    this.#released(out);
    if (known) this.#matchmaker.pump();
  }

  /** How many jobs wait. */
  depth(): number {
    return this.#jobs.depth();
  }

  /** How many attempts are out with runners, and how many jobs wait. */
  load(): { running: number; queued: number } {
    return { running: this.#jobs.out(), queued: this.#jobs.depth() };
  }

  /** Why a job waits; null when it does not. */
  async waitingReason(deploymentId: string): Promise<string | null> {
    if (this.#jobs.find(deploymentId) === undefined) return null;
    const held = await this.#heldReason();
    const job = this.#jobs.find(deploymentId);
    if (job === undefined) return null;
    return held ?? waitingReason(job, this.#jobs.waiting(), this.#runners.online(), this.#jobs.running());
  }

  /** Why no job is handed out; null while jobs are. */
  async #heldReason(): Promise<string | null> {
    return (await this.#maintenanceReason()) ?? (await lowDiskReason(this.env));
  }

  /** How these deployments stand here, which runners are connected, and which attempts are out. */
  async overview(deploymentIds: readonly string[]): Promise<PoolOverview> {
    const held = deploymentIds.length === 0 ? null : await this.#heldReason();
    const online = this.#runners.online();
    const waiting = this.#jobs.waiting();
    const running = this.#jobs.running();
    const next = new Set(match(waiting, online, running).map(({ deploymentId }) => deploymentId));
    const out = this.#jobs.attempts();
    const places = deploymentIds.map((deploymentId): DeploymentPlace => {
      const job = this.#jobs.find(deploymentId);
      if (job === undefined)
        return { deploymentId, waits: false, isOut: out.some((one) => one.deploymentId === deploymentId) };
      const reason = held ?? waitingReason(job, waiting, online, running);
      return { deploymentId, waits: true, mayStart: held === null && next.has(deploymentId), reason };
    });
    const machines = [...this.#machines.all()].map(([runnerId, machine]) => ({ runnerId, machine }));
    return {
      online,
      places,
      machines,
      out: out.map(({ deploymentId, runnerId }) => ({ deploymentId, runnerId })),
    };
  }

  /** The runners that are connected. */
  online(): ConnectedRunner[] {
    return this.#runners.online();
  }

  drain(runnerId: string, draining: boolean): void {
    this.#runners.setDraining(runnerId, draining);
    this.#matchmaker.pump();
  }

  /** Somebody has changed what a runner is registered for. */
  register(runner: RunnerRecord): void {
    this.#runners.register(runner.id, registrationOf(runner));
    this.#matchmaker.pump();
  }

  /** Cuts a removed runner off, in the middle of its builds. */
  async revoke(runnerId: string): Promise<void> {
    this.#runners.revoke(runnerId);
    this.#machines.forget(runnerId);
    for (const { deploymentId } of this.#jobs.outWith(runnerId)) {
      await this.#deployment(deploymentId).revoke(runnerId);
    }
  }

  /** A runner's WebSocket; the Worker has authenticated the runner. */
  override fetch(request: Request): Response {
    const runner = authenticatedRunner(request);
    if (runner === null) throw new Error('the Worker passed on a connection without its runner');
    const wait = this.#cutOff.waitFor(runner.id, Date.now());
    return wait > 0 ? tooManyConnections(wait) : this.#runners.accept(runner);
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    return handling(ws, this.#name, () => this.#take(ws, message));
  }

  #take(ws: WebSocket, message: string | ArrayBuffer): void {
    if (wasClosed(ws)) {
      this.#cutOff.ignore(ws, this.#runners.idOf(ws));
      return;
    }
    if (!this.#runners.spend(ws, 1, sizeOf(message))) return;
    const parsed = runnerFrame(RunnerToPool, message, MAX_POOL_FRAME_BYTES);
    if ('refused' in parsed) {
      closeQuietly(ws, parsed.refused.code, parsed.refused.reason);
      return;
    }
    const { frame } = parsed;
    if (!this.#runners.spend(ws, poolCost(frame) - 1, 0)) return;
    const runnerId = this.#runners.idOf(ws);
    switch (frame.type) {
      case 'hello':
        this.#hello(ws, runnerId, frame);
        return;
      case 'accepted':
        this.#jobs.accept(runnerId, frame);
        return;
      case 'freed':
        this.#runners.free(runnerId, frame);
        this.#matchmaker.pump();
        return;
      case 'machine': {
        const { type: _, ...machine } = frame;
        this.#machines.note(runnerId, machine);
        return;
      }
      case 'disk': {
        const { type: _, ...disk } = frame;
        this.#runners.noteDisk(ws, disk);
        this.#matchmaker.pump();
        return;
      }
    }
  }

  override webSocketClose(ws: WebSocket): void {
    const id = this.#runners.idOf(ws);
    this.ctx.waitUntil(this.#noteSeen(id, {}));
    closeQuietly(ws, CLOSE.normal, '');
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([() => this.#matchmaker.pump()]);
  }

  #hello(ws: WebSocket, runnerId: string, frame: Extract<RunnerToPool, { type: 'hello' }>): void {
    const { labels, slots, running, version, session = null, scanner, executor } = frame;
    const holds = (ref: AttemptRef) =>
      running.some((other) => other.deploymentId === ref.deploymentId && other.attempt === ref.attempt);
    const gone = this.#jobs.outWith(runnerId).filter((out) => !holds(out));
    // A hello may be heard twice: what is on its way to the runner since the first one takes a slot all the same.
    const coming = this.#matchmaker
      .claimsFor(runnerId)
      .map((deploymentId): AttemptRef => ({ deploymentId, attempt: 0 }));
    const hello = { labels, slots, session, scanner, executor, running: [...running, ...coming] };
    const registered = this.#runners.hello(ws, hello);
    for (const out of gone) {
      // The grant went out but never arrived: the deployment answers the same claim with the same grant.
      if (!out.accepted) this.#matchmaker.claim(out, out.appId);
      else if (session !== null && out.session !== null && out.session !== session)
        this.ctx.waitUntil(this.#tellRestarted(out));
    }
    this.ctx.waitUntil(this.#checkIn(runnerId, version, registered));
    this.#matchmaker.pump();
  }

  /** An attempt that is out no more, and that its runner never took up, leaves its slot free. */
  #released(out: OutAttempt | null): void {
    if (out !== null && !out.accepted) this.#runners.free(out.runnerId, out);
  }

  /** The runner was restarted and has removed the attempt, so nobody needs to wait for the lease to expire. */
  async #tellRestarted({ deploymentId, attempt, runnerId }: OutAttempt): Promise<void> {
    try {
      await this.#deployment(deploymentId).restarted(runnerId, attempt);
    } catch (error) {
      // The lease runs out by itself, only later.
      journal.error(`ending the lease of deployment ${deploymentId} failed`, error);
    }
  }

  async #maintenanceReason(): Promise<string | null> {
    try {
      const notice = await maintenanceOf(this.env).notice();
      return notice === null ? null : maintenanceReason(notice);
    } catch (error) {
      // The other reasons are of use without it. Jobs are held until it answers.
      journal.error('reading whether the instance is in maintenance failed', error);
      return null;
    }
  }

  #deployment(id: string) {
    return deploymentOf(this.env, id);
  }

  /**
   * Writes down what a runner has said of itself. What people have fixed may have changed, or the runner may have been
   * removed, between its authentication and its arrival here: what stands in its record then counts.
   */
  async #checkIn(runnerId: string, version: string, known: Registration): Promise<void> {
    const record = await this.#noteSeen(runnerId, { version, executor: known.executor });
    if (record === undefined) return;
    if (record === null) return this.revoke(runnerId);
    // A change that has come since is newer than what was read.
    const current = this.#runners.registration(runnerId);
    const isLatest = current !== null && sameRegistration(current, known);
    if (isLatest && !sameRegistration(registrationOf(record), known)) this.register(record);
  }

  /** Gives the runner's record, null when it was removed, and undefined when metadata did not answer. */
  async #noteSeen(
    runnerId: string,
    change: Pick<RunnerChange, 'version' | 'executor'>,
  ): Promise<RunnerRecord | null | undefined> {
    try {
      return await metadataOf(this.env).runners.update(runnerId, {
        ...change,
        lastSeenAt: new Date().toISOString(),
      });
    } catch (error) {
      // Only what the list of runners shows is late; builds do not depend on metadata.
      journal.error(`noting that runner ${runnerId} was seen failed`, error);
      return undefined;
    }
  }
}
