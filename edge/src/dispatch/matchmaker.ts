/** Brings the jobs of a pool and its runners together: match.ts says which, the deployment's object has the last word. */

import { supersededBy } from '../deployment/superseded.ts';
import { journal } from '../journal.ts';
import type { DeploymentStub } from '../objects/deployments.ts';
import type { Jobs, OutAttempt } from './jobs.ts';
import { match, nextPair, type Pair } from './match.ts';
import type { OnlineRunner } from './online-runner.ts';
import type { RunnerSockets } from './runner-sockets.ts';
import { CHECK_MS } from './silence.ts';
import { superseded } from './waiting-job.ts';

/** After a deployment's object could not be asked, it is asked again this much later. */
const RETRY_MS = 2_000;

/** While jobs are held, it is checked this often whether they still are. */
const HELD_MS = 5_000;

export interface MatchmakerOptions {
  readonly jobs: Jobs;
  readonly runners: RunnerSockets;
  /** Has `pump` called at this time (Unix milliseconds) at the latest. */
  readonly pumpBy: (time: number) => void;
  /** Whether no new job is to be handed out now. */
  readonly isHeld: () => Promise<boolean>;
  readonly deployment: (id: string) => Pick<DeploymentStub, 'claim' | 'cancel'>;
  /** Called when everything is paired that can be. */
  readonly paired: () => void;
}

interface Claim extends Pair, Pick<OnlineRunner, 'name' | 'executor'> {
  readonly appId: string;
  readonly labels: readonly string[];
  /** Whether it counts as a build of its App and team while it is being asked. */
  readonly isCounted: boolean;
  /** The deployment has ended meanwhile: a lease that was granted before is over. */
  isWithdrawn: boolean;
}

export class Matchmaker {
  readonly #ctx: DurableObjectState;
  readonly #jobs: Jobs;
  readonly #runners: RunnerSockets;
  readonly #deployment: MatchmakerOptions['deployment'];
  readonly #pumpBy: MatchmakerOptions['pumpBy'];
  readonly #isHeld: MatchmakerOptions['isHeld'];
  readonly #paired: MatchmakerOptions['paired'];
  /** Deployments whose lease is being asked for. */
  readonly #claiming = new Map<string, Claim>();
  /** Claims that were asked and not answered: whether they were granted is not known. Their jobs are held. */
  readonly #unanswered = new Map<string, string>();
  /** Deployments that are being canceled because a newer one took their place. Held, too. */
  readonly #superseding = new Set<string>();
  /** While it is being asked if jobs are held: what comes meanwhile is paired when the answer is there. */
  #pairing: Promise<void> | null = null;

  constructor(
    ctx: DurableObjectState,
    { jobs, runners, deployment, pumpBy, isHeld, paired }: MatchmakerOptions,
  ) {
    this.#ctx = ctx;
    this.#jobs = jobs;
    this.#runners = runners;
    this.#deployment = deployment;
    this.#pumpBy = pumpBy;
    this.#isHeld = isHeld;
    this.#paired = paired;
    for (const { deploymentId, runnerId } of jobs.openClaims()) this.#leaveOpen(deploymentId, runnerId);
  }

  /** A deployment has ended, or is not to be built any more: what is still being claimed is not handed out. */
  withdrawn(deploymentId: string): void {
    const claim = this.#claiming.get(deploymentId);
    if (claim !== undefined) claim.isWithdrawn = true;
  }

