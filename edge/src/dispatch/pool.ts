/**
 * The Durable Object of one pool: the runners that may serve an owner's jobs, and the jobs that wait for them.
 * A runner's announced slots are a standing claim; match.ts pairs them with jobs, and the deployment's object
 * has the last word on who gets the lease.
 */
import { DurableObject } from 'cloudflare:workers';
import { type AttemptRef, CLOSE, PING, PONG, RunnerToPool } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import type { RunnerRecord } from '../metadata/metadata.ts';
import { parseFrame } from '../socket-frame.ts';
import { Jobs, type Offer } from './jobs.ts';
import { match, type Pair, superseded, waitingReason } from './match.ts';
import { type ConnectedRunner, RunnerSockets } from './runner-sockets.ts';

/** After a deployment's object could not be asked, it is asked again this much later. */
const RETRY_MS = 2_000;

export class PoolObject extends DurableObject<Env> {
  readonly #jobs: Jobs;
  readonly #runners: RunnerSockets;
  readonly #claiming = new Set<string>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#jobs = new Jobs(ctx.storage.sql);
    this.#runners = new RunnerSockets(ctx);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** A deployment wants to be built. Offering it again changes nothing. */
  offer(offer: Offer): void {
    this.#jobs.add(offer);
    const pointless = superseded(this.#jobs.waiting().filter((job) => job.supersede));
    for (const { job, by } of pointless) {
      this.#jobs.remove(job.deploymentId);
      this.ctx.waitUntil(
        this.#cancel(job.deploymentId, `A newer deployment took its place: ${by.deploymentId}`),
      );
    }
    this.#pump();
  }

  /** A deployment has ended, or is not to be built any more. */
  withdraw(deploymentId: string): void {
    if (this.#jobs.remove(deploymentId)) this.#pump();
  }

  /** How many jobs wait. */
  depth(): number {
    return this.#jobs.depth();
  }

  /** Why a job waits; null when it does not. */
  waitingReason(deploymentId: string): string | null {
    const jobs = this.#jobs.waiting();
    const job = jobs.find((candidate) => candidate.deploymentId === deploymentId);
    if (job === undefined) return null;
    return waitingReason(job, jobs, this.#runners.online(), this.#jobs.running());
  }

  /** The runners that are connected. */
  online(): ConnectedRunner[] {
    return this.#runners.online();
  }

  drain(runnerId: string, draining: boolean): void {
    this.#runners.setDraining(runnerId, draining);
    this.#pump();
  }

  /** Cuts a removed runner off, in the middle of its builds. */
  async revoke(runnerId: string): Promise<void> {
    this.#runners.revoke(runnerId);
    for (const { deploymentId } of this.#jobs.outWith(runnerId)) {
      await this.#deployment(deploymentId).revoke(runnerId);
    }
  }

  /** A runner's WebSocket; the Worker has authorised it and says who it is. */
  override fetch(request: Request): Response {
    const runner: Pick<RunnerRecord, 'id' | 'name' | 'draining'> = JSON.parse(
      request.headers.get('X-AppFlux-Runner') ?? '{}',
    );
    return this.#runners.accept(runner);
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): void {
    const parsed = parseFrame(RunnerToPool, message);
    if ('refused' in parsed) {
      ws.close(CLOSE.badFrame, parsed.refused);
      return;
    }
    const { frame } = parsed;
    const runnerId = this.#runners.idOf(ws);
    switch (frame.type) {
      case 'hello':
        this.#hello(ws, runnerId, frame);
        return;
      case 'accepted':
        this.#jobs.accept(frame);
        return;
      case 'freed':
        this.#runners.free(runnerId, frame);
        this.#pump();
        return;
    }
  }

  override webSocketClose(ws: WebSocket): void {
    const id = this.#runners.idOf(ws);
    this.ctx.waitUntil(this.#noteSeen(id, {}));
    ws.close();
  }

  override alarm(): void {
    this.#pump();
  }

  #hello(ws: WebSocket, runnerId: string, frame: Extract<RunnerToPool, { type: 'hello' }>): void {
    const { labels, slots, running, version } = frame;
    const holds = (ref: AttemptRef) =>
      running.some((other) => other.deploymentId === ref.deploymentId && other.attempt === ref.attempt);
    const lost = this.#jobs.outWith(runnerId).filter((out) => !out.accepted && !holds(out));
    this.#runners.hello(ws, { labels, slots, running });
    // The grant went out but never arrived: the deployment answers the same claim with the same grant.
    for (const out of lost)
      this.ctx.waitUntil(this.#claim({ deploymentId: out.deploymentId, runnerId }, out.appId));
    this.ctx.waitUntil(this.#noteSeen(runnerId, { labels, slots, version }));
    this.#pump();
  }

  /** Pairs what can be paired now. */
  #pump(): void {
    this.#runners.closeSilent();
    const online = this.#runners.online();
    const isOnline = (id: string) => online.some((runner) => runner.id === id);
    for (const { deploymentId, runnerId } of this.#jobs.openClaims()) {
      if (this.#claiming.has(deploymentId)) continue;
      // Whether the claim was granted is not known. Its runner gets to ask again; if it has gone, the lease,
      // should there be one, runs out by itself and the deployment is offered anew.
      if (!isOnline(runnerId)) this.#jobs.claimFor(deploymentId, null);
    }
    const open = this.#jobs.openClaims().filter(({ deploymentId }) => !this.#claiming.has(deploymentId));
    const reserved = new Set([...this.#claiming, ...open.map(({ deploymentId }) => deploymentId)]);
    const waiting = this.#jobs.waiting();
    const pairs: Pair[] = [
      ...open,
      ...match(
        waiting.filter((job) => !reserved.has(job.deploymentId)),
        online,
        this.#builds(waiting),
      ),
    ];
    for (const pair of pairs) {
      const appId = waiting.find((job) => job.deploymentId === pair.deploymentId)?.appId ?? '';
      this.ctx.waitUntil(this.#claim(pair, appId));
    }
  }

  /** Running builds by App, those whose claim is being asked among them. */
  #builds(waiting: readonly Offer[]): Map<string, number> {
    const builds = new Map(this.#jobs.running());
    for (const job of waiting) {
      if (this.#claiming.has(job.deploymentId)) builds.set(job.appId, (builds.get(job.appId) ?? 0) + 1);
    }
    return builds;
  }

  /** Asks the deployment for the lease and hands it to the runner. */
  async #claim({ deploymentId, runnerId }: Pair, appId: string): Promise<void> {
    if (this.#claiming.has(deploymentId)) return;
    const runner = this.#runners.online().find((candidate) => candidate.id === runnerId);
    if (runner === undefined) return;
    this.#claiming.add(deploymentId);
    this.#jobs.claimFor(deploymentId, runnerId);
    this.#runners.occupy(runnerId, { deploymentId, attempt: 0 });
    try {
      const answer = await this.#deployment(deploymentId).claim({ id: runnerId, name: runner.name });
      if ('refused' in answer) {
        this.#runners.free(runnerId, { deploymentId, attempt: 0 });
        this.#jobs.remove(deploymentId);
      } else {
        const grant = answer.granted;
        this.#jobs.handOut(grant, appId, runnerId);
        this.#runners.occupy(runnerId, { deploymentId, attempt: grant.attempt });
        this.#runners.send(runnerId, { type: 'grant', grant });
      }
      this.#claiming.delete(deploymentId);
      this.#pump();
    } catch (error) {
      console.error(`claiming deployment ${deploymentId} failed and will be tried again`, error);
      this.#runners.free(runnerId, { deploymentId, attempt: 0 });
      this.#claiming.delete(deploymentId);
      await this.ctx.storage.setAlarm(Date.now() + RETRY_MS);
    }
  }

  #deployment(id: string) {
    return this.env.DEPLOYMENTS.getByName(id);
  }

  async #cancel(deploymentId: string, reason: string): Promise<void> {
    try {
      await this.#deployment(deploymentId).cancel(reason);
    } catch (error) {
      // It has ended meanwhile, which is as good; or its object did not answer: then it is offered again by its
      // own timer, and judged again.
      console.error(`superseding deployment ${deploymentId} failed`, error);
    }
  }

  async #noteSeen(
    runnerId: string,
    change: Partial<Pick<RunnerRecord, 'labels' | 'slots' | 'version'>>,
  ): Promise<void> {
    try {
      await metadataOf(this.env).runners.update(runnerId, {
        ...change,
        lastSeenAt: new Date().toISOString(),
      });
    } catch (error) {
      // Only what the list of runners shows is late; builds do not depend on metadata.
      console.error(`noting that runner ${runnerId} was seen failed`, error);
    }
  }
}
