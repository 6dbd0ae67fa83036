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
import { type Address, homeOf, shardName } from '../../../edge/src/pools/layout.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { hashToken } from '../../../edge/src/secrets/tokens.ts';

import { credentialOf } from '../credential.ts';

export * from '../../../edge/src/index.ts';

/** Labels of apps: half of them need none. */
const LABELS = [[], [], ['linux'], ['linux', 'x64']] as const;

const claimed = (deploymentId: string) => ({
  // A deployment has the last word: one that has ended, or that another runner has, refuses.
  claim: async ({ id }: { id: string }) => {
    const deployment = deployments.get(deploymentId);
    if (deployment === undefined) return { refused: 'already_ended' };
    deployment.runnerId ??= id;
    if (deployment.runnerId !== id) return { refused: 'taken' };
    return { granted: { deploymentId, attempt: 1 } as Grant, sensitive: [], access: { checkout: 'full' } };
  },
  cancel: async () => null,
  restarted: async () => undefined,
  revoke: async () => undefined,
});

/** The deployments that have not ended: the name of the object to which each belongs, and who builds it. */
const deployments = new Map<string, { home: string; runnerId?: string }>();

export class PoolObject extends RealPool {
  #apps: string[] = [];
  #made = 0;
  /** What was offered and has not ended. */
  readonly #alive = new Set<string>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DEPLOYMENTS: { getByName: claimed } as unknown as Env['DEPLOYMENTS'] });
  }

  /** Offers so many jobs of so many apps that belong to this shard. */
  fill(count: number, apps: number, shard: number, shards: number): void {
    while (this.#apps.length < apps) {
      const id = newObjectId();
      if (homeOf(id, shards) === shard) this.#apps.push(id);
    }
    for (let n = 0; n < count; n += 1) void this.offer(this.#newOffer());
  }

  /** Withdraws everything, and offers nothing more. */
  clear(): void {
    this.#apps = [];
    for (const id of this.#alive) {
      deployments.delete(id);
      void this.withdraw(id);
    }
    this.#alive.clear();
  }

  /** A deployment of this shard has ended; another one follows. */
  async ended(deploymentId: string): Promise<void> {
    if (!this.#alive.delete(deploymentId)) return;
    await this.withdraw(deploymentId);
    await this.offer(this.#newOffer());
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const frame = JSON.parse(String(message));
    const home = frame.type === 'freed' ? deployments.get(frame.deploymentId)?.home : undefined;
    if (home !== undefined) {
      deployments.delete(frame.deploymentId);
      // What was lent to this shard ends there, as a deployment tells the pool of its app.
      const pool = this.env.POOLS.getByName(home) as unknown as PoolStub;
      this.ctx.waitUntil(pool.ended(frame.deploymentId));
    }
    return super.webSocketMessage(ws, message);
  }

  #newOffer(): Offer {
    this.#made += 1;
    const n = this.#made % this.#apps.length;
    const deploymentId = newObjectId();
    this.#alive.add(deploymentId);
    deployments.set(deploymentId, { home: this.ctx.id.name ?? '' });
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

interface PoolStub {
  ended(deploymentId: string): Promise<void>;
  fill(count: number, apps: number, shard: number, shards: number): Promise<void>;
  clear(): Promise<void>;
  load(): Promise<{ running: number; queued: number }>;
  depth(at: Address): Promise<number>;
}

/** Over how many objects the pool of this process is spread. */
let shards = 1;

/** Calls all of them, one after the other. */
async function all<Answer>(
  env: Env,
  ownerId: string,
  call: (pool: PoolStub, shard: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let shard = 0; shard < shards; shard += 1)
    answers.push(
      await call(env.POOLS.getByName(shardName({ ownerId, shard })) as unknown as PoolStub, shard),
    );
  return answers;
}

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
    switch (pathname) {
      case '/bench/runners':
        await register(env, ownerId, number('from'), number('to'));
        return new Response(null, { status: 204 });
      case '/bench/split': {
        shards = number('shards');
        const layout = { generation: 1, shards, before: 1, reach: shards };
        await all(env, ownerId, (pool, shard) => pool.depth({ ownerId, shard, layout }));
        return new Response(null, { status: 204 });
      }
      case '/bench/fill':
        await all(env, ownerId, (pool, shard) =>
          pool.fill(Math.ceil(number('count') / shards), Math.ceil(number('apps') / shards), shard, shards),
        );
        return new Response(null, { status: 204 });
      case '/bench/clear':
        await all(env, ownerId, (pool) => pool.clear());
        return new Response(null, { status: 204 });
      case '/bench/load':
        return Response.json(
          (await all(env, ownerId, (pool) => pool.load())).reduce((a, b) => ({
            running: a.running + b.running,
            queued: a.queued + b.queued,
          })),
        );
      default:
        return edge.fetch(request, env, ctx);
    }
  },
  queue: edge.queue,
  scheduled: edge.scheduled,
} satisfies ExportedHandler<Env, QueueMessage>;
