/** Brings the jobs of a pool and its runners together: match.ts says which, the deployment's object has the last word. */

import { supersededBy } from '../deployment/superseded.ts';
import { journal } from '../journal.ts';
import type { DeploymentStub } from '../objects/deployments.ts';
import type { Jobs, OutAttempt } from './jobs.ts';
import { match, type Pair, type Running, superseded } from './match.ts';
import type { RunnerSockets } from './runner-sockets.ts';

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
}

export class Matchmaker {
  readonly #ctx: DurableObjectState;
  readonly #jobs: Jobs;
  readonly #runners: RunnerSockets;
  readonly #deployment: MatchmakerOptions['deployment'];
  readonly #pumpBy: MatchmakerOptions['pumpBy'];
  readonly #isHeld: MatchmakerOptions['isHeld'];
  /** Deployments whose lease is being asked for, and the runner that it is asked for. */
  readonly #claiming = new Map<string, string>();
  /** Deployments that are being canceled because a newer one took their place. */
  readonly #superseding = new Set<string>();

  constructor(ctx: DurableObjectState, { jobs, runners, deployment, pumpBy, isHeld }: MatchmakerOptions) {
    this.#ctx = ctx;
    this.#jobs = jobs;
    this.#runners = runners;
    this.#deployment = deployment;
    this.#pumpBy = pumpBy;
    this.#isHeld = isHeld;
  }

  /** Deployments whose lease is being asked for this runner right now. */
  claimsFor(runnerId: string): string[] {
    return [...this.#claiming].flatMap(([deploymentId, id]) => (id === runnerId ? [deploymentId] : []));
  }

  /** Begins to cancel the jobs of an App that a newer one makes pointless. They wait until they are canceled. */
  supersede(appId: string): void {
    const candidates = this.#jobs.waiting().filter((job) => job.appId === appId && job.supersede);
    for (const { job, by } of superseded(candidates)) {
      // What is just being handed out has left the line.
      if (this.#superseding.has(job.deploymentId) || this.#claiming.has(job.deploymentId)) continue;
      this.#superseding.add(job.deploymentId);
      this.#ctx.waitUntil(this.#cancel(job.deploymentId, by.deploymentId));
    }
  }

  /** Pairs what can be paired now. */
  pump(): void {
    this.#runners.closeSilent();
    const online = this.#runners.online();
    const isOnline = (id: string) => online.some((runner) => runner.id === id);
    const open: Pair[] = [];
    for (const claim of this.#jobs.openClaims()) {
      if (this.#claiming.has(claim.deploymentId)) continue;
      // Whether the claim was granted is not known. Its runner gets to ask again; if it has gone, the lease,
      // should there be one, expires by itself and the deployment is offered again.
      if (isOnline(claim.runnerId)) open.push(claim);
      else this.#jobs.claimFor(claim.deploymentId, null);
    }
    const reserved = new Set([...open.map(({ deploymentId }) => deploymentId), ...this.#superseding]);
    const free = this.#jobs
      .waiting()
      .filter(({ deploymentId }) => !reserved.has(deploymentId) && !this.#claiming.has(deploymentId));
    const appOf = ({ deploymentId }: Pair) => this.#jobs.find(deploymentId)?.appId ?? '';
    const fresh = match(free, online, this.#builds());
    for (const pair of open) this.claim(pair, appOf(pair));
    for (const pair of fresh) this.#ctx.waitUntil(this.#claim(pair, appOf(pair), { isNew: true }));
  }

  /**
   * Asks the deployment again for a lease that it may have granted, and hands it to the runner, in the background. Also
   * while jobs are held: such a build may be running.
   */
  claim(pair: Pair, appId: string): void {
    this.#ctx.waitUntil(this.#claim(pair, appId, { isNew: false }));
  }

  /** Running builds by App, those whose claim is being asked among them. */
  #builds(): Running {
    const builds = new Map(this.#jobs.running());
    for (const deploymentId of this.#claiming.keys()) {
      const job = this.#jobs.find(deploymentId);
      if (job !== undefined) builds.set(job.appId, (builds.get(job.appId) ?? 0) + 1);
    }
    return builds;
  }

  async #claim(
    { deploymentId, runnerId }: Pair,
    appId: string,
    { isNew }: { isNew: boolean },
  ): Promise<void> {
    if (this.#claiming.has(deploymentId)) return;
    const runner = this.#runners.online().find((candidate) => candidate.id === runnerId);
    if (runner === undefined) return;
    this.#claiming.set(deploymentId, runnerId);
    try {
      this.#runners.occupy(runnerId, { deploymentId, attempt: 0 });
      if (isNew && (await this.#isHeld())) {
        this.#runners.free(runnerId, { deploymentId, attempt: 0 });
        this.#claiming.delete(deploymentId);
        this.#pumpBy(Date.now() + HELD_MS);
        return;
      }
      this.#jobs.claimFor(deploymentId, runnerId);
      const { name, executor } = runner;
      const answer = await this.#deployment(deploymentId).claim({ id: runnerId, name, executor });
      if ('refused' in answer) {
        this.#runners.free(runnerId, { deploymentId, attempt: 0 });
        this.#jobs.remove(deploymentId);
      } else {
        const { granted, sensitive, access } = answer;
        const session = this.#runners.sessionOf(runnerId);
        const out: OutAttempt = {
          deploymentId,
          attempt: granted.attempt,
          appId,
          runnerId,
          session,
          accepted: false,
        };
        this.#jobs.handOut(out);
        this.#runners.occupy(runnerId, { deploymentId, attempt: granted.attempt });
        this.#runners.send(runnerId, { type: 'grant', grant: granted, sensitive, source: access });
      }
      this.#claiming.delete(deploymentId);
      this.pump();
    } catch (error) {
      journal.error(`claiming deployment ${deploymentId} failed and will be tried again`, error);
      this.#runners.free(runnerId, { deploymentId, attempt: 0 });
      this.#claiming.delete(deploymentId);
      this.#pumpBy(Date.now() + RETRY_MS);
    }
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
    }
  }
}
