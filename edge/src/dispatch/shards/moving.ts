/**
 * After the layout has changed: Apps and runners that belong to other shards now go there. An App goes as a whole, with what
 * is out of it, so that its limit and its order hold. What a crash repeats changes nothing: while a job is on its way two
 * shards may have it, but the deployment's object gives the lease once.
 */
import { journal } from '../../journal.ts';
import { homeOf } from '../../pools/layout.ts';
import type { Jobs, Offer } from '../jobs.ts';
import type { LentJob, LentJobs } from './lent-jobs.ts';
import type { Membership } from './membership.ts';
import type { Peers } from './peers.ts';

/** Jobs in one call: the platform limits the size of its arguments. */
const MOST_JOBS = 200;

/** So many runners are sent away in one step, and so long after one step is the next, in milliseconds. */
const MOST_RUNNERS = 100;
const STEP_MS = 1_000;

/** The generation in which everything is where it belongs. */
const SETTLED_KEY = 'settled generation';

/** What goes to the shard to which it belongs. */
export interface Bundle {
  readonly jobs: readonly Offer[];
  /** What other shards have of the App: the sender, or one to which it was lent. */
  readonly lent: readonly LentJob[];
}

export interface MovingOptions {
  readonly kv: SyncKvStorage;
  readonly jobs: Jobs;
  readonly lent: LentJobs;
  readonly membership: Membership;
  readonly peers: Peers;
  /** Closes the connections of so many misplaced runners at most. Gives how many are left. */
  readonly sendAway: (isMisplaced: (runnerId: string) => boolean, most: number) => number;
  /** Has `tend` called at this time (Unix milliseconds) at the latest. */
  readonly tendBy: (time: number) => void;
}

export class Moving {
  readonly #options: MovingOptions;
  #tending: Promise<void> | null = null;
  /** The generation in which the last App has left. */
  #emptied = 0;
  #sentAt = 0;

  constructor(options: MovingOptions) {
    this.#options = options;
  }

  /** Whether everything is where it belongs. */
  get isSettled(): boolean {
    const { kv, membership } = this.#options;
    const { generation } = membership.layout;
    return generation === 0 || kv.get<number>(SETTLED_KEY) === generation;
  }

  /** Moves what belongs elsewhere, runners only some at a time. Never throws. */
  tend(): Promise<void> {
    if (this.isSettled) return Promise.resolve();
    this.#tending ??= this.#step().finally(() => {
      this.#tending = null;
    });
    return this.#tending;
  }

  /** Moves an App if it belongs elsewhere. False while the lease of one of its jobs is being asked for. */
  async handOver(appId: string): Promise<boolean> {
    const { jobs, lent, membership, peers } = this.#options;
    if (membership.isHome(appId)) return true;
    const shard = homeOf(appId, membership.layout.shards);
    const offers = jobs.queue
      .ofApp(appId)
      .flatMap((id) => jobs.offerOf(id) ?? [])
      .filter(({ isGuest }) => isGuest !== true);
    if (offers.some(({ deploymentId }) => jobs.queue.isHeld(deploymentId))) return false;
    const elsewhere = [...lent.ofApp(appId), ...this.#leftBehind(appId)];
    // None of it is handed out before all of it has arrived.
    for (const { deploymentId } of offers) jobs.queue.hold(deploymentId);
    try {
      for (let from = 0; from === 0 || from < offers.length; from += MOST_JOBS) {
        const some = offers.slice(from, from + MOST_JOBS);
        const bundle = { jobs: some, lent: from === 0 ? elsewhere : [] };
        if (some.length + bundle.lent.length === 0) break;
        await peers.call(shard, (peer, at) => peer.take(bundle, at));
        for (const { deploymentId } of some) jobs.take(deploymentId);
      }
      for (const job of elsewhere)
        if (lent.get(job.deploymentId)?.shard === job.shard) lent.remove(job.deploymentId);
    } finally {
      for (const { deploymentId } of offers) jobs.queue.release(deploymentId);
    }
    return true;
  }

  /** What is out with runners here stays, and its App counts it from there. */
  #leftBehind(appId: string): LentJob[] {
    const { jobs, membership } = this.#options;
    const out = jobs.attempts().filter((attempt) => attempt.appId === appId);
    return out.map(({ deploymentId }) => ({ deploymentId, appId, shard: membership.shard, offer: null }));
  }

  async #step(): Promise<void> {
    const { kv, membership, tendBy } = this.#options;
    const { generation } = membership.layout;
    try {
      if (this.#emptied !== generation && (await this.#moveApps())) this.#emptied = generation;
    } catch (error) {
      journal.error('moving jobs to another shard failed and will be tried again', error);
    }
    const areRunnersGone = this.#sendRunners();
    const isOver =
      areRunnersGone && this.#emptied === generation && generation === membership.layout.generation;
    if (isOver) kv.put(SETTLED_KEY, generation);
    else tendBy(Date.now() + STEP_MS);
  }

  /** True when none is left. */
  async #moveApps(): Promise<boolean> {
    const { jobs, lent, membership } = this.#options;
    const out = jobs.attempts().map(({ appId }) => appId);
    const apps = new Set([...jobs.queue.apps(), ...lent.all().map(({ appId }) => appId), ...out]);
    let areAllMoved = true;
    for (const appId of apps)
      if (!membership.isHome(appId) && !(await this.handOver(appId))) areAllMoved = false;
    return areAllMoved;
  }

  /** Has runners connect again, which brings them to their shard; not all at the same moment. True when none is left. */
  #sendRunners(): boolean {
    const { sendAway, membership } = this.#options;
    const now = Date.now();
    if (Math.abs(now - this.#sentAt) < STEP_MS) return false;
    this.#sentAt = now;
    return sendAway((id) => !membership.isHome(id), MOST_RUNNERS) === 0;
  }
}
