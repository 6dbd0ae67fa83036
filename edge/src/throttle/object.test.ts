import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestClient } from '../testing/client.ts';
import { forgetAll } from '../testing/worker.ts';
import { THROTTLES } from './index.ts';
import { MOST_COUNTERS } from './object.ts';

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a flood of random emails makes no objects but the fixed ones', async () => {
  const names = Array.from({ length: THROTTLES }, (_, n) => `counters-${n}`);
  const fixed = names.map((name) => String(env.THROTTLES.idFromName(name)));
  const existing = async () => (await listDurableObjectIds(env.THROTTLES)).map(String);
  // Objects that tests of other files made are still listed after a reset.
  const before = new Set(await existing());
  const client = new TestClient(null);
  for (let n = 0; n < 100; n += 1)
    await client.post('/recover', { email: `${crypto.randomUUID()}@flood.example` });
  const after = await existing();
  expect(after.filter((id) => fixed.includes(id)).length).toBeGreaterThan(1);
  expect(after.filter((id) => !before.has(id) && !fixed.includes(id))).toEqual([]);
});

test('a full object forgets what was tried least, not the account that is under attack', async () => {
  const rule = { free: 2, firstWaitMs: 30_000, longestWaitMs: 600_000 };
  const object = env.THROTTLES.getByName('full');
  for (let n = 0; n < 2; n += 1) expect(await object.count([{ key: 'attacked', rule }])).toBe(0);
  for (let n = 0; n < MOST_COUNTERS + 50; n += 50) {
    const madeUp = Array.from({ length: 50 }, (_, i) => ({ key: `made-up-${n + i}`, rule }));
    expect(await object.count(madeUp)).toBe(0);
  }
  const size = await runInDurableObject(
    object,
    (_, { storage }) => storage.sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM tries').one().n,
  );
  expect(size).toBeLessThanOrEqual(MOST_COUNTERS);
  expect(await object.count([{ key: 'attacked', rule }])).toBeGreaterThan(0);
});

test('nothing is left of an object in which everything is forgotten, nor of one of an earlier version', async () => {
  const rule = { free: 2, firstWaitMs: 1000, longestWaitMs: 2000 };
  const object = env.THROTTLES.getByName('forgetful');
  await object.count([{ key: 'somebody', rule }]);
  const old = env.THROTTLES.getByName('0'.repeat(64));
  await runInDurableObject(old, async (_, { storage }) => {
    storage.kv.put('tries', { count: 3, since: Date.now() });
    await storage.setAlarm(Date.now() + 900_000);
  });
  vi.setSystemTime(Date.now() + 3_600_000);
  for (const each of [object, old]) {
    expect(await runDurableObjectAlarm(each)).toBe(true);
    const left = await runInDurableObject(each, async (_, { storage }) => [
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'tries'").toArray().length,
      [...storage.kv.list()].length,
      await storage.getAlarm(),
    ]);
    expect(left).toEqual([0, 0, null]);
  }
  expect(await object.count([{ key: 'somebody', rule }])).toBe(0);
});

test('what is forgotten goes, although SQL fails when its alarm rings', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const rule = { free: 2, firstWaitMs: 1000, longestWaitMs: 2000 };
  const object = env.THROTTLES.getByName('failing');
  await object.count([{ key: 'somebody', rule }]);
  vi.setSystemTime(Date.now() + 3_600_000);
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec("CREATE TRIGGER broken BEFORE DELETE ON tries BEGIN SELECT raise(ABORT, 'broken'); END");
  });
  await runDurableObjectAlarm(object);
  const ringsAt = () => runInDurableObject(object, (_, { storage }) => storage.getAlarm());
  expect(await ringsAt()).toEqual(expect.any(Number));
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec('DROP TRIGGER broken');
  });
  await runDurableObjectAlarm(object);
  expect(await ringsAt()).toBeNull();
});
