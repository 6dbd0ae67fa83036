/**
 * The Durable Object of one pool: the runners that may serve an owner's jobs, and the jobs that wait for them.
 * A runner's announced slots are a standing claim; match.ts pairs them with jobs, and the deployment's object
 * has the last word on who gets the lease.
 */
import {
  type BuildLimits,
  CLOSE,
  type Look,
  NO_BUILD_LIMITS,
  PING,
  type PictureResult,
  PONG,
  RunnerToPool,
} from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { limitedSql } from '../../limits/sql.ts';
import { Looks, type NewLook } from '../../look/looks.ts';
import { openTask } from '../../look/task.ts';
import type { RunnerRecord } from '../../metadata/metadata.ts';
import { Alarm } from '../../objects/alarm.ts';
import { deploymentOf } from '../../objects/deployments.ts';
import { storeErrors } from '../../operations/store-errors.ts';
import { pictureCookie } from '../../pictures/cookie.ts';
import { MOST_WAITING, type Wanted } from '../../pictures/decide.ts';
import { PictureQueue } from '../../pictures/queue.ts';
import { addressIn } from '../../pools/header.ts';
import type { Address } from '../../pools/layout.ts';
import { movedAnswer } from '../../pools/moved.ts';
import { MAX_POOL_FRAME_BYTES, poolCost } from '../../sockets/allowances.ts';
import { closeQuietly, handling, wasClosed } from '../../sockets/close.ts';
import { CutOff } from '../../sockets/cut-off.ts';
import { runnerFrame } from '../../sockets/frame.ts';
import { authenticatedRunner } from '../../sockets/runner-header.ts';
import { sizeOf, tooManyConnections } from '../../sockets/sender-budget.ts';
import { CheckIns, type Hello } from '../check-ins.ts';
import type { ConnectedRunner } from '../connected-runner.ts';
import { registrationOf } from '../connections.ts';
import { figuresOf, type PoolFigures } from '../figures.ts';
import { areJobsHeld, heldReason } from '../held.ts';
import { Jobs, type Offer, type OutAttempt } from '../jobs.ts';
import { Machines } from '../machines.ts';
import { Matchmaker } from '../matchmaker.ts';
import { type PlaceFacts, type PoolOverview, placeOf } from '../places.ts';
import { RunnerSockets } from '../runner-sockets.ts';
import { shareOf } from '../shards/limit-shares.ts';
import { Shard } from '../shards/shard.ts';
import { ShardObject } from '../shards/shard-object.ts';

/** Where the storage has the team's limits. */
const LIMITS = 'limits';

