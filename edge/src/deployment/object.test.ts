import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type Grant, LEASE_MS, LEASE_TOKEN_HEADER } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isolateCounts } from '../isolate-counts.ts';
import { LogStore } from '../logs/store.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, runnerRecord } from '../metadata/testing/sample-records.ts';
import { onBehalfOf } from '../sockets/runner-header.ts';
import { unreachableDatabase } from '../testing/unreachable.ts';
import { forgetAll } from '../testing/worker.ts';
import type { DeploymentObject } from './object.ts';
import { sampleSpec } from './testing/sample-spec.ts';

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
  const seq = (await stub.snapshot())?.seq ?? 0;
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

test('what earlier attempts wrote is taken off what the next may log, which is never nothing', async () => {
  for (const [written, left] of [
    [24_000_000, 40_000_000],
    [63_999_000, 1_000_000],
  ] as const) {
    const { stub } = await queued();
    await runInDurableObject(stub, (_, { storage }) => {
      const log = new LogStore(storage.sql, 64_000_000);
      log.say('of an earlier attempt', null, Date.now());
      log.flush();
      storage.sql.exec('UPDATE log_rows SET bytes = ?', written);
    });
    expect(await stub.claim(runner)).toMatchObject({ granted: { job: { limits: { logBytes: left } } } });
  }
});

test('alarm throws: the event stays in the outbox, and is delivered when metadata and the queue work again', async () => {
  const { spec, stub } = await queued();
  await expect.poll(() => projected(spec.id)).toMatchObject({ status: 'queued' });
  await runInDurableObject(stub, (instance) => {
    const queue = { send: () => Promise.reject(new Error('the queue is down')) };
    Object.assign(instance, { env: { ...env, METADATA: unreachableDatabase, EVENT_QUEUE: queue } });
  });
  expect(await stub.cancel('to see whether it is sent')).toMatchObject({
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

test('an event that the queue took and lost is sent again, until metadata has it', async () => {
  const { spec, stub } = await queued();
  await expect.poll(() => projected(spec.id)).toMatchObject({ status: 'queued' });
  const lost: number[] = [];
  await runInDurableObject(stub, (instance) => {
    const forgetful = { send: async ({ seq }: { seq: number }) => void lost.push(seq) };
    Object.assign(instance, {
      env: { ...env, METADATA: unreachableDatabase, EVENT_QUEUE: forgetful },
    });
  });
  await stub.cancel('to see whether it is sent');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));
  await expect.poll(() => lost).toEqual([2, 3]);
  expect(await projected(spec.id)).toMatchObject({ status: 'queued' });

  await runInDurableObject(stub, (instance) => {
    Object.assign(instance, { env });
  });
  const later = Date.now() + 60_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(stub);
  vi.restoreAllMocks();
  await expect.poll(() => projected(spec.id), { timeout: 5_000 }).toMatchObject({ status: 'canceled' });
  await expect.poll(() => stub.unconfirmed()).toBeNull();
  // Nothing is pending any more: it has emptied itself.
  const tables = () =>
    runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('state', 'timers')").toArray(),
    );
  await expect.poll(tables).toEqual([]);
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

test('clock goes back an hour: the lease of a runner that is away ends within a term, and is offered in time', async () => {
  const { spec, stub } = await queued();
  await stub.claim(runner);
  let now = Date.now() - 3_600_000;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  // The alarm was set before. It rings by a clock that does not jump, so early.
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'building', attempt: 1 } });
  now += LEASE_MS;
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued', attempt: 1 } });
  await expect.poll(() => env.POOLS.getByName(spec.ownerId).depth()).toBe(1);
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

/** The runner's socket of an attempt, as the Worker passes it on, and the frames that came down. */
async function attemptSocket(stub: DurableObjectStub<DeploymentObject>, granted: Grant) {
  const asked = new Request('http://worker/', {
    headers: { Upgrade: 'websocket', [LEASE_TOKEN_HEADER]: granted.leaseToken },
  });
  const { ownerId } = (await stub.spec()) ?? {};
  const holder = runnerRecord({ ...runner, ownerId: ownerId ?? '' });
  const { webSocket } = await stub.fetch(
    onBehalfOf(holder, asked, `http://object/attempt/${granted.attempt}`),
  );
  if (webSocket === null) throw new Error('no socket was given');
  const frames: { type: string; seq?: number; from?: number }[] = [];
  webSocket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)));
  });
  webSocket.accept();
  const lines = (from: number, to: number, at = new Date()) =>
    webSocket.send(
      JSON.stringify({
        type: 'lines',
        attempt: granted.attempt,
        lines: Array.from({ length: to - from + 1 }, (_, index) => ({
          seq: from + index,
          at: at.toISOString(),
          stream: 'stdout',
          phase: 'building',
          text: `line ${from + index}`,
        })),
      }),
    );
  const acks = () => frames.flatMap(({ type, seq }) => (type === 'ack' ? [seq] : []));
  return { socket: webSocket, frames, lines, acks };
}

