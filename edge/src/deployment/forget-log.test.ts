/** A log that retention removes: its object forgets it, and nothing that happens later brings it back. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { objectsOf } from '../storage/index.ts';
import { logKey } from '../storage/keys.ts';
import { forgetAll } from '../testing/worker.ts';
import { sampleSpec } from './testing/sample-spec.ts';

const objects = objectsOf(env);

beforeEach(forgetAll);
afterEach(() => {
  vi.restoreAllMocks();
});

/** A deployment that is queued and has a log of one line in AppFlux's own voice once it is canceled. */
async function queued() {
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
  return { stub, key: logKey(app.id, spec.id) };
}

type Stub = Awaited<ReturnType<typeof queued>>['stub'];

const keptOf = (stub: Stub) =>
  runInDurableObject(stub, (_, { storage }) => ({
    lines: storage.sql.exec('SELECT * FROM log_rows').toArray(),
    tasks: storage.sql
      .exec('SELECT * FROM timers')
      .toArray()
      .filter((timer) => Object.values(timer).includes('archive')),
  }));
const logKeyOf = async (stub: Stub) => (await stub.snapshot())?.record.logKey;

/** What is put at this key in storage meets `fault`; all else reaches it. */
function putting(key: string, fault: (put: () => Promise<Response>) => Promise<Response>) {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const { url, method } = input instanceof Request ? input : { url: String(input), method: init?.method };
    const put = () => real(input, init);
    return method === 'PUT' && decodeURIComponent(url).includes(key) ? fault(put) : put();
  });
}

test('a log that never came into storage is forgotten, and is not put there by a later alarm', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { stub, key } = await queued();
  putting(key, async () => new Response(null, { status: 503 }));
  await stub.cancel('for the test');
  await expect.poll(async () => (await keptOf(stub)).tasks).toHaveLength(1);
  expect((await keptOf(stub)).lines).not.toEqual([]);

  await stub.forgetLog();
  expect(await keptOf(stub)).toEqual({ lines: [], tasks: [] });
  expect(await logKeyOf(stub)).toBe(key);
  expect(await stub.logs(0, 10)).toBeNull();

  vi.restoreAllMocks();
  await evictDurableObject(stub);
  const later = Date.now() + 3_600_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(stub);
  // Nothing is pending, so it has emptied itself.
  const tables = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name IN ('log_rows', 'timers')").toArray(),
  );
  expect(tables).toEqual([]);
  expect(await objects.head(key)).toBeNull();
});

test('a log that is forgotten while it is on its way into storage is taken out again', async () => {
  const { stub, key } = await queued();
  const forgotten = vi.fn();
  await runInDurableObject(stub, (instance) => {
    putting(key, async (put) => {
      const response = await put();
      await instance.forgetLog();
      forgotten();
      return response;
    });
  });
  await stub.cancel('for the test');
  await expect.poll(() => forgotten.mock.calls.length).toBe(1);
  await expect.poll(() => objects.head(key)).toBeNull();
  expect(await keptOf(stub)).toEqual({ lines: [], tasks: [] });
});

test('an archived log is forgotten as often as one likes, and one that goes on is not', async () => {
  const { stub, key } = await queued();
  await stub.forgetLog();
  expect(await logKeyOf(stub)).toBeNull();
  await stub.cancel('for the test');
  await expect.poll(() => logKeyOf(stub)).toBe(key);
  const seq = (await stub.snapshot())?.seq;
  await stub.forgetLog();
  await stub.forgetLog();
  expect((await stub.snapshot())?.seq).toBe(seq);
});
