/** What happens when runners come and go: what they hold is compared, and their records are brought up to date. */
import type { AttemptRef, RunnerToPool } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import type { RunnerChange, RunnerRecord } from '../metadata/metadata.ts';
import type { DeploymentStub } from '../objects/deployments.ts';
import { type Registration, registrationOf, sameRegistration } from './connections.ts';
import type { Jobs, OutAttempt } from './jobs.ts';
import type { Matchmaker } from './matchmaker.ts';
import type { RunnerSockets } from './runner-sockets.ts';

export type Hello = Extract<RunnerToPool, { type: 'hello' }>;

export interface CheckInsOptions {
  readonly env: () => Env;
  readonly jobs: Jobs;
  readonly runners: RunnerSockets;
  readonly matchmaker: Matchmaker;
  readonly deployment: (id: string) => Pick<DeploymentStub, 'restarted'>;
  /** The runner was removed. */
  readonly revoke: (runnerId: string) => Promise<void>;
  /** Somebody has changed what a runner is registered for. */
  readonly register: (runner: RunnerRecord) => void;
}

export class CheckIns {
  readonly #options: CheckInsOptions;

  constructor(options: CheckInsOptions) {
    this.#options = options;
  }

  /** A runner has said what it is and holds. The promise, which never fails, is for what others are asked. */
  hello(ws: WebSocket, runnerId: string, frame: Hello): Promise<void> {
    const { jobs, runners, matchmaker } = this.#options;
    const { labels, slots, running, version, session = null, scanner, executor } = frame;
    const holds = (ref: AttemptRef) =>
      running.some((other) => other.deploymentId === ref.deploymentId && other.attempt === ref.attempt);
    const gone = jobs.outWith(runnerId).filter((out) => !holds(out));
    const registered = runners.hello(ws, { labels, slots, session, scanner, executor, running });
    const restarted: OutAttempt[] = [];
    for (const out of gone) {
      // The grant went out but never arrived: the deployment answers the same claim with the same grant.
      if (!out.accepted) matchmaker.claim(out, out.appId);
      else if (session !== null && out.session !== null && out.session !== session) restarted.push(out);
    }
    return Promise.all([
      this.#arrived(runnerId, version, registered),
      ...restarted.map((out) => this.#tellRestarted(out)),
    ]).then(() => undefined);
  }

  /** The runner was restarted and has removed the attempt, so nobody needs to wait for the lease to expire. */
  async #tellRestarted({ deploymentId, attempt, runnerId }: OutAttempt): Promise<void> {
    try {
      await this.#options.deployment(deploymentId).restarted(runnerId, attempt);
    } catch (error) {
      // The lease runs out by itself, only later.
      journal.error(`ending the lease of deployment ${deploymentId} failed`, error);
    }
  }

  /**
   * Writes down what a runner has said of itself. What people have fixed may have changed, or the runner may have been
   * removed, between its authentication and its arrival here: what stands in its record then counts.
   */
  async #arrived(runnerId: string, version: string, known: Registration): Promise<void> {
    const { runners, register, revoke } = this.#options;
    const record = await this.#noteSeen(runnerId, { version, executor: known.executor });
    if (record === undefined) return;
    if (record === null) return revoke(runnerId);
    // A change that has come since is newer than what was read.
    const current = runners.registration(runnerId);
    const isLatest = current !== null && sameRegistration(current, known);
    if (isLatest && !sameRegistration(registrationOf(record), known)) register(record);
  }

  /** Writes down that a runner was here until now. */
  async left(runnerId: string): Promise<void> {
    await this.#noteSeen(runnerId, {});
  }

  /** Gives the runner's record, null when it was removed, and undefined when metadata did not answer. */
  async #noteSeen(
    runnerId: string,
    change: Pick<RunnerChange, 'version' | 'executor'>,
  ): Promise<RunnerRecord | null | undefined> {
    try {
      return await metadataOf(this.#options.env()).runners.update(runnerId, {
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