  /** Begins to cancel the jobs of an App that a newer one makes pointless. They wait until they are canceled. */
  supersede(appId: string): void {
    for (const { job, by } of superseded(this.#jobs.queue.supersedable(appId))) {
      // What is just being handed out has left the line.
      if (this.#superseding.has(job.deploymentId) || this.#claiming.has(job.deploymentId)) continue;
      this.#superseding.add(job.deploymentId);
      this.#jobs.queue.hold(job.deploymentId);
      this.#ctx.waitUntil(this.#cancel(job.deploymentId, by.deploymentId));
    }
  }

  /**
   * Pairs what can be paired now. It costs little when there is nothing. Throws when something cannot be written down; the
   * promise is kept when everything is paired.
   */
  pump(): Promise<void> {
    if (this.#runners.checkSilent()) this.#pumpBy(Date.now() + CHECK_MS);
    for (const [deploymentId, runnerId] of this.#unanswered) {
      // Its runner gets to ask again; if it has gone, the lease, should there be one, expires by itself and the
      // deployment is offered again.
      if (!this.#runners.isOnline(runnerId)) this.#jobs.claimFor(deploymentId, null);
      else this.claim({ deploymentId, runnerId }, this.#jobs.find(deploymentId)?.appId ?? '');
      this.#unanswered.delete(deploymentId);
      this.#jobs.queue.release(deploymentId);
    }
    if (this.#pairing === null && this.#next() !== null) {
      this.#pairing = this.#pair();
      this.#ctx.waitUntil(this.#pairing);
    }
    if (this.#pairing === null) this.#paired();
    return this.#pairing ?? Promise.resolve();
  }

  /**
   * Asks the deployment again for a lease that it may have granted, and hands it to the runner, in the background. Also
   * while jobs are held: such a build may be running.
   */
  claim(pair: Pair, appId: string): void {
    const claim = this.#claiming.has(pair.deploymentId) ? null : this.#begin(pair, appId);
    if (claim !== null) this.#ctx.waitUntil(this.#ask(claim));
  }

  /** The deployments that are being handed out. */
  claiming(): Set<string> {
    return new Set(this.#claiming.keys());
  }

  /** The deployments that may start now: those that are being handed out, or are about to be. */
  starting(): Set<string> {
    const { queue } = this.#jobs;
    const ids = this.claiming();
    // Seldom: only while it is being asked whether jobs are held, or until something that failed is tried again.
    const pairs =
      this.#next() === null
        ? []
        : match(queue.free(), this.#runners.roster.all(), queue.builds(), queue.team.copy());
    for (const { deploymentId } of pairs) ids.add(deploymentId);
    return ids;
  }

  #next() {
    return nextPair(this.#jobs.queue, this.#runners.roster);
  }

  /** Hands out all that can be, unless jobs are held. Never throws. */
  async #pair(): Promise<void> {
    try {
      if (await this.#isHeld()) {
        this.#pumpBy(Date.now() + HELD_MS);
        return;
      }
      // All of them are paired before any is asked for: one that fails must not be paired again in the same pass.
      const claims: Claim[] = [];
      for (let next = this.#next(); next !== null; next = this.#next()) {
        const claim = this.#begin(next, next.appId);
        if (claim !== null) claims.push(claim);
        else this.#pumpBy(Date.now() + CHECK_MS);
      }
      for (const claim of claims) this.#ctx.waitUntil(this.#ask(claim));
    } catch (error) {
      journal.error('handing out jobs failed and will be tried again', error);
      this.#pumpBy(Date.now() + RETRY_MS);
    } finally {
      this.#pairing = null;
      this.#paired();
    }
  }

  async #ask(claim: Claim): Promise<void> {
    const { deploymentId, runnerId, appId, labels, name, executor } = claim;
    try {
      this.#jobs.claimFor(deploymentId, runnerId);
      const answer = await this.#deployment(deploymentId).claim({ id: runnerId, name, executor });
      if (claim.isWithdrawn) {
        // It has left the pool already. Handing it out would keep a slot that nobody frees.
      } else if ('refused' in answer) this.#jobs.remove(deploymentId);
      else {
        const { granted, sensitive, access } = answer;
        const out: OutAttempt = {
          deploymentId,
          attempt: granted.attempt,
          appId,
          labels,
          runnerId,
          session: this.#runners.sessionOf(runnerId),
          accepted: false,
        };
        this.#jobs.handOut(out);
        this.#runners.occupy(runnerId, { deploymentId, attempt: granted.attempt });
        this.#runners.send(runnerId, { type: 'grant', grant: granted, sensitive, source: access });
      }
      this.#end(claim);
      void this.pump();
    } catch (error) {
      journal.error(`claiming deployment ${deploymentId} failed and will be tried again`, error);
      this.#end(claim);
      const openFor = this.#jobs.claimedFor(deploymentId);
      if (openFor !== null) this.#leaveOpen(deploymentId, openFor);
      this.#pumpBy(Date.now() + RETRY_MS);
    }
  }

  /**
   * Takes a slot of the runner and a build of the App and team, until it is known whether the lease is granted. Null if the runner
   * is not there; one that has fallen silent leaves the roster by that.
   */
  #begin({ deploymentId, runnerId }: Pair, appId: string): Claim | null {
    const runner = this.#runners.isOnline(runnerId) ? this.#runners.roster.get(runnerId) : undefined;
    if (runner === undefined) return null;
    // An attempt that is out already, and is asked for again, is counted already.
    const { name, executor } = runner;
    const claim: Claim = {
      deploymentId,
      runnerId,
      name,
      executor,
      appId,
      labels: this.#jobs.labelsOf(deploymentId),
      isCounted: !this.#jobs.isOut(deploymentId),
      isWithdrawn: false,
    };
    this.#claiming.set(deploymentId, claim);
    this.#jobs.queue.hold(deploymentId);
    if (claim.isCounted) this.#jobs.queue.count(claim, 1);
    this.#runners.expect(runnerId, deploymentId);
    return claim;
  }

  #end(claim: Claim): void {
    const { deploymentId, runnerId, isCounted } = claim;
    if (this.#claiming.get(deploymentId) !== claim) return;
    this.#claiming.delete(deploymentId);
    this.#jobs.queue.release(deploymentId);
    if (isCounted) this.#jobs.queue.count(claim, -1);
    this.#runners.expectNoMore(runnerId, deploymentId);
  }

  #leaveOpen(deploymentId: string, runnerId: string): void {
    if (this.#unanswered.has(deploymentId)) return;
    this.#unanswered.set(deploymentId, runnerId);
    this.#jobs.queue.hold(deploymentId);
  }

  async #cancel(deploymentId: string, newer: string): Promise<void> {
    try {
      await this.#deployment(deploymentId).cancel(supersededBy(newer));
      this.#jobs.remove(deploymentId);
    } catch (error) {
      // Its object did not answer. It goes on waiting, and is judged again with the next offer of its App.
      journal.error(`superseding deployment ${deploymentId} failed`, error);
    } finally {
      this.#superseding.delete(deploymentId);
      this.#jobs.queue.release(deploymentId);
    }
  }
}