export class PoolObject extends ShardObject {
  readonly #jobs: Jobs;
  readonly #runners: RunnerSockets;
  readonly #machines: Machines;
  readonly #checkIns: CheckIns;
  readonly #matchmaker: Matchmaker;
  readonly #pictures: PictureQueue;
  readonly #alarm: Alarm;
  readonly #cutOff: CutOff;
  readonly #looks: Looks;
  protected readonly shard: Shard;
  /** Those of the team. */
  #limits: BuildLimits;
  /** For the Worker's log. */
  readonly #name = () => `pool ${this.ctx.id.name}`;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx, { name: this.#name, afterRun: () => storeErrors(env) });
    this.#cutOff = new CutOff(ctx, this.#name);
    this.#jobs = new Jobs(limitedSql(ctx.storage.sql), (runnerId) => this.#runners.refresh(runnerId));
    this.#limits = ctx.storage.kv.get<BuildLimits>(LIMITS) ?? NO_BUILD_LIMITS;
    this.#machines = new Machines(limitedSql(ctx.storage.sql));
    this.#runners = new RunnerSockets(ctx, (id) => this.#jobs.outWith(id));
    const isHeld = () => areJobsHeld(this.env);
    this.#matchmaker = new Matchmaker(ctx, {
      jobs: this.#jobs,
      runners: this.#runners,
      deployment: (id) => this.#deployment(id),
      isHeld,
      pumpBy: (time) => this.#alarm.ringBy(time),
      paired: () => this.shard.look(),
    });
    this.shard = new Shard({
      ctx,
      sql: limitedSql(ctx.storage.sql),
      env: () => this.env,
      jobs: this.#jobs,
      runners: this.#runners,
      machines: this.#machines,
      matchmaker: this.#matchmaker,
      isHeld,
      tendBy: (time) => this.#alarm.ringBy(time),
      forget: (id) => this.#forget(id),
      teamLimits: () => this.#limits,
      changed: () => this.#share(),
    });
    this.#share();
    this.#checkIns = new CheckIns({
      env: () => this.env,
      jobs: this.#jobs,
      runners: this.#runners,
      matchmaker: this.#matchmaker,
      deployment: (id) => this.#deployment(id),
      revoke: (runnerId) => this.revoke(runnerId),
      register: (runner) => this.register(runner),
    });
    this.#pictures = new PictureQueue({
      sql: limitedSql(ctx.storage.sql),
      runners: () => this.#runners.photographers(MOST_WAITING),
      send: (runnerId, frame) => this.#runners.send(runnerId, frame),
      isHeld,
      cookieFor: (wanted) => pictureCookie(this.env, wanted),
      pumpBy: (time) => this.#alarm.ringBy(time),
    });
    this.#looks = new Looks({
      sql: limitedSql(ctx.storage.sql),
      open: (id, sealed) => openTask(env, id, sealed),
      online: () => this.#runners.lookers(),
      send: (runnerId, task) => this.#runners.send(runnerId, { type: 'look', task }),
      expireBy: (time) => this.#alarm.ringBy(time),
      waitUntil: (work) => ctx.waitUntil(work),
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** A deployment wants to be built. Offering it again changes nothing. */
  async offer(offer: Offer, at?: Address): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.shard.event();
    const fetching = this.shard.fetchApp(offer.appId);
    if (fetching !== undefined) await fetching;
    const lent = this.shard.isLent(offer.deploymentId);
    if (lent !== false && (await lent)) return;
    this.#released(this.#jobs.add(offer));
    if (offer.supersede) this.#matchmaker.supersede(offer.appId);
    void this.#matchmaker.pump();
  }

  /** A deployment has ended, or is not to be built any more. */
  async withdraw(deploymentId: string, at?: Address): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.shard.event();
    await this.shard.withdraw(deploymentId);
  }

  /** Whether it was known. */
  #forget(deploymentId: string): boolean {
    this.#matchmaker.withdrawn(deploymentId);
    const { known, out } = this.#jobs.remove(deploymentId);
    this.#released(out);
    if (known) void this.#matchmaker.pump();
    return known;
  }

  /** A site was published: its picture is to be taken when a runner has nothing else to do. */
  async picture(wanted: Wanted, at?: Address): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    const isTaken =
      !this.#runners.hasPhotographer() &&
      (await this.shard.passOn(wanted.appId, (peer, there) => peer.pictureIfAble(wanted, there)));
    if (!isTaken) await this.#addPicture(wanted);
  }

  /** The same, if a runner is connected that takes pictures. Gives whether one is. */
  async pictureIfAble(wanted: Wanted, at: Address): Promise<boolean> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    if (!this.#runners.hasPhotographer()) return false;
    await this.#addPicture(wanted);
    return true;
  }

  #addPicture(wanted: Wanted): Promise<void> {
    this.#pictures.add(wanted);
    return this.#pictures.pump();
  }

  /** Whether a runner was asked for a picture by this request, and has not answered yet. */
  hasPicture(runnerId: string, deploymentId: string, id: string, at?: Address): boolean {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.#pictures.isOut(runnerId, deploymentId, id);
  }

  /** A request for a picture has ended. */
  pictureEnded(
    runnerId: string,
    deploymentId: string,
    id: string,
    outcome: PictureResult['outcome'],
    at?: Address,
  ): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.#pictures.end(runnerId, deploymentId, id, outcome);
    return this.#pictures.pump();
  }

  /** How many jobs wait. */
  depth(at?: Address): number {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.#jobs.depth();
  }

  /** How many attempts are out with runners, and how many jobs wait. */
  load(at?: Address): { running: number; queued: number } {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return { running: this.#jobs.out(), queued: this.#jobs.depth() };
  }

  /** The jobs that wait and the runners, by labels. */
  figures(at?: Address): PoolFigures {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return figuresOf(this.#jobs.queue, this.#runners.roster);
  }

  /** Why a job waits; null when it does not. */
  async waitingReason(deploymentId: string, at?: Address): Promise<string | null> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    const elsewhere = await this.shard.reasonElsewhere(deploymentId);
    if (elsewhere !== undefined) return elsewhere;
    if (this.#jobs.find(deploymentId) === undefined) return null;
    const held = await heldReason(this.env);
    const place = placeOf(deploymentId, this.#facts(held, this.#matchmaker.claiming()));
    return place.waits ? place.reason : null;
  }

  /** How these deployments stand here, which runners are connected, and which attempts are out. */
  async overview(deploymentIds: readonly string[], at?: Address): Promise<PoolOverview> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    const held = deploymentIds.length === 0 ? null : await heldReason(this.env);
    const facts = this.#facts(held, this.#matchmaker.starting());
    const machines = [...this.#machines.all()].map(([runnerId, machine]) => ({ runnerId, machine }));
    return {
      online: this.#runners.online(),
      places: deploymentIds.map((deploymentId) => placeOf(deploymentId, facts)),
      machines,
      out: this.#jobs.attempts().map(({ deploymentId, runnerId }) => ({ deploymentId, runnerId })),
    };
  }

  #facts(held: string | null, next: ReadonlySet<string>): PlaceFacts {
    const starting = held === null ? next : new Set<string>();
    return { jobs: this.#jobs, roster: this.#runners.roster, held, starting };
  }

  /** Those of some runners that are connected; of all with null. */
  online(ids: readonly string[] | null = null, at?: Address): ConnectedRunner[] {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.#runners.online(ids);
  }

  /** Somebody wants to know what a repository would be built as. Asking again changes nothing. False: too many. */
  async look(look: NewLook, at?: Address): Promise<boolean> {
    if (this.shard.isBehind(at)) return this.shard.moved;
    const isPassedOn =
      !this.#runners.hasLooker() &&
      (await this.shard.passOn(
        look.id,
        async (peer, there) => (await peer.lookIfAble(look, there)) === true,
      ));
    return isPassedOn || this.#looks.add(look);
  }

  /** The same, if a runner is connected that looks; null if none is. */
  lookIfAble(look: NewLook, at: Address): boolean | null {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.#runners.hasLooker() ? this.#looks.add(look) : null;
  }

  /** A look as its caller sees it; null if it isn't theirs, or not kept any longer. */
  lookOf(id: string, callerId: string, at?: Address): Look | null {
    if (this.shard.isBehind(at)) return this.shard.moved;
    return this.#looks.get(id, callerId);
  }

  drain(runnerId: string, draining: boolean, at?: Address): undefined {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.#runners.setDraining(runnerId, draining);
    void this.#matchmaker.pump();
  }

  /** Somebody has changed what a runner is registered for. */
  register(runner: RunnerRecord, at?: Address): undefined {
    if (this.shard.isBehind(at)) return this.shard.moved;
    this.#runners.register(runner.id, registrationOf(runner));
    void this.#matchmaker.pump();
  }

  /** Replaces the team's limits. What runs goes on, also where it is more than they allow. */
  limit(limits: BuildLimits, at?: Address): undefined {
    if (this.shard.isBehind(at)) return this.shard.moved;
    if (JSON.stringify(limits) === JSON.stringify(this.#limits)) return;
    this.ctx.storage.kv.put(LIMITS, limits);
    this.#limits = limits;
    this.#share();
    void this.#matchmaker.pump();
  }

  /** What this shard may build of the team's limits depends on how many shards there are. */
  #share(): void {
    this.#jobs.queue.team.limits = shareOf(this.#limits, this.shard.membership);
  }

  /** Cuts a removed runner off, in the middle of its builds. */
  async revoke(runnerId: string, at?: Address): Promise<void> {
    if (this.shard.isBehind(at)) return this.shard.moved;
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
    if (!this.shard.membership.follow(addressIn(request))) return movedAnswer(this.shard.membership.layout);
    const wait = this.#cutOff.waitFor(runner.id, Date.now());
    if (wait > 0) return tooManyConnections(wait);
    const answer = this.#runners.accept(runner);
    this.shard.connected();
    return answer;
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
    this.shard.event();
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
        // Builds first: a runner that got one is not idle any more.
        this.ctx.waitUntil(this.#matchmaker.pump().then(() => this.#pictures.pump()));
        return;
      case 'machine': {
        const { type: _, ...machine } = frame;
        this.#machines.note(runnerId, machine);
        return;
      }
      case 'pictures':
        this.#runners.notePictures(ws, frame.ready);
        this.ctx.waitUntil(this.#pictures.pump());
        return;
      case 'features':
        this.#runners.noteFeatures(ws, frame.features);
        this.#looks.resume(runnerId);
        return;
      case 'leaving':
        this.#runners.noteLeaving(ws);
        return;
      case 'looked':
        this.#looks.looked(runnerId, frame);
        return;
      case 'disk': {
        const { type: _, ...disk } = frame;
        this.#runners.noteDisk(ws, disk);
        void this.#matchmaker.pump();
        return;
      }
    }
  }

  override webSocketClose(ws: WebSocket): void {
    const id = this.#runners.idOf(ws);
    this.#runners.closed(ws);
    this.ctx.waitUntil(this.#checkIns.left(id));
    closeQuietly(ws, CLOSE.normal, '');
  }

  /** A connection that breaks off. */
  override webSocketError(ws: WebSocket): void {
    this.webSocketClose(ws);
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#matchmaker.pump(),
      () => this.#looks.expire(),
      () => this.#pictures.pump(),
      () => this.shard.tend(),
    ]);
  }

  #hello(ws: WebSocket, runnerId: string, hello: Hello): void {
    this.ctx.waitUntil(this.#checkIns.hello(ws, runnerId, hello));
    void this.#matchmaker.pump();
    this.#looks.pump();
  }

  /** An attempt that is out no more, and that its runner never took up, leaves its slot free. */
  #released(out: OutAttempt | null): void {
    if (out !== null && !out.accepted) this.#runners.free(out.runnerId, out);
  }

  #deployment(id: string) {
    return deploymentOf(this.env, id);
  }
}
