import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { LEASE_MS } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/sample-records.ts';
import { forgetAll } from '../testing.ts';
import { sampleSpec } from './sample-spec.ts';

beforeEach(forgetAll);
afterEach(() => {
  vi.restoreAllMocks();
});

const runner = { id: newObjectId(), name: 'one' };

/** A queued deployment of an app that metadata knows. */
async function queued() {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    source: {
      kind: 'git',
      repoUrl: 'https://git.example/x.git',
      branch: 'main',
      commit: null,
      rootDirectory: './',
    },
    createdAt: Date.now(),
  });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await stub.create(spec);
  return { spec, stub };
}

const projected = (id: string) => metadataOf(env).deployments.byId(id);

test('alarm fires twice: what it does is done once', async () => {
  const { spec, stub } = await queued();
  await stub.offer();
  await stub.claim(runner);
  const { seq } = await stub.snapshot();
  const past = Date.now() + LEASE_MS + 1;
  vi.spyOn(Date, 'now').mockReturnValue(past);
  await runDurableObjectAlarm(stub);
  const once = await stub.snapshot();
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toEqual(once);
  expect(once).toMatchObject({ seq: seq + 1, record: { status: 'queued', attempt: 1 } });
  const { items = [] } = (await stub.logs(0, 100)) ?? {};
  expect(items.filter(({ text }) => text.includes('gave no sign of life'))).toHaveLength(1);
  expect(await env.POOLS.getByName(spec.ownerId).depth()).toBe(1);
});

test('alarm throws: the event stays in the outbox, and is told when the queue works again', async () => {
  const { spec, stub } = await queued();
  await expect.poll(() => projected(spec.id)).toMatchObject({ status: 'queued' });
  await runInDurableObject(stub, (instance) => {
    const broken = { ...env, EVENT_QUEUE: { send: () => Promise.reject(new Error('the queue is down')) } };
    Object.assign(instance, { env: broken });
  });
  expect(await stub.cancel('to see whether it is told')).toMatchObject({
    canceled: { record: { status: 'canceled' } },
  });
  await runDurableObjectAlarm(stub);
  expect(await projected(spec.id)).toMatchObject({ status: 'queued' });

  await runInDurableObject(stub, (instance) => {
    Object.assign(instance, { env });
  });
  const later = Date.now() + 120_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(stub);
  vi.restoreAllMocks();
  await expect.poll(() => projected(spec.id), { timeout: 5_000 }).toMatchObject({ status: 'canceled' });
});

test('clock jumps an hour: the lease is over, the deployment is not', async () => {
  const { stub } = await queued();
  await stub.claim(runner);
  const jumped = Date.now() + 3_600_000;
  vi.spyOn(Date, 'now').mockReturnValue(jumped - 1_801_000);
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued', attempt: 1 } });
  expect(await stub.claim({ id: newObjectId(), name: 'two' })).toMatchObject({ granted: { attempt: 2 } });
  // Beyond the deadline of the whole deployment it ends, and says so.
  vi.spyOn(Date, 'now').mockReturnValue(jumped);
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toMatchObject({
    record: { status: 'failed', failure: { code: 'build_timeout' } },
  });
});

test('an object that was evicted knows everything when it is back', async () => {
  const { stub } = await queued();
  const granted = await stub.claim(runner);
  const before = await stub.snapshot();
  await evictDurableObject(stub);
  expect(await stub.snapshot()).toEqual(before);
  const { attempt, leaseToken } = 'granted' in granted ? granted.granted : {};
  expect(await stub.claim(runner)).toMatchObject({ granted: { attempt, leaseToken } });
});

test('the same spec created twice is one deployment', async () => {
  const { spec, stub } = await queued();
  await stub.claim(runner);
  expect(await stub.create(spec)).toMatchObject({ record: { status: 'building', attempt: 1 } });
});
