/** What is in a pool's memory is the same after the object has slept: connections, slots, jobs, and what was handed out. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { App, Deployment } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { givenRunner } from '../testing/attempt.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

const pool = () => env.POOLS.getByName(owner.user.id);
const evict = () => evictDurableObject(pool());
const busy = async () => (await pool().online()).map((runner) => runner.busy);

async function post(path: string, json: unknown = {}) {
  const response = await request(path, { method: 'POST', token: owner.token, json });
  expect(response.ok).toBe(true);
  return response.json();
}

/** Deployments of so many apps, each waiting for its turn or on its way. */
async function deployed(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
    const app = App.parse(await post('/api/apps', { name: `Site ${n}`, slug: `site-${n}`, source }));
    ids.push(Deployment.parse(await post(`/api/apps/${app.slug}/deployments`)).id);
  }
  return ids;
}

test('a job that comes while it sleeps goes to a runner that was there before', async () => {
  const { credential } = await givenRunner(owner.user.id);
  const runner = await connectPool(credential);
  runner.hello({ labels: [], slots: 1 });
  await expect.poll(busy).toEqual([0]);
  await evict();
  const [id] = await deployed(1);
  await expect.poll(() => runner.grants().map((grant) => grant.deploymentId)).toEqual([id]);
});

test('a slot that is in use stays in use, and the next job follows when it is free', async () => {
  const { credential } = await givenRunner(owner.user.id);
  const runner = await connectPool(credential);
  runner.hello({ labels: [], slots: 1 });
  const [first, second] = await deployed(2);
  await expect.poll(() => runner.grants()).toHaveLength(1);
  const { deploymentId, attempt } = runner.grants()[0] ?? { deploymentId: '', attempt: 0 };
  expect(deploymentId).toBe(first);
  runner.send({ type: 'accepted', deploymentId, attempt });
  await expect.poll(async () => (await pool().load()).queued).toBe(1);
  await evict();
  expect(await busy()).toEqual([1]);
  expect(await pool().waitingReason(second ?? '')).toContain('busy, first in line');
  // That its deployment has ended leaves the slot in use until the runner has cleaned up.
  await pool().withdraw(deploymentId);
  await evict();
  expect(await busy()).toEqual([1]);
  expect(runner.grants()).toHaveLength(1);
  runner.send({ type: 'freed', deploymentId, attempt });
  await expect.poll(() => runner.grants().map((grant) => grant.deploymentId)).toEqual([first, second]);
});

test('the newer connection of a runner counts, and the end of the older one changes nothing', async () => {
  const { credential } = await givenRunner(owner.user.id);
  const older = await connectPool(credential);
  older.hello({ labels: [], slots: 1 });
  await expect.poll(busy).toEqual([0]);
  const newer = await connectPool(credential);
  newer.hello({ labels: [], slots: 1 });
  await older.closed;
  await expect.poll(busy).toEqual([0]);
  await evict();
  const [id] = await deployed(1);
  await expect.poll(() => newer.grants().map((grant) => grant.deploymentId)).toEqual([id]);
  expect(older.grants()).toEqual([]);
});

test('runners of a large pool receive within which time to come back, also from one that has just woken', async () => {
  const { credential } = await givenRunner(owner.user.id);
  const small = await connectPool(credential);
  await expect.poll(() => small.frames).toHaveLength(1);
  expect(small.frames[0]).not.toHaveProperty('returnWithinMs');
  await runInDurableObject(pool(), (_, { storage }) => {
    storage.kv.put('size', { runners: 10_000, at: Date.now() });
  });
  small.close();
  await small.closed;
  await evict();
  const large = await connectPool(credential);
  await expect.poll(() => large.frames[0]).toMatchObject({ type: 'welcome', returnWithinMs: 40_000 });
});
