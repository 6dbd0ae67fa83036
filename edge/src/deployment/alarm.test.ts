/** An alarm that throws is tried again six times by the platform, and is then gone: nothing here may let it throw. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { CLOSE, FAILURE_LOCATION, LEASE_MS } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { objectsOf } from '../storage/index.ts';
import { connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll } from '../testing/worker.ts';
import type { DeploymentObject } from './object.ts';
import { sampleSpec } from './testing/sample-spec.ts';

beforeEach(async () => {
  await forgetAll();
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A deployment that a runner is building. */
async function building() {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    createdAt: Date.now(),
  });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await stub.create(spec);
  await stub.offer();
  await expect.poll(() => stub.unconfirmed()).toBeNull();
  const runner = await givenRunner(app.ownerId);
  const grant = await leaseOf(spec.id, runner);
  return { spec, stub, runner, grant };
}

type Stub = DurableObjectStub<DeploymentObject>;

const inStorage = <Result>(stub: Stub, work: (storage: DurableObjectStorage) => Result | Promise<Result>) =>
  runInDurableObject(stub, (_, { storage }) => work(storage));

/** The tables that a deployment's object has, found in the object itself. */
const tablesOf = (stub: Stub): Promise<string[]> =>
  inStorage(stub, ({ sql }) =>
    sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name),
  );

const rename = (stub: Stub, from: string, to: string) =>
  inStorage(stub, ({ sql }) => {
    sql.exec(`ALTER TABLE ${from} RENAME TO ${to}`);
  });

const ringsAt = (stub: Stub) => inStorage(stub, (storage) => storage.getAlarm());

const afterLease = () => vi.spyOn(Date, 'now').mockReturnValue(Date.now() + LEASE_MS + 1_000);

describe('a lease ends, although SQL fails when it is over', () => {
  test('whichever table cannot be used', async () => {
    const tables = await tablesOf((await building()).stub);
    expect(tables).toEqual(expect.arrayContaining(['timers', 'log_rows', 'artifacts']));
    for (const table of tables) {
      const { stub } = await building();
      await rename(stub, table, 'out_of_order');
      const over = afterLease();
      await runDurableObjectAlarm(stub);
      const next = await ringsAt(stub);
      expect(next, table).toEqual(expect.any(Number));

      await rename(stub, 'out_of_order', table);
      over.mockRestore();
      vi.spyOn(Date, 'now').mockReturnValue(Number(next));
      await runDurableObjectAlarm(stub);
      vi.spyOn(Date, 'now').mockRestore();
      expect(await stub.snapshot(), table).toMatchObject({ record: { status: 'queued', attempt: 1 } });
      const { items = [] } = (await stub.logs(0, 100)) ?? {};
      expect(
        items.filter(({ text }) => text.includes('gave no sign of life')),
        table,
      ).toHaveLength(1);
    }
  });

  test('with lines that could not be written: those of the runner come first, and none is lost or doubled', async () => {
    const { stub, runner, grant } = await building();
    const { send, next } = await connectAttempt(grant, runner.credential);
    const line = { at: new Date().toISOString(), stream: 'stdout', phase: 'building' };
    send({ type: 'lines', lines: [1, 2].map((seq) => ({ seq, ...line, text: `line ${seq}` })) });
    // An answer to a gap shows that what came before it has been taken.
    send({ type: 'lines', lines: [{ seq: 9, ...line, text: 'line 9' }] });
    await next('resume');
    await rename(stub, 'log_rows', 'out_of_order');
    const over = afterLease();
    await runDurableObjectAlarm(stub);
    expect(await stub.snapshot()).toMatchObject({ record: { status: 'building', attempt: 1 } });
    await rename(stub, 'out_of_order', 'log_rows');
    // An alarm that is late by this much may be a clock that has jumped: the runner gets one more term.
    for (let terms = 0; terms < 2; terms += 1) {
      over.mockReturnValue(Date.now() + LEASE_MS);
      await runDurableObjectAlarm(stub);
    }
    over.mockRestore();
    expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued', attempt: 1 } });
    const { items = [] } = (await stub.logs(0, 100)) ?? {};
    expect(items.map(({ seq, text }) => [seq, text])).toEqual([
      [1, 'line 1'],
      [2, 'line 2'],
      [3, expect.stringContaining('may be missing here')],
      [4, expect.stringContaining('gave no sign of life')],
    ]);
  });
});

