/** What a sender may use, seen from its side of the socket. Every kind of frame is flooded in e2e/faults/flood.test.ts. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { CLOSE, ErrorBody, type Grant, LEASE_TOKEN_HEADER, LOGS_SUBPROTOCOL } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MOST_LETTERS } from '../dead-letters/object.ts';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { MOST_VIEWERS, MOST_VIEWERS_OF_ONE } from '../logs/viewers.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';

/** The clock stands still unless a test moves it: nothing comes back by itself. */
let now: number;

beforeEach(async () => {
  await forgetAll();
  now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function building() {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const { id: appId, ownerId, slug, name } = app;
  const spec = sampleSpec({ id: newObjectId(), ownerId, app: { id: appId, slug, name }, createdAt: now });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await stub.create(spec);
  const runner = await givenRunner(ownerId);
  return { spec, stub, runner, grant: await leaseOf(spec.id, runner) };
}

const upgrade = (path: string, token: string, headers: Record<string, string> = {}) =>
  request(path, { token, headers: { Upgrade: 'websocket', ...headers } });

const attemptUpgrade = ({ deploymentId, attempt, leaseToken }: Grant, credential: string) =>
  upgrade(`/api/deployments/${deploymentId}/attempts/${attempt}/connect`, credential, {
    [LEASE_TOKEN_HEADER]: leaseToken,
  });

/** The refusal of an upgrade. */
async function refusal(answer: Response) {
  const { error } = ErrorBody.parse(await answer.json());
  return { status: answer.status, code: error.code, retryAfter: answer.headers.get('Retry-After') };
}

const phases = ['scanning', 'building'];
const phase = (n: number) => ({ type: 'phase', phase: phases[n % 2], at: new Date(now).toISOString() });

/** Lines whose answer shows that all that was sent before them has been handled. */
const gap = () => ({
  type: 'lines',
  lines: [{ seq: 2, at: phase(0).at, stream: 'stdout', phase: null, text: '' }],
});

describe('a runner that sends more than an attempt may', () => {
  test('is closed, refused for some seconds, and then goes on with what has come back', async () => {
    const { stub, runner, grant } = await building();
    const first = await connectAttempt(grant, runner.credential);
    // 10,000 units, 25 for each phase.
    for (let n = 0; n < 401; n += 1) first.send(phase(n));
    expect(await first.closed).toEqual({
      code: CLOSE.tooManyFrames,
      reason: 'Too many frames: connect again in 5 seconds',
    });
    expect(await refusal(await attemptUpgrade(grant, runner.credential))).toEqual({
      status: 429,
      code: 'too_many_requests',
      retryAfter: '5',
    });
    now += 5_000;
    const second = await connectAttempt(grant, runner.credential);
    await second.next('welcome');
    // 1,000 units have come back, and no more.
    for (let n = 0; n < 41; n += 1) second.send(phase(n));
    expect(await second.closed).toMatchObject({ code: CLOSE.tooManyFrames });
    expect(await stub.snapshot()).toMatchObject({ record: { status: 'building', attempt: 1 } });
  });

  test('gets nothing back by letting the object sleep', async () => {
    const { stub, runner, grant } = await building();
    const { send, closed, next } = await connectAttempt(grant, runner.credential);
    await next('welcome');
    for (let n = 0; n < 300; n += 1) send(phase(n));
    send(gap());
    await next('resume');
    await evictDurableObject(stub);
    for (let n = 0; n < 141; n += 1) send(phase(n));
    expect(await closed).toMatchObject({ code: CLOSE.tooManyFrames });
  });

  test('changes phases without end: so many are recorded', async () => {
    const { stub, runner, grant } = await building();
    const { send, next } = await connectAttempt(grant, runner.credential);
    await next('welcome');
    for (let n = 0; n < 100; n += 1) send(phase(n));
    send(gap());
    await next('resume');
    expect((await stub.snapshot())?.record.phases).toHaveLength(32);
  });

  test('asks for many uploads at the same time: some are put off, and may be asked for again', async () => {
    const { runner, grant } = await building();
    const { send, next } = await connectAttempt(grant, runner.credential);
    await next('welcome');
    for (let n = 0; n < 40; n += 1)
      send({
        type: 'upload',
        request: `upload ${n}`,
        name: `${n}.bin`,
        // In parts, so that storage is asked.
        size: 20_000_000,
        sha256: '0'.repeat(64),
        contentType: 'application/octet-stream',
        meta: {},
      });
    expect(await next('upload_refused')).toMatchObject({ again: true });
  });
});

describe('a runner that connects again and again', () => {
  test('to its attempt is refused after so many times', async () => {
    const { runner, grant } = await building();
    for (let n = 0; n < 30; n += 1) (await attemptUpgrade(grant, runner.credential)).webSocket?.accept();
    expect(await refusal(await attemptUpgrade(grant, runner.credential))).toMatchObject({
      status: 429,
      retryAfter: '2',
    });
    now += 2_000;
    expect((await attemptUpgrade(grant, runner.credential)).status).toBe(101);
  });

  test('to its pool is refused after so many times, and the connection that it has stays', async () => {
    const { spec, runner } = await building();
    let last: WebSocket | null = null;
    for (let n = 0; n < 30; n += 1) {
      last = (await upgrade('/api/pool/connect', runner.credential)).webSocket;
      last?.accept();
    }
    expect(await refusal(await upgrade('/api/pool/connect', runner.credential))).toMatchObject({
      status: 429,
    });
    last?.send(JSON.stringify({ type: 'hello', version: '1', labels: [], slots: 1, running: [] }));
    await expect
      .poll(async () => (await env.POOLS.getByName(spec.ownerId).online()).map(({ id }) => id))
      .toEqual([runner.id]);
    // Another runner of the team has its own allowance.
    const other = await givenRunner(spec.ownerId);
    expect((await upgrade('/api/pool/connect', other.credential)).status).toBe(101);
  });
});

test('a frame to the pool that is larger than any is refused', async () => {
  const { runner } = await building();
  const { webSocket } = await upgrade('/api/pool/connect', runner.credential);
  const closed = new Promise((resolve) => webSocket?.addEventListener('close', ({ code }) => resolve(code)));
  webSocket?.accept();
  webSocket?.send('x'.repeat(70_000));
  expect(await closed).toBe(CLOSE.tooLarge);
});

test('so many may follow a log, and so many connections of one person', async () => {
  const { stub } = await building();
  const follow = (by: string) =>
    stub.fetch(`http://object/viewer?${new URLSearchParams({ after: '0', by })}`, {
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
    });
  const admitted = async (by: string, connections: number) => {
    for (let n = 0; n < connections; n += 1) {
      const answer = await follow(by);
      expect(answer.status).toBe(101);
      answer.webSocket?.accept();
    }
  };
  await admitted('user one', MOST_VIEWERS_OF_ONE);
  expect(await refusal(await follow('user one'))).toEqual({
    status: 429,
    code: 'too_many_requests',
    retryAfter: '30',
  });
  for (let left = MOST_VIEWERS - MOST_VIEWERS_OF_ONE, n = 0; left > 0; left -= MOST_VIEWERS_OF_ONE, n += 1)
    await admitted(`user of many ${n}`, Math.min(left, MOST_VIEWERS_OF_ONE));
  expect(await refusal(await follow('user two'))).toMatchObject({ status: 429 });
});

test('dead letters are bounded: the oldest goes', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const letters = env.DEAD_LETTERS.getByName('all');
  await runInDurableObject(letters, (_, { storage }) => {
    storage.sql.exec(
      `INSERT INTO dead_letters (id, message, failed_at)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT printf('%024x', i), json_object('kind', 'offer', 'deploymentId', printf('%024x', i)), '2026-01-01' FROM n`,
      MOST_LETTERS,
    );
  });
  const newest = newObjectId();
  await letters.add({ kind: 'offer', deploymentId: newest }, new Date(now).toISOString());
  const kept = await runInDurableObject(letters, (_, { storage }) =>
    storage.sql.exec('SELECT count(*) AS kept, min(id) AS oldest FROM dead_letters').one(),
  );
  expect(kept).toEqual({ kept: MOST_LETTERS, oldest: (2).toString(16).padStart(24, '0') });
  expect((await letters.list({ limit: 1 })).items).toMatchObject([{ message: { deploymentId: newest } }]);
});
