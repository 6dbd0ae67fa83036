/**
 * The control plane with its real pool. What the pool asks of deployments is answered here: a lease is granted, and a
 * deployment ends when its runner says that the slot is free. Another one is offered then, so that as many wait as before.
 */
import type { Grant } from '@appflux/protocol';
import type { Offer } from '../../../edge/src/dispatch/jobs.ts';
import type { Env } from '../../../edge/src/env.ts';
import edge, { PoolObject as RealPool } from '../../../edge/src/index.ts';
import { metadataOf } from '../../../edge/src/metadata/index.ts';
import { newObjectId } from '../../../edge/src/metadata/object-id.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { hashToken } from '../../../edge/src/secrets/tokens.ts';

import { credentialOf } from '../credential.ts';

export * from '../../../edge/src/index.ts';

/** Labels of apps: half of them need none. */
const LABELS = [[], [], ['linux'], ['linux', 'x64']] as const;

const claimed = (deploymentId: string) => ({
  claim: async () => ({
    granted: { deploymentId, attempt: 1 } as Grant,
    sensitive: [],
    access: { checkout: 'full' },
  }),
  cancel: async () => null,
  restarted: async () => undefined,
  revoke: async () => undefined,
});

export class PoolObject extends RealPool {
  #apps: string[] = [];
  #made = 0;
  /** What was offered and has not ended. */
  readonly #alive = new Set<string>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DEPLOYMENTS: { getByName: claimed } as unknown as Env['DEPLOYMENTS'] });
  }

  /** Offers so many jobs of so many apps. */
  fill(count: number, apps: number): void {
    while (this.#apps.length < apps) this.#apps.push(newObjectId());
    for (let n = 0; n < count; n += 1) this.offer(this.#newOffer());
  }

  /** Withdraws everything, and offers nothing more. */
  clear(): void {
    this.#apps = [];
    for (const id of this.#alive) this.withdraw(id);
    this.#alive.clear();
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const frame = JSON.parse(String(message));
    if (frame.type === 'freed' && this.#alive.delete(frame.deploymentId)) {
      this.withdraw(frame.deploymentId);
      this.offer(this.#newOffer());
    }
    return super.webSocketMessage(ws, message);
  }

  #newOffer(): Offer {
    this.#made += 1;
    const n = this.#made % this.#apps.length;
    const deploymentId = newObjectId();
    this.#alive.add(deploymentId);
    return {
      deploymentId,
      appId: this.#apps[n] ?? '',
      branch: `branch-${this.#made % 7}`,
      environment: 'production',
      labels: LABELS[n % LABELS.length] ?? [],
      concurrency: 20,
      createdAt: Date.now(),
      supersede: false,
    };
  }
}

type PoolStub = Record<'fill' | 'clear' | 'load', (...args: number[]) => Promise<unknown>>;

/** Registers runners `from` to `to` of a team: their credentials are made of their numbers. */
async function register(env: Env, ownerId: string, from: number, to: number): Promise<void> {
  const { runners } = metadataOf(env);
  for (let n = from; n < to; n += 1) {
    await runners.insert({
      id: newObjectId(),
      ownerId,
      name: `runner-${n}`,
      labels: ['linux', 'x64'],
      slots: 1,
      executor: 'docker',
      ephemeral: false,
      version: '0.1.0',
      credentialHash: await hashToken(credentialOf(n)),
      draining: false,
      lastSeenAt: null,
      refusedProtocol: null,
      createdAt: new Date().toISOString(),
    });
  }
}

export default {
  fetch: async (request, env, ctx) => {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string) => Number(searchParams.get(name));
    const ownerId = searchParams.get('owner') ?? '';
    const pool = env.POOLS.getByName(ownerId) as unknown as PoolStub;
    switch (pathname) {
      case '/bench/runners':
        await register(env, ownerId, number('from'), number('to'));
        return new Response(null, { status: 204 });
      case '/bench/fill':
        await pool.fill(number('count'), number('apps'));
        return new Response(null, { status: 204 });
      case '/bench/clear':
        await pool.clear();
        return new Response(null, { status: 204 });
      case '/bench/load':
        return Response.json(await pool.load());
      default:
        return edge.fetch(request, env, ctx);
    }
  },
  queue: edge.queue,
  scheduled: edge.scheduled,
} satisfies ExportedHandler<Env, QueueMessage>;