test('while it fails, an alarm rings less and less often, and as usual when all is well again', async () => {
  const { stub } = await building();
  await rename(stub, 'timers', 'out_of_order');
  let now = Date.now() + LEASE_MS + 1_000;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
  const waits: number[] = [];
  for (let tries = 0; tries < 6; tries += 1) {
    await runDurableObjectAlarm(stub);
    const next = Number(await ringsAt(stub));
    waits.push(next - now);
    now = next;
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  await rename(stub, 'out_of_order', 'timers');
  await runDurableObjectAlarm(stub);
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued' } });
  clock.mockRestore();
});

test('a frame that could not be handled ends the connection, so that the runner sends it again', async () => {
  const { stub, runner, grant } = await building();
  const first = await connectAttempt(grant, runner.credential);
  await first.next('welcome');
  await rename(stub, 'timers', 'out_of_order');
  const location = { path: 'src/a.ts', line: 3, column: 1, seq: 7 };
  const failed = { code: 'build_failed', message: 'no', phase: 'building', hint: 'none', location };
  first.send({ type: 'finish', result: { status: 'failed', failure: failed } });
  expect(await first.closed).toMatchObject({ code: CLOSE.fault });
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'building' } });
  await rename(stub, 'out_of_order', 'timers');
  const second = await connectAttempt(grant, runner.credential);
  // What runners look for before they send a location.
  expect(await second.next('welcome')).toMatchObject({ accepts: expect.arrayContaining([FAILURE_LOCATION]) });
  second.send({ type: 'finish', result: { status: 'failed', failure: failed } });
  await second.next('finished');
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'failed', failure: failed } });
});

test('an alarm that the platform has given up is set again when the object is next used', async () => {
  const { stub } = await building();
  await inStorage(stub, (storage) => storage.deleteAlarm());
  await evictDurableObject(stub);
  afterLease().mockReturnValue(Date.now() + LEASE_MS + 120_000);
  await stub.snapshot();
  await expect.poll(() => ringsAt(stub)).toEqual(expect.any(Number));
  await runDurableObjectAlarm(stub);
  vi.spyOn(Date, 'now').mockRestore();
  expect(await stub.snapshot()).toMatchObject({ record: { status: 'queued', attempt: 1 } });
});

test('what a deleted deployment left behind is removed, although storage fails at first', async () => {
  const { spec, stub, runner, grant } = await building();
  const { send, next } = await connectAttempt(grant, runner.credential);
  send({
    type: 'upload',
    request: 'one',
    name: 'late.bin',
    size: 4,
    sha256: '0'.repeat(64),
    contentType: 'application/octet-stream',
    meta: {},
  });
  const url = (await next('upload_granted')).parts?.[0]?.url ?? '';
  expect(await stub.destroy()).toBe(true);
  await fetch(url, { method: 'PUT', body: 'late' });
  await runInDurableObject(stub, (_, { storage }) => {
    vi.spyOn(storage, 'get').mockRejectedValueOnce(new Error('storage is down'));
  });
  const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_700_000);
  await runDurableObjectAlarm(stub);
  expect(await ringsAt(stub)).toEqual(expect.any(Number));
  later.mockReturnValue(Date.now() + 600_000);
  await runDurableObjectAlarm(stub);
  expect((await objectsOf(env).list(`apps/${spec.app.id}/`)).keys).toEqual([]);
});
