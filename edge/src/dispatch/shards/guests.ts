/** What a shard does for the others of its pool: jobs that it borrows, and what it is handed over. */
import type { Jobs, Offer } from '../jobs.ts';
import type { Roster } from '../roster.ts';
import type { GuestState } from './lending.ts';
import type { LentJobs } from './lent-jobs.ts';
import type { Membership } from './membership.ts';
import type { Bundle } from './moving.ts';
import type { Peers } from './peers.ts';

export interface GuestsOptions {
  readonly jobs: Jobs;
  readonly lent: LentJobs;
  readonly roster: Roster;
  readonly membership: Membership;
  readonly peers: Peers;
}

export class Guests {
  readonly #options: GuestsOptions;

  constructor(options: GuestsOptions) {
    this.#options = options;
  }

  /** Jobs of another shard are to be built here. Borrowed again, they keep their place. */
  borrow(offers: readonly Offer[]): void {
    for (const offer of offers) if (!this.#isKnown(offer.deploymentId)) this.#options.jobs.add(offer);
  }

  /** How these deployments stand here, in their order. */
  states(deploymentIds: readonly string[]): GuestState[] {
    const { jobs, roster } = this.#options;
    return deploymentIds.map((id) => {
      if (jobs.isOut(id)) return 'out';
      if (!jobs.queue.has(id)) return 'unknown';
      const isSuited = roster.suiting(jobs.queue.demandOf(id)).some(({ taking }) => taking > 0);
      return isSuited || jobs.queue.isHeld(id) ? 'waiting' : 'stuck';
    });
  }

  /** Gives back those that wait and whose lease is not being asked for. Gives which. */
  recall(deploymentIds: readonly string[]): string[] {
    const { jobs } = this.#options;
    return deploymentIds.filter((id) => !jobs.queue.isHeld(id) && jobs.take(id) !== null);
  }

  /** Apps have moved here, with what waits and what is out elsewhere. Handed over again, nothing changes. */
  async take({ jobs: offers, lent: others }: Bundle): Promise<void> {
    const { jobs, lent, membership, peers } = this.#options;
    for (const offer of offers) if (!this.#isKnown(offer.deploymentId)) jobs.add(offer);
    const stale = new Map<number, string[]>();
    for (const job of others) {
      const { deploymentId, shard, offer } = job;
      if (shard === membership.shard) {
        // It was lent to this shard by the one to which it belonged before.
        if (jobs.find(deploymentId) !== undefined) jobs.settle(deploymentId);
        else if (offer !== null && !this.#isKnown(deploymentId)) jobs.add(offer);
      } else if (lent.get(deploymentId) === undefined && this.#isKnown(deploymentId)) {
        // Its deployment has offered it again meanwhile.
        stale.set(shard, [...(stale.get(shard) ?? []), deploymentId]);
      } else if (lent.get(deploymentId) === undefined) lent.add(job);
    }
    for (const [shard, ids] of stale) await peers.call(shard, (peer, at) => peer.forget(ids, at));
  }

  #isKnown(deploymentId: string): boolean {
    const { jobs, lent } = this.#options;
    return jobs.queue.has(deploymentId) || jobs.isOut(deploymentId) || lent.get(deploymentId) !== undefined;
  }
}