async function granted(stub: DurableObjectStub<DeploymentObject>): Promise<Grant> {
  const answer = await stub.claim(runner);
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  return answer.granted;
}

test('lines wait for the runner to ask that they are written, but not for ever', async () => {
  const { stub } = await queued();
  const { socket, frames, lines, acks } = await attemptSocket(stub, await granted(stub));
  await expect.poll(() => frames).toMatchObject([{ type: 'welcome' }]);
  // The answer to a gap shows that what came before it has been looked at.
  const resumed = () => frames.flatMap(({ type, from }) => (type === 'resume' ? [from] : []));
  lines(1, 3);
  lines(9, 9);
  await expect.poll(resumed).toEqual([4]);
  expect(acks()).toEqual([]);
  socket.send(JSON.stringify({ type: 'sync', attempt: 1 }));
  await expect.poll(acks).toEqual([3]);
  lines(4, 5);
  lines(9, 9);
  await expect.poll(resumed).toEqual([4, 6]);
  const later = Date.now() + 9_001;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(stub);
  await expect.poll(acks).toEqual([3, 5]);
});

test('how late lines come is noted for the metrics, once per batch that is new', async () => {
  const { stub } = await queued();
  const { socket, lines, acks } = await attemptSocket(stub, await granted(stub));
  const late = () => isolateCounts().logLags.filter((seconds) => seconds > 7776 && seconds < 7900);
  const before = late().length;
  const at = new Date(Date.now() - 7_777_000);
  lines(1, 3, at);
  lines(1, 3, at);
  lines(4, 4, new Date(Date.now() + 60_000));
  socket.send(JSON.stringify({ type: 'sync', attempt: 1 }));
  await expect.poll(acks).toContain(4);
  expect(late()).toHaveLength(before + 1);
  expect(isolateCounts().logLags).toContain(0);
});

test('lines of a runner whose connection is lost are written', async () => {
  const { stub } = await queued();
  const { socket, lines } = await attemptSocket(stub, await granted(stub));
  lines(1, 3);
  socket.close();
  await expect
    .poll(() =>
      runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec<{ last: number }>('SELECT max(last_seq) AS last FROM log_rows').one(),
      ),
    )
    .toEqual({ last: 3 });
});

test('a job that has to be offered again while it is still being offered is offered again', async () => {
  const { spec, stub } = await queued();
  const first = Promise.withResolvers<void>();
  const offers: string[] = [];
  await runInDurableObject(stub, (instance) => {
    const pool = {
      offer: ({ deploymentId }: { deploymentId: string }) => {
        offers.push(deploymentId);
        return offers.length === 1 ? first.promise : Promise.resolve();
      },
    };
    Object.assign(instance, { env: { ...env, POOLS: { getByName: () => pool } } });
  });
  const offering = stub.offer();
  await expect.poll(() => offers).toEqual([spec.id]);
  await stub.claim(runner);
  await stub.revoke(runner.id);
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued', attempt: 1 } });
  first.resolve();
  await offering;
  expect(offers).toEqual([spec.id, spec.id]);
});

test('the same spec created twice is one deployment', async () => {
  const { spec, stub } = await queued();
  await stub.claim(runner);
  expect(await stub.create(spec)).toMatchObject({ record: { status: 'building', attempt: 1 } });
  // Requested again later with the same key: the answer is the first request's.
  const again = await stub.create({ ...spec, createdAt: spec.createdAt + 60_000, environment: 'preview' });
  expect(again.record).toMatchObject({
    createdAt: new Date(spec.createdAt).toISOString(),
    environment: 'production',
  });
});
