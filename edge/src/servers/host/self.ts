/** The binding WORKER_SELF_REFERENCE of a site's server: itself. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { ANSWER_WITHIN_MS } from '../visit/visit-server.ts';
import type { HostEnv, SelfProps } from './env.ts';
import { keepRunning } from './keep-running.ts';
import { loadServer } from './load.ts';
import { Places } from './places.ts';

/**
 * How many calls of a server to itself may be open: one that calls itself from each of them would never end. Each counts as
 * long as a visitor is kept waiting for an answer at most.
 */
const open = new Places({ most: 64, countedForMs: ANSWER_WITHIN_MS });

/** Calls the same server, in the same isolate. */
export class SelfReference extends WorkerEntrypoint<HostEnv, SelfProps> {
  override fetch(request: Request): Promise<Response> {
    const answered = this.#answer(request);
    keepRunning(this.ctx, answered);
    return answered;
  }

  async #answer(request: Request): Promise<Response> {
    const release = open.take(this.ctx.props.deploymentId);
    if (release === null) return new Response('This server calls itself again and again.\n', { status: 508 });
    try {
      const server = loadServer(this.ctx.props, this.env, this.ctx);
      if (server === null) return new Response('This server can’t be loaded right now.\n', { status: 503 });
      return await server.fetch(request);
    } finally {
      release();
    }
  }
}
