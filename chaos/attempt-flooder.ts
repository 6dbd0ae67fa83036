/**
 * A hostile runner that holds a lease: it is given deployments of an App of its own, builds nothing, and floods them with
 * well-formed frames of every kind, as fast as it can.
 */
import {
  Deployment,
  hasEnded,
  pageOf,
  type RegisteredRunner,
  type RunnerToDeployment,
} from '@appflux/protocol';
import { type Client, pause } from '../e2e/instance/client.ts';
import { attemptFrames } from '../e2e/instance/frame-kinds.ts';
import { SimulatedRunner } from '../e2e/instance/simulated-runner.ts';
import type { FloodEnd } from './flooder.ts';

const NAME = 'attempt-flooder';

/** What is asked of the instance may not be answered while it is down or its answers are lost. */
const PATIENCE_MS = 20_000;
const BETWEEN_LOOKS_MS = 300;

export class AttemptFlooder {
  readonly #client: Client;
  readonly #runner: RegisteredRunner;
  readonly #uploadId: string;
  /** Of the App whose deployments it floods. */
  readonly slug: string;

  private constructor(client: Client, runner: RegisteredRunner, app: { slug: string; uploadId: string }) {
    this.#client = client;
    this.#runner = runner;
    this.#uploadId = app.uploadId;
    this.slug = app.slug;
  }

  /** Registers it, and makes its App: only it has the label that the App asks for. */
  static async create(client: Client): Promise<AttemptFlooder> {
    const runner = await client.registerRunner(NAME, [NAME]);
    const { slug } = await client.createApp({ name: 'Flooded', build: { labels: [NAME], concurrency: 20 } });
    const uploadId = await client.upload('source.zip', Buffer.from('nobody looks at it'));
    return new AttemptFlooder(client, runner, { slug, uploadId });
  }

  /** Has a deployment begun and sends it up to so many frames. Gives how it ended; the deployment is left as it is. */
  async flood(frames: number): Promise<FloodEnd> {
    let runner: SimulatedRunner | null = null;
    try {
      await this.#client.deploy(this.slug, { uploadId: this.#uploadId });
      runner = await SimulatedRunner.connect(this.#client.url, this.#runner, { labels: [NAME], slots: 64 });
      const { socket, grant } = await runner.granted(PATIENCE_MS);
      runner.accept(grant);
      await socket.next('welcome', PATIENCE_MS);
      const kinds = floods(grant.attempt);
      for (let n = 0; n < frames; n += 1) {
        const frame = kinds[n % kinds.length]?.(n);
        if (frame !== undefined) socket.send(frame);
      }
      await Promise.race([socket.closed, pause(PATIENCE_MS)]);
      socket.socket.terminate();
      return 'closed';
    } catch {
      // The instance is down, an answer was lost, or it refuses because of the flood before: other faults of the run.
      return 'unreachable';
    } finally {
      runner?.pool.socket.terminate();
    }
  }

  /** Cancels what it has flooded, and waits until all of it has ended or `deadline` (of the monotonic clock) is over. */
  async end(deadline: number): Promise<void> {
    for (;;) {
      const { items } = await this.#client.call(
        pageOf(Deployment),
        'GET',
        `/api/apps/${this.slug}/deployments?limit=100`,
      );
      const open = items.filter(({ status }) => !hasEnded(status));
      if (open.length === 0 || performance.now() > deadline) return;
      for (const { id, status } of open) {
        // It may end in this moment; the next look tells.
        if (status !== 'canceling') await this.#client.cancel(id).catch(() => undefined);
      }
      await pause(BETWEEN_LOOKS_MS);
    }
  }
}

/** Every kind of frame but the one that ends the attempt. */
function floods(attempt: number): ((n: number) => RunnerToDeployment)[] {
  const { finish: _, ...kinds } = attemptFrames(attempt);
  return Object.values(kinds);
}
