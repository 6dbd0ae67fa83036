/** For tests of split pools: deployments that are only leases, runners that hold what they are granted, and layouts. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type AttemptRef, type Grant, NO_BUILD_LIMITS, type RunnerToPool } from '@appflux/protocol';
import { vi } from 'vitest';
import type { DeploymentObject } from '../../../deployment/object.ts';
import { metadataOf } from '../../../metadata/index.ts';
import { newObjectId } from '../../../metadata/object-id.ts';
import { runnerRecord } from '../../../metadata/testing/sample-records.ts';
import { type Address, type Layout, shardName, UNDIVIDED } from '../../../pools/layout.ts';
import { poolOf } from '../../../pools/team-pool.ts';
import { hashToken, makeToken } from '../../../secrets/tokens.ts';
import { request } from '../../../testing/worker.ts';
import type { Offer } from '../../jobs.ts';

/** A job that is one of its line, and alone of its App. */
export const offerOf = (appId: string, change: Partial<Offer> = {}): Offer => ({
  deploymentId: newObjectId(),
  appId,
  branch: 'main',
  environment: 'production',
  labels: [],
  concurrency: 1,
  supersede: false,
  createdAt: Date.now(),
  ...change,
});

export const shardStubOf = (ownerId: string, shard: number) =>
  env.POOLS.getByName(shardName({ ownerId, shard }));

const addressOf = (ownerId: string, shard: number) =>
  runInDurableObject(shardStubOf(ownerId, shard), (_, { storage }) => storage.kv.get<Address>('address'));

/** Gives a pool another layout, as its first shard does when its load has changed. */
export async function splitInto(ownerId: string, shards: number, reach = shards): Promise<void> {
  for (;;) {
    const { generation, shards: before } = (await addressOf(ownerId, 0))?.layout ?? UNDIVIDED;
    const layout: Layout = { generation: generation + 1, shards, before, reach };
    await shardStubOf(ownerId, 0).depth({ ownerId, shard: 0, layout });
    // The first shard may just have given up others by itself.
    const { layout: adopted } = (await addressOf(ownerId, 0)) ?? { layout: UNDIVIDED };
    if (adopted.reach !== reach || adopted.shards !== shards) continue;
    for (let shard = 1; shard < reach; shard += 1)
      await shardStubOf(ownerId, shard).depth({ ownerId, shard, layout: adopted });
    return;
  }
}

/** Whether so many shards have everything that belongs there, and nothing else. */
export async function shardsAreSettled(ownerId: string, shards: number): Promise<boolean> {
  const layout = (await addressOf(ownerId, 0))?.layout ?? UNDIVIDED;
  for (let shard = 0; shard < shards; shard += 1) {
    const load = await shardStubOf(ownerId, shard).shardLoad(NO_BUILD_LIMITS, { ownerId, shard, layout });
    if (!load.isSettled) return false;
  }
  return true;
}

interface Lease {
  readonly offer: Offer;
  attempt: number;
  runnerId: string | null;
  hasEnded: boolean;
}

/** What deployments' objects know of leases: who has one, and what has ended. */
export class Ledger {
  readonly ownerId = newObjectId();
  readonly #leases = new Map<string, Lease>();
  readonly holders: Holder[] = [];
  /** Deployments in the order in which they were begun. */
  readonly #begun: Offer[] = [];
  readonly canceled: string[] = [];
  /** Grants that a runner got of a deployment that was not its own to build. */
  readonly doubled: string[] = [];
  /** Deployments that were begun although as many of their App ran as may. */
  readonly overLimit: string[] = [];
  /** Deployments that were begun after a newer one of their App. */
  readonly outOfOrder: string[] = [];

  /** Answers for the objects of deployments until mocks are restored. */
  answerFor({ prototype }: typeof DeploymentObject): void {
    const nameOf = (instance: unknown) => (instance as { ctx: DurableObjectState }).ctx.id.name ?? '';
    const ledger = this;
    vi.spyOn(prototype, 'claim').mockImplementation(async function (this: unknown, { id }) {
      return ledger.#claim(nameOf(this), id);
    });
    vi.spyOn(prototype, 'cancel').mockImplementation(async function (this: unknown) {
      await ledger.cancel(nameOf(this));
      return null;
    });
  }

  add(offer: Offer): void {
    this.#leases.set(offer.deploymentId, { offer, attempt: 0, runnerId: null, hasEnded: false });
  }

