/** What a pool's object does as one of several. An object that is the whole pool does nothing of this but count. */
import type { BuildLimits } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import type { Sql } from '../../limits/sql.ts';
import { type Address, homeOf, preferenceOf } from '../../pools/layout.ts';
import type { ShardStub } from '../../pools/shard-stub.ts';
import type { Jobs, Offer } from '../jobs.ts';
import type { Machines } from '../machines.ts';
import type { Matchmaker } from '../matchmaker.ts';
import type { RunnerSockets } from '../runner-sockets.ts';
import { Directory, type ShardSpare } from './directory.ts';
import { EventRate } from './event-rate.ts';
import type { ShardLoad } from './grow.ts';
import { Guests } from './guests.ts';
import { type GuestState, Lending } from './lending.ts';
import { type LentJob, LentJobs } from './lent-jobs.ts';
import { Membership } from './membership.ts';
import { type Bundle, Moving } from './moving.ts';
import { Peers } from './peers.ts';
import { spareOf } from './spare.ts';

/** How many runners an object has before its pool is split, where the setting does not say. */
const RUNNERS_PER_SHARD = 5_000;

/** An object is called so often a second at most: half of what the platform recommends for those that write. */
const EVENTS_PER_SECOND = 250;

export interface ShardOptions {
  readonly ctx: DurableObjectState;
  readonly sql: Sql;
  readonly env: () => Env;
  readonly jobs: Jobs;
  readonly runners: RunnerSockets;
  readonly machines: Machines;
  readonly matchmaker: Matchmaker;
  readonly isHeld: () => Promise<boolean>;
  /** Has `tend` called at this time (Unix milliseconds) at the latest. */
  readonly tendBy: (time: number) => void;
  /** Gives back the slot of a job that was forgotten, and hands it out again. */
  readonly forget: (deploymentId: string) => boolean;
  /** The limits of the team for its builds. */
  readonly teamLimits: () => BuildLimits;
  /** The layout has changed. */
  readonly changed: () => void;
}

export class Shard {
  readonly membership: Membership;
  readonly #options: ShardOptions;
  readonly #lent: LentJobs;
  readonly #guests: Guests;
  readonly #peers: Peers;
  readonly #lending: Lending;
  readonly #moving: Moving;
  readonly #directory: Directory;
  readonly #rate = new EventRate(Date.now());
  /** The shards that have nothing any more that belongs elsewhere. */
  #settled: { generation: number; shards: Set<number> } = { generation: 0, shards: new Set() };

