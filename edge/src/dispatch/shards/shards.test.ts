/** Pools of several objects with real connections: jobs and runners that move, and jobs that are lent. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DeploymentObject } from '../../deployment/object.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { homeOf } from '../../pools/layout.ts';
import { poolOf } from '../../pools/team-pool.ts';
import { forgetAll } from '../../testing/worker.ts';
import { Holder, Ledger, offerOf, shardStubOf, shardsAreSettled, splitInto } from './testing/fleet.ts';

let ledger: Ledger;
const ownerId = () => ledger.ownerId;

beforeEach(async () => {
  await forgetAll();
  ledger = new Ledger();
  ledger.answerFor(DeploymentObject);
});
afterEach(async () => {
  await Promise.all(ledger.holders.map((holder) => holder.leave()));
  vi.restoreAllMocks();
});

const pool = () => poolOf(env, ownerId());

/** An id that belongs to this shard of so many. */
function idAt(shard: number, shards: number): string {
  for (;;) {
    const id = newObjectId();
    if (homeOf(id, shards) === shard) return id;
  }
}

async function offered(appId: string, change: Parameters<typeof offerOf>[1] = {}) {
  const offer = offerOf(appId, change);
  ledger.add(offer);
  await pool().offer(offer);
  return offer;
}

test('jobs that wait move with their App, in their order, and runners to their shards', async () => {
  const apps = [idAt(0, 2), idAt(1, 2)];
  for (const appId of apps) for (let n = 0; n < 3; n += 1) await offered(appId, { createdAt: n });
  await splitInto(ownerId(), 2);
  await expect.poll(() => shardsAreSettled(ownerId(), 2)).toBe(true);
  for (const shard of [0, 1]) expect(await shardStubOf(ownerId(), shard).depth()).toBe(3);
  const holders = [await Holder.of(ledger, { id: idAt(0, 2) }), await Holder.of(ledger, { id: idAt(1, 2) })];
  for (const holder of holders) await holder.connect();
  // Which of them builds what does not matter: one that is idle may get a job of the other's shard.
  await expect
    .poll(async () => {
      for (const holder of holders) await holder.end();
      return ledger.open;
    })
    .toEqual([]);
  await expect.poll(() => pool().load()).toEqual({ running: 0, queued: 0 });
  for (const appId of apps) expect(ledger.begunOf(appId)).toEqual([0, 1, 2]);
  expect(ledger.doubled).toEqual([]);
});

test('a runner that builds goes on, and its App counts the build from where it has moved', async () => {
  const appId = idAt(1, 2);
  const first = await offered(appId);
  const holder = await Holder.of(ledger, { id: idAt(1, 2) });
  await holder.connect();
  await expect.poll(() => holder.holds?.deploymentId).toBe(first.deploymentId);
  await splitInto(ownerId(), 2);
  await holder.isBackAfterClose();
  await expect.poll(() => shardsAreSettled(ownerId(), 2)).toBe(true);
  expect((await shardStubOf(ownerId(), 1).online()).map(({ id, busy }) => [id, busy])).toEqual([
    [holder.id, 1],
  ]);
  const second = await offered(appId);
  const other = await Holder.of(ledger, { id: idAt(1, 2) });
  await other.connect();
  await expect.poll(async () => (await pool().online()).length).toBe(2);
  expect(await pool().waitingReason(second.deploymentId, appId)).toContain('its limit is 1');
  await holder.end();
  await expect.poll(() => ledger.running(appId)).toEqual([second.deploymentId]);
  expect(await pool().load()).toEqual({ running: 1, queued: 0 });
});

test('a job goes to another shard that has a slot, counts for its App, and its end frees the slot there', async () => {
  await splitInto(ownerId(), 2);
  const appId = idAt(0, 2);
  const holder = await Holder.of(ledger, { id: idAt(1, 2) });
  await holder.connect();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  const first = await offered(appId);
  const second = await offered(appId, { createdAt: first.createdAt + 1 });
  await expect.poll(() => holder.holds?.deploymentId).toBe(first.deploymentId);
  await evictDurableObject(shardStubOf(ownerId(), 0));
  expect(await pool().load()).toEqual({ running: 1, queued: 1 });
  await holder.end();
  await expect.poll(() => holder.holds?.deploymentId).toBe(second.deploymentId);
  await holder.end();
  await expect.poll(() => pool().load()).toEqual({ running: 0, queued: 0 });
  expect(ledger.doubled).toEqual([]);
});

