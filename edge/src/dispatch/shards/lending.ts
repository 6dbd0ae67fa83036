/**
 * Jobs that wait here while another shard has a slot for them go there, and those that nobody here can build wait there.
 * Shard 0 says who has slots to spare: it is asked once in a while, not for each event. The shard that has borrowed a job
 * asks the deployment for its lease as for its own. This one goes on counting it as a build of its App, checks on it,
 * and takes it back if it is not begun, for itself or for a third one that has a free slot. What a shard has borrowed it never
 * lends: only the one to which a job belongs hears of its end.
 */
import { journal } from '../../journal.ts';
import type { Jobs, Offer } from '../jobs.ts';
import type { Roster } from '../roster.ts';
import type { Demand } from '../waiting-job.ts';
import type { LentJob, LentJobs } from './lent-jobs.ts';
import type { Membership } from './membership.ts';
import type { Peers } from './peers.ts';
import { Spare, type SpareKind } from './spare.ts';

/** What was given away is checked so often while it waits there, in milliseconds. */
const GUESTS_MS = 1_000;

/** While jobs wait here for which there is no slot, it is asked so often who has one. */
const IN_VAIN_MS = 2_000;

/** What is out with runners is checked so often: their ends are notified, and this is for those that were not. */
const OUT_MS = 60_000;

/** How a job stands with the shard that has borrowed it; `stuck`: it waits, and no runner there suits it. */
export type GuestState = 'out' | 'waiting' | 'stuck' | 'unknown';

export interface LendingOptions {
  readonly jobs: Jobs;
  readonly lent: LentJobs;
  readonly roster: Roster;
  readonly membership: Membership;
  readonly peers: Peers;
  /** What each shard has to spare, as shard 0 knows. */
  readonly lenders: () => Promise<readonly { shard: number; kinds: readonly SpareKind[] }[]>;
  /** Has `tend` called at this time (Unix milliseconds) at the latest. */
  readonly tendBy: (time: number) => void;
  /** Jobs have come back and wait here again. */
  readonly returned: (offers: readonly Offer[]) => void;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export class Lending {
  readonly #options: LendingOptions;
  #tending: Promise<void> | null = null;
  #tendedAt = 0;

  constructor(options: LendingOptions) {
    this.#options = options;
  }

  /** Does what is due now, and has itself called for what is due later. Called whenever something has changed. Never throws. */
  look(): Promise<void> {
    const { membership, waitUntil, tendBy } = this.#options;
    if (this.#tending !== null) return this.#tending;
    const pause = membership.isShared ? this.#pause() : null;
    if (pause === null) return Promise.resolve();
    const since = Math.abs(Date.now() - this.#tendedAt);
    if (since < pause) {
      tendBy(Date.now() + pause - since);
      return Promise.resolve();
    }
    this.#tending = this.#tend().finally(() => {
      this.#tending = null;
      this.#tendedAt = Date.now();
      void this.look();
    });
    waitUntil(this.#tending);
    return this.#tending;
  }

  /** How long after it was tended to it is again; null if there is nothing to tend to. */
  #pause(): number | null {
    const { lent } = this.#options;
    if (lent.waiting().length > 0) return GUESTS_MS;
    if (this.#waitsInVain()) return IN_VAIN_MS;
    return lent.size > 0 ? OUT_MS : null;
  }

  /** Whether a job waits for which no runner here has a slot. */
  #waitsInVain(): boolean {
    return this.#options.jobs.queue.first((demand) => !this.#hasRoom(demand), 'own') !== null;
  }

  #hasRoom(demand: Demand): boolean {
    return this.#options.roster.roomiest(demand) !== null;
  }