  constructor(options: ShardOptions) {
    this.#options = options;
    const { ctx, sql, env, jobs, runners, isHeld, tendBy } = options;
    const { kv } = ctx.storage;
    const { roster } = runners;
    const membership = new Membership(kv, () => {
      options.changed();
      tendBy(Date.now());
    });
    const lent = new LentJobs(sql, jobs.queue);
    const peers = new Peers(env, membership);
    this.membership = membership;
    this.#lent = lent;
    this.#peers = peers;
    this.#guests = new Guests({ jobs, lent, roster, membership, peers });
    this.#lending = new Lending({
      jobs,
      lent,
      roster,
      membership,
      peers,
      lenders: () => this.lenders(),
      tendBy,
      returned: (offers) => this.#returned(offers),
      waitUntil: (work) => ctx.waitUntil(work),
    });
    this.#moving = new Moving({
      kv,
      jobs,
      lent,
      membership,
      peers,
      tendBy,
      sendAway: (isMisplaced, most) => this.#sendAway(isMisplaced, most),
    });
    this.#directory = new Directory({
      kv,
      membership,
      peers,
      limits: () => ({
        runners: Number(env().RUNNERS_PER_SHARD || RUNNERS_PER_SHARD),
        eventsPerSecond: EVENTS_PER_SECOND,
      }),
      load: () => this.load(),
      teamLimits: options.teamLimits,
      spare: () => this.spare(),
      isHeld,
      tendBy,
    });
  }

  /** Whether a call was made by an older layout than the one that counts here: it gets `moved`, and nothing else is done. */
  isBehind(at: Address | undefined): boolean {
    return !this.membership.follow(at);
  }

  get moved(): never {
    return this.membership.moved;
  }

  /** A runner has connected. */
  connected(): void {
    this.#directory.consider();
  }

  /** A frame or a call has come. */
  event(): void {
    if (this.#rate.count(Date.now())) this.#directory.consider();
  }

  /** What could be paired is. */
  look(): void {
    void this.#lending.look();
  }

  /** Does what is due. Never throws. */
  async tend(): Promise<void> {
    await this.#moving.tend();
    await this.#lending.look();
    await this.#directory.tend();
  }

  load(): ShardLoad {
    const { jobs, runners } = this.#options;
    const holds = jobs.depth() + jobs.out() + this.#lent.size + runners.size;
    return {
      runners: runners.expectedSize(),
      eventsPerSecond: this.#rate.perSecond(Date.now()),
      isSettled: this.#moving.isSettled,
      isEmpty: holds === 0,
    };
  }

  spare() {
    return spareOf(this.#options.runners.roster);
  }

  forget(deploymentIds: readonly string[]): void {
    for (const id of deploymentIds) this.#options.forget(id);
  }

  borrow(offers: readonly Offer[]): void {
    this.#guests.borrow(offers);
    void this.#options.matchmaker.pump();
  }

  guestStates(deploymentIds: readonly string[]): GuestState[] {
    return this.#guests.states(deploymentIds);
  }

  recall(deploymentIds: readonly string[]): string[] {
    return this.#guests.recall(deploymentIds);
  }

  async take(bundle: Bundle): Promise<void> {
    await this.#guests.take(bundle);
    void this.#options.matchmaker.pump();
  }

  /** What each shard has to spare. Shard 0 knows; the others ask it. */
  lenders(): Promise<ShardSpare[]> {
    return this.membership.shard === 0
      ? this.#directory.lenders()
      : this.#peers.call(0, (peer, at) => peer.lenders(at));
  }

  /** Moves an App to where it belongs. Gives whether all of this shard has moved; null while the App cannot. */
  async handOver(appId: string): Promise<boolean | null> {
    return (await this.#moving.handOver(appId)) ? this.#moving.isSettled : null;
  }

  /**
   * Fetches an App from the shard to which it belonged before, so that what is offered now does not overtake what waits
   * there. Undefined, without a call, where nothing is to be fetched. Fails if it can't be now: it is to be offered again.
   */
  fetchApp(appId: string): Promise<void> | undefined {
    const { layout, shard } = this.membership;
    const before = homeOf(appId, layout.before);
    const isFetched = this.#settled.generation === layout.generation && this.#settled.shards.has(before);
    return before === shard || isFetched ? undefined : this.#fetchApp(appId, before);
  }

  async #fetchApp(appId: string, before: number): Promise<void> {
    const { generation } = this.membership.layout;
    const answer = await this.#peers.call(before, (peer, at) => peer.handOver(appId, at));
    if (answer === null) throw new Error(`App ${appId} is just moving between shards`);
    if (this.#settled.generation !== generation) this.#settled = { generation, shards: new Set() };
    if (answer) this.#settled.shards.add(before);
  }

  /** Whether a deployment that is offered is with another shard, which goes on with it. Without a call where none has it. */
  isLent(deploymentId: string): false | Promise<boolean> {
    const job = this.#lent.get(deploymentId);
    return job === undefined ? false : this.#isStillLent(job);
  }

  async #isStillLent({ deploymentId, shard, offer }: LentJob): Promise<boolean> {
    const [state] = await this.#peers.call(shard, (peer, at) => peer.guestStates([deploymentId], at));
    if (offer !== null && state !== 'out') return true;
    // Its attempt there is over: it would not be offered otherwise.
    await this.#forgetLent(deploymentId, shard);
    return false;
  }

  /** Forgets a deployment, whichever shard has it. Throws if one is not reached: it is to be called again then. */
  async withdraw(deploymentId: string): Promise<void> {
    const { forget } = this.#options;
    const job = this.#lent.get(deploymentId);
    if (job !== undefined) await this.#forgetLent(deploymentId, job.shard);
    else if (!forget(deploymentId) && this.membership.isShared) {
      // Its App is just moving here, or has moved since.
      await Promise.all(
        this.#peers
          .all()
          .map((shard) => this.#peers.call(shard, (peer, at) => peer.forget([deploymentId], at))),
      );
    }
  }

  /** The reason why a job waits with the shard that has borrowed it; undefined where none has. */
  async reasonElsewhere(deploymentId: string): Promise<string | null | undefined> {
    const job = this.#lent.get(deploymentId);
    if (job === undefined) return undefined;
    return this.#peers.call(job.shard, (peer, at) => peer.waitingReason(deploymentId, at));
  }

  /** Has another shard do what no runner here does. False where there is none. */
  async passOn(key: string, call: (peer: ShardStub, at: Address) => Promise<boolean>): Promise<boolean> {
    if (!this.membership.isShared) return false;
    for (const shard of preferenceOf(key, this.membership.layout.shards)) {
      if (shard === this.membership.shard) continue;
      try {
        if (await this.#peers.call(shard, call)) return true;
      } catch (error) {
        journal.error(`shard ${shard} did not answer`, error);
      }
    }
    return false;
  }

  async #forgetLent(deploymentId: string, shard: number): Promise<void> {
    await this.#peers.call(shard, (peer, at) => peer.forget([deploymentId], at));
    if (this.#lent.get(deploymentId)?.shard === shard) this.#lent.remove(deploymentId);
    void this.#options.matchmaker.pump();
  }

  #returned(offers: readonly Offer[]): void {
    const { matchmaker } = this.#options;
    for (const appId of new Set(offers.filter(({ supersede }) => supersede).map((offer) => offer.appId)))
      matchmaker.supersede(appId);
    void matchmaker.pump();
  }

  #sendAway(isMisplaced: (runnerId: string) => boolean, most: number): number {
    const { runners, machines } = this.#options;
    const { sent, left } = runners.sendAway(isMisplaced, most);
    for (const id of sent) machines.forget(id);
    return left;
  }
}