  get open(): string[] {
    return [...this.#leases].flatMap(([id, { hasEnded }]) => (hasEnded ? [] : [id]));
  }

  /** Whether a deployment has not ended and nobody has its lease. */
  waits(deploymentId: string): boolean {
    const lease = this.#leases.get(deploymentId);
    return lease !== undefined && !lease.hasEnded && lease.runnerId === null;
  }

  running(appId: string): string[] {
    return [...this.#leases].flatMap(([id, { offer, runnerId, hasEnded }]) =>
      offer.appId === appId && runnerId !== null && !hasEnded ? [id] : [],
    );
  }

  /** When the deployments of an App were created, in the order in which they were begun. */
  begunOf(appId: string): number[] {
    return this.#begun.filter((offer) => offer.appId === appId).map(({ createdAt }) => createdAt);
  }

  layoutOf = async (shard: number): Promise<Layout | undefined> =>
    (await addressOf(this.ownerId, shard))?.layout;

  /** A runner has got a grant. */
  granted(deploymentId: string, runnerId: string): void {
    const lease = this.#leases.get(deploymentId);
    if (lease?.hasEnded === false && lease.runnerId !== runnerId) this.doubled.push(deploymentId);
  }

  /** A deployment has ended, and says so to its pool. */
  async end(deploymentId: string): Promise<void> {
    const lease = this.#leases.get(deploymentId);
    if (lease === undefined) throw new Error(`no deployment ${deploymentId}`);
    lease.hasEnded = true;
    await poolOf(env, this.ownerId).withdraw(deploymentId, lease.offer.appId);
  }

  async cancel(deploymentId: string): Promise<void> {
    this.canceled.push(deploymentId);
    await this.end(deploymentId);
  }

  #claim(deploymentId: string, runnerId: string) {
    const lease = this.#leases.get(deploymentId);
    const isTaken = lease !== undefined && lease.runnerId !== null && lease.runnerId !== runnerId;
    if (lease === undefined || lease.hasEnded || isTaken) {
      return { refused: lease?.hasEnded === false ? ('stale_attempt' as const) : ('already_ended' as const) };
    }
    if (lease.runnerId === null) {
      lease.runnerId = runnerId;
      lease.attempt += 1;
      const { appId, concurrency, createdAt } = lease.offer;
      // Of several that may run at the same time, the leases are asked for side by side.
      if (concurrency === 1 && this.begunOf(appId).some((other) => other > createdAt))
        this.outOfOrder.push(deploymentId);
      this.#begun.push(lease.offer);
      if (this.running(lease.offer.appId).length > lease.offer.concurrency) this.overLimit.push(deploymentId);
    }
    // Runners of these tests read no more of it.
    return { granted: { deploymentId, attempt: lease.attempt } as Grant, sensitive: [], access: {} };
  }
}

/** A runner of one slot that holds what it was granted until the test ends it. It connects again when it is sent away. */
export class Holder {
  readonly id: string;
  readonly #ledger: Ledger;
  readonly #credential: string;
  #socket: WebSocket | null = null;
  #holds: AttemptRef | null = null;
  #back = Promise.withResolvers<void>();
  #isGone = false;
  #reconnecting: Promise<void> = Promise.resolve();

  private constructor(ledger: Ledger, id: string, credential: string) {
    this.#ledger = ledger;
    this.id = id;
    this.#credential = credential;
  }

  /** Registers one. */
  static async of(ledger: Ledger, { id = newObjectId(), labels = [] as string[] } = {}): Promise<Holder> {
    const credential = makeToken('runner');
    const credentialHash = await hashToken(credential);
    await metadataOf(env).runners.insert(
      runnerRecord({ id, ownerId: ledger.ownerId, labels, credentialHash }),
    );
    const holder = new Holder(ledger, id, credential);
    ledger.holders.push(holder);
    return holder;
  }

  get holds() {
    return this.#holds;
  }

  async connect(): Promise<void> {
    const { webSocket: socket, status } = await request('/api/pool/connect', {
      token: this.#credential,
      headers: { Upgrade: 'websocket' },
    });
    if (socket === null) throw new Error(`no socket was given, but ${status}`);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data));
      if (frame.type === 'grant' && this.#socket === socket) this.#take(frame.grant);
    });
    socket.addEventListener('close', () => {
      this.#reconnecting = this.#reconnect(socket);
    });
    socket.accept();
    const running = this.#holds === null ? [] : [this.#holds];
    this.#send({ type: 'hello', version: '0.1.0', labels: [], slots: 1, running });
  }

  /** Resolves when it was sent away and is connected again. */
  isBackAfterClose(): Promise<void> {
    return this.#back.promise;
  }

  /** Its build ends, and its slot is free. */
  async end(): Promise<void> {
    const held = this.#holds;
    if (held === null) return;
    await this.#ledger.end(held.deploymentId);
    this.#holds = null;
    this.#send({ type: 'freed', ...held });
  }

  /** Its connection breaks off, and it connects again. */
  cut(): void {
    this.#socket?.close(1000);
  }

  /** It goes, and does not come back. */
  async leave(): Promise<void> {
    this.#isGone = true;
    await this.#reconnecting;
    this.cut();
  }

  #send(frame: RunnerToPool): void {
    // One that is closing takes nothing; what it missed is in the next hello.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async #reconnect(socket: WebSocket): Promise<void> {
    while (this.#socket === socket && !this.#isGone) {
      try {
        await this.connect();
        this.#back.resolve();
        this.#back = Promise.withResolvers();
      } catch {
        // Its object was just reset; a runner tries again, too.
        await scheduler.wait(20);
      }
    }
  }

  #take({ deploymentId, attempt }: Pick<Grant, 'deploymentId' | 'attempt'>): void {
    this.#ledger.granted(deploymentId, this.id);
    if (this.#holds !== null && this.#holds.deploymentId !== deploymentId)
      this.#ledger.doubled.push(deploymentId);
    this.#holds = { deploymentId, attempt };
    this.#send({ type: 'accepted', deploymentId, attempt });
  }
}
