/** A pool of several objects is called as one, by whatever layout its caller knows. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { poolOf } from '../pools/team-pool.ts';
import { givenRunner } from '../testing/attempt.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll } from '../testing/worker.ts';
import { knownLayout } from './known-layouts.ts';
import { homeOf, type Layout, shardName, UNDIVIDED } from './layout.ts';
import type { Offer } from './shard-stub.ts';

beforeEach(() => forgetAll());

const THREE: Layout = { generation: 1, shards: 3, before: 1, reach: 3 };

const offer = (appId = newObjectId()): Offer => ({
  deploymentId: newObjectId(),
  appId,
  branch: 'main',
  environment: 'production',
  labels: [],
  concurrency: 1,
  supersede: false,
  createdAt: Date.now(),
});

const shard = (ownerId: string, number: number) => env.POOLS.getByName(shardName({ ownerId, shard: number }));

/** Shard 0 has another layout, of which this isolate does not know. */
const split = (ownerId: string, layout: Layout) => shard(ownerId, 0).depth({ ownerId, shard: 0, layout });

const storedAddress = (ownerId: string, number: number) =>
  runInDurableObject(shard(ownerId, number), (_, { storage }) => storage.kv.get('address'));

/** An id that belongs to this shard of three. */
function idOf(home: number): string {
  for (;;) {
    const id = newObjectId();
    if (homeOf(id, THREE.shards) === home) return id;
  }
}

test('a pool that was never split stores no layout', async () => {
  const ownerId = newObjectId();
  const pool = poolOf(env, ownerId);
  const job = offer();
  await pool.offer(job);
  expect(await pool.depth()).toBe(1);
  expect(await pool.waitingReason(job.deploymentId, job.appId)).toBe('No runner is online');
  await pool.withdraw(job.deploymentId, job.appId);
  expect(await pool.load()).toEqual({ running: 0, queued: 0 });
  expect(await storedAddress(ownerId, 0)).toBeUndefined();
  expect(knownLayout(ownerId)).toEqual(UNDIVIDED);
});

test('a call by an old layout is not lost: it is repeated by the new one, which the isolate then knows', async () => {
  const ownerId = newObjectId();
  await split(ownerId, THREE);
  const jobs = [0, 1, 2].map((home) => offer(idOf(home)));
  const pool = poolOf(env, ownerId);
  for (const job of jobs) await pool.offer(job);
  expect(knownLayout(ownerId)).toEqual(THREE);
  for (const number of [0, 1, 2]) expect(await shard(ownerId, number).depth()).toBe(1);
  expect(await pool.depth()).toBe(3);
  expect(await pool.load()).toEqual({ running: 0, queued: 3 });
  expect((await pool.figures()).waiting).toMatchObject([{ labels: [], jobs: 3 }]);
  const { places } = await pool.overview(jobs.map(({ deploymentId }) => deploymentId));
  expect(places.map(({ waits }) => waits)).toEqual([true, true, true]);
  for (const { deploymentId, appId } of jobs) {
    expect(await pool.waitingReason(deploymentId, appId)).toBe('No runner is online');
    await pool.withdraw(deploymentId, appId);
  }
  expect(await pool.depth()).toBe(0);
});

test('a shard that has not learned of a layout does by a call, and keeps it', async () => {
  const ownerId = newObjectId();
  await split(ownerId, THREE);
  const pool = poolOf(env, ownerId);
  const job = offer(idOf(2));
  await pool.offer(job);
  expect(await storedAddress(ownerId, 2)).toEqual({ ownerId, shard: 2, layout: THREE });
  const older = { ownerId, shard: 2, layout: UNDIVIDED };
  expect(await shard(ownerId, 2).depth(older)).toEqual({ movedTo: THREE });
});

test('a runner connects to the shard that it belongs to, also by an old layout, and is seen in the pool', async () => {
  const ownerId = newObjectId();
  await split(ownerId, THREE);
  const runners = await Promise.all(Array.from({ length: 6 }, () => givenRunner(ownerId)));
  for (const { credential } of runners) (await connectPool(credential)).hello({});
  const pool = poolOf(env, ownerId);
  await expect.poll(async () => (await pool.online()).length).toBe(runners.length);
  for (const number of [0, 1, 2]) {
    const there = (await shard(ownerId, number).online()).map(({ id }) => id);
    expect(there.every((id) => homeOf(id, THREE.shards) === number)).toBe(true);
  }
  const first = runners[0]?.id ?? '';
  await pool.drain(first, true);
  expect((await pool.online()).filter(({ draining }) => draining).map(({ id }) => id)).toEqual([first]);
  await pool.revoke(first);
  expect(await pool.online()).toHaveLength(runners.length - 1);
});