  /** Whether a runner here can build it, now or when a slot is free. */
  #suits(demand: Demand): boolean {
    return this.#options.roster.suiting(demand).some(({ taking }) => taking > 0);
  }

  async #tend(): Promise<void> {
    try {
      await this.#check();
      await this.#lend();
    } catch (error) {
      journal.error('lending jobs to other shards failed and will be tried again', error);
    }
  }

  async #lend(): Promise<void> {
    const { peers } = this.#options;
    if (!this.#waitsInVain()) return;
    for (const [shard, offers] of this.#takeOut(await this.#spare())) {
      try {
        await peers.call(shard, (peer, at) => peer.borrow(offers, at));
      } catch (error) {
        // Whether they arrived is not known. The next check finds out.
        journal.error(`lending ${offers.length} jobs to shard ${shard} was not confirmed`, error);
      }
    }
  }

  /** What the others have to spare, less what they have borrowed of this shard already. */
  async #spare(): Promise<Spare> {
    const { lent, membership, lenders } = this.#options;
    const waiting = Map.groupBy(lent.waiting(), ({ shard }) => shard);
    const others = (await lenders()).filter(({ shard }) => shard !== membership.shard);
    return new Spare(
      others.map(({ shard, kinds }) => ({ shard, kinds, waiting: waiting.get(shard)?.length ?? 0 })),
    );
  }

  /** Writes down what goes where. From then on it is lent, whether or not it arrives. */
  #takeOut(spare: Spare): Map<number, Offer[]> {
    const { jobs, lent } = this.#options;
    const byShard = new Map<number, Offer[]>();
    for (;;) {
      const next = jobs.queue.first(
        (demand) => !this.#hasRoom(demand) && spare.has(demand, !this.#suits(demand)),
        'own',
      );
      const shard = next === null ? null : spare.take(next.demand, !this.#suits(next.demand));
      const offer = next === null ? null : jobs.take(next.deploymentId);
      if (shard === null || offer === null) return byShard;
      const { deploymentId, appId } = offer;
      lent.add({ deploymentId, appId, shard, offer });
      byShard.set(shard, [...(byShard.get(shard) ?? []), { ...offer, isGuest: true }]);
    }
  }

  /** Asks those who have jobs of this shard how they stand. */
  async #check(): Promise<void> {
    for (const [shard, jobs] of Map.groupBy(this.#options.lent.all(), (job) => job.shard)) {
      try {
        await this.#checkShard(shard, jobs);
      } catch (error) {
        journal.error(`asking shard ${shard} for the jobs that it was lent failed`, error);
      }
    }
  }

  async #checkShard(shard: number, jobs: readonly LentJob[]): Promise<void> {
    const { lent, peers } = this.#options;
    const ids = jobs.map(({ deploymentId }) => deploymentId);
    const states = await peers.call(shard, (peer, at) => peer.guestStates(ids, at));
    // Seldom asked: only while something waits elsewhere.
    const spare = states.includes('waiting') ? await this.#spare() : null;
    const recall: string[] = [];
    const back: string[] = [];
    for (const [index, deploymentId] of ids.entries()) {
      const job = lent.get(deploymentId);
      // What has changed hands meanwhile is checked the next time.
      if (job === undefined || job.shard !== shard) continue;
      const state = states[index] ?? 'unknown';
      if (state === 'out') lent.begun(deploymentId);
      // One that was out and is not any more has ended, or is offered again by its deployment.
      else if (state === 'unknown') back.push(deploymentId);
      else if (state === 'stuck' || this.#isBetterHere(job) || isFreeElsewhere(job, spare))
        recall.push(deploymentId);
    }
    if (recall.length > 0) back.push(...(await peers.call(shard, (peer, at) => peer.recall(recall, at))));
    this.#takeBack(back, shard);
  }

  /** Whether a job that waits elsewhere may as well wait here, or is pointless by a newer one. */
  #isBetterHere({ offer }: LentJob): boolean {
    const { queue } = this.#options.jobs;
    if (offer === null) return false;
    if (this.#suits({ labels: offer.labels, isUntrusted: offer.isUntrusted === true })) return true;
    return offer.supersede && queue.oldestOfLine(offer).deploymentId !== offer.deploymentId;
  }

  #takeBack(ids: readonly string[], shard: number): void {
    const { jobs, lent, returned } = this.#options;
    const offers = ids.flatMap((id) => {
      if (lent.get(id)?.shard !== shard) return [];
      const offer = lent.remove(id)?.offer ?? null;
      if (offer !== null) jobs.add(offer);
      return offer ?? [];
    });
    if (offers.length > 0) returned(offers);
  }
}

/** Whether a job that waits where it was lent to has a free slot with others. That slot is kept for it. */
function isFreeElsewhere({ offer }: LentJob, spare: Spare | null): boolean {
  if (offer === null || spare === null) return false;
  return spare.take({ labels: offer.labels, isUntrusted: offer.isUntrusted === true }, false) !== null;
}