test('a lent job that is not begun comes back when its own shard can build it', async () => {
  await splitInto(ownerId(), 2);
  const appId = idAt(0, 2);
  const busy = await Holder.of(ledger, { id: idAt(1, 2) });
  await busy.connect();
  await offered(idAt(1, 2));
  await expect.poll(() => busy.holds).not.toBeNull();
  // Nobody in shard 0 can build it, so that it waits where somebody could.
  const guest = await offered(appId);
  await expect.poll(() => shardStubOf(ownerId(), 1).depth()).toBe(1);
  expect(await pool().waitingReason(guest.deploymentId, appId)).toContain('busy');
  const own = await Holder.of(ledger, { id: idAt(0, 2) });
  await own.connect();
  await expect.poll(() => own.holds?.deploymentId).toBe(guest.deploymentId);
  expect(await shardStubOf(ownerId(), 1).depth()).toBe(0);
});

test('a lent job that waits goes on to a third shard only through its own, which hears of its end', async () => {
  await splitInto(ownerId(), 3);
  const appId = idAt(0, 3);
  const busy = await Holder.of(ledger, { id: idAt(1, 3) });
  await busy.connect();
  await offered(idAt(1, 3));
  await expect.poll(() => busy.holds).not.toBeNull();
  const guest = await offered(appId);
  await expect.poll(() => shardStubOf(ownerId(), 1).depth()).toBe(1);
  const free = await Holder.of(ledger, { id: idAt(2, 3) });
  await free.connect();
  await expect.poll(() => free.holds?.deploymentId, { timeout: 10_000 }).toBe(guest.deploymentId);
  await free.end();
  await expect.poll(() => pool().load()).toEqual({ running: 1, queued: 0 });
  const next = await offered(appId);
  await expect.poll(() => free.holds?.deploymentId, { timeout: 10_000 }).toBe(next.deploymentId);
  expect(ledger.doubled).toEqual([]);
});

test('a newer job supersedes one that waits in another shard', async () => {
  await splitInto(ownerId(), 2);
  const appId = idAt(0, 2);
  const busy = await Holder.of(ledger, { id: idAt(1, 2) });
  await busy.connect();
  await offered(idAt(1, 2));
  await expect.poll(() => busy.holds).not.toBeNull();
  const older = await offered(appId, { supersede: true });
  await expect.poll(() => shardStubOf(ownerId(), 1).depth()).toBe(1);
  await offered(appId, { supersede: true, createdAt: older.createdAt + 1 });
  await expect.poll(() => ledger.canceled).toEqual([older.deploymentId]);
});

test('a shard that is given up is emptied, and then asked no more', async () => {
  await splitInto(ownerId(), 3);
  const appId = idAt(2, 3);
  await offered(appId);
  await splitInto(ownerId(), 1, 3);
  await expect.poll(() => shardsAreSettled(ownerId(), 3)).toBe(true);
  expect(await shardStubOf(ownerId(), 2).depth()).toBe(0);
  expect(await pool().depth()).toBe(1);
  await runDurableObjectAlarm(shardStubOf(ownerId(), 0));
  await expect.poll(async () => (await ledger.layoutOf(0))?.reach).toBe(1);
});

test('a pool is split when it has more runners than an object is to have', async () => {
  const most = env.RUNNERS_PER_SHARD;
  env.RUNNERS_PER_SHARD = '2';
  try {
    const holders = await Promise.all([0, 1, 2].map(() => Holder.of(ledger)));
    for (const holder of holders) await holder.connect();
    await expect.poll(async () => (await ledger.layoutOf(0))?.shards).toBe(2);
  } finally {
    if (most === undefined) delete env.RUNNERS_PER_SHARD;
    else env.RUNNERS_PER_SHARD = most;
  }
});
