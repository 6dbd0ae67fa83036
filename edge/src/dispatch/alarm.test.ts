/** The pool's alarm is never lost: a claim that could not be asked for is asked for later, whatever fails meanwhile. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { CLOSE } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { givenRunner } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';
import type { Offer } from './jobs.ts';

beforeEach(async () => {
  await forgetAll();
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const ownerId = crypto.randomUUID();
const pool = () => env.POOLS.getByName(ownerId);

/** A job of a deployment that nobody has created: a claim of it is refused. */
const offer = (): Offer => ({
  deploymentId: newObjectId(),
  appId: newObjectId(),
  branch: 'main',
  environment: 'production',
  labels: [],
  concurrency: 1,
  supersede: false,
  createdAt: Date.now(),
});

const rename = (from: string, to: string) =>
  runInDurableObject(pool(), (_, { storage }) => {
    storage.sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
  });

const ringsAt = () => runInDurableObject(pool(), (_, { storage }) => storage.getAlarm());

/** A runner of the pool that is connected and has said hello. */
async function connected() {
  const { credential } = await givenRunner(ownerId);
  const { webSocket } = await request('/api/pool/connect', {
    token: credential,
    headers: { Upgrade: 'websocket' },
  });
  if (webSocket === null) throw new Error('no socket was given');
  const closed = new Promise<number>((resolve) =>
    webSocket.addEventListener('close', ({ code }) => resolve(code)),
  );
  webSocket.accept();
  const hello = () =>
    webSocket.send(JSON.stringify({ type: 'hello', version: '1', labels: [], slots: 1, running: [] }));
  return { closed, hello, leave: () => webSocket.close() };
}

/** The pool asks for its jobs' leases in vain from now on, until `reachable`. */
const unreachable = () =>
  runInDurableObject(pool(), (instance, { storage }) => {
    const silent = { claim: () => Promise.reject(new Error('the object does not answer')) };
    Object.assign(instance, { env: { ...env, DEPLOYMENTS: { getByName: () => silent } } });
    return storage.deleteAlarm();
  });

const reachable = () =>
  runInDurableObject(pool(), (instance) => {
    Object.assign(instance, { env });
  });

test('an alarm that cannot use its tables rings again, and the job is then asked for', async () => {
  const { hello } = await connected();
  hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  await unreachable();
  await pool().offer(offer());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  await rename('jobs', 'out_of_order');
  await runDurableObjectAlarm(pool());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  await rename('out_of_order', 'jobs');
  await reachable();
  await runDurableObjectAlarm(pool());
  await expect.poll(() => pool().depth()).toBe(0);
});

test('a claim that could not be written down is asked for again', async () => {
  const { hello } = await connected();
  hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  await runInDurableObject(pool(), (_, { storage }) => {
    // Jobs can be taken in, but nothing can be noted of them.
    storage.sql.exec("CREATE TRIGGER broken BEFORE UPDATE ON jobs BEGIN SELECT raise(ABORT, 'broken'); END");
  });
  await pool().offer(offer());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  expect(await pool().depth()).toBe(1);
  await runInDurableObject(pool(), (_, { storage }) => {
    storage.sql.exec('DROP TRIGGER broken');
  });
  await runDurableObjectAlarm(pool());
  await expect.poll(() => pool().depth()).toBe(0);
});

test('a frame that could not be handled ends the connection, so that the runner says hello again', async () => {
  const lost = await connected();
  lost.hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  await unreachable();
  await pool().offer(offer());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  lost.leave();
  await expect.poll(async () => (await pool().online()).length).toBe(0);

  // What is noted of the one that has gone is to be forgotten now, and cannot.
  await rename('jobs', 'out_of_order');
  const first = await connected();
  first.hello();
  expect(await first.closed).toBe(CLOSE.fault);
  await rename('out_of_order', 'jobs');
  await reachable();
  const second = await connected();
  second.hello();
  await expect.poll(() => pool().depth()).toBe(0);
});

test('after a jump of the clock, in either direction, a runner counts only once it was heard', async () => {
  const { hello, leave } = await connected();
  hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  const now = Date.now();
  for (const jump of [3_600_000, -3_600_000]) {
    vi.spyOn(Date, 'now').mockReturnValue(now + jump);
    expect(await pool().online()).toEqual([]);
  }
  vi.spyOn(Date, 'now').mockReturnValue(now + 1000);
  expect(await pool().online()).toHaveLength(1);
  leave();
});

test('a runner that seems silent because the pool was held up keeps its connection, and gets jobs again', async () => {
  const { hello, closed } = await connected();
  hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  const now = Date.now();
  // All of its runners seem to have been silent when it goes on.
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 60_000);
  await pool().offer(offer());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  expect(await pool().online()).toEqual([]);
  expect(await pool().depth()).toBe(1);
  // Then what they have sent meanwhile is read.
  clock.mockReturnValue(now + 1_000);
  await runDurableObjectAlarm(pool());
  await expect.poll(() => pool().depth()).toBe(0);
  expect(await Promise.race([closed, 'open'])).toBe('open');
});

test('a runner that stays silent is closed', async () => {
  const { hello, closed } = await connected();
  hello();
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  const now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now + 60_000);
  await pool().offer(offer());
  clock.mockReturnValue(now + 70_000);
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  await runDurableObjectAlarm(pool());
  expect(await closed).toBe(CLOSE.goingAway);
  expect(await pool().depth()).toBe(1);
});
