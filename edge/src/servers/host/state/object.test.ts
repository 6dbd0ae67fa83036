import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import type { StateEnv } from './env.ts';
import { EXPORT_STALL_MS, isRead } from './gate.ts';
import { StateIndexObject } from './index-object.ts';
import { ServerStateObject } from './object.ts';
import type { StatePlace } from './place.ts';

afterEach(() => {
  vi.useRealTimers();
});

const PLACE: StatePlace = { appId: 'a'.repeat(24), scope: 'production', binding: 'STATE' };

/** A state's object and its index, both on the storage of an object of the control plane's: these have no binding here. */
async function withObject(run: (object: ServerStateObject, storage: DurableObjectStorage) => Promise<void>) {
  await runInDurableObject(env.THROTTLES.getByName(crypto.randomUUID()), (_, ctx) => {
    const bindings = {} as StateEnv;
    const index = new StateIndexObject(ctx, bindings);
    Object.assign(bindings, { STATE_INDEX: { getByName: () => index } });
    return run(new ServerStateObject(ctx, bindings), ctx.storage);
  });
}

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
const keysOf = async (object: ServerStateObject) => {
  const answer = await object.list(PLACE, {});
  return answer.ok ? answer.value.keys.map(({ name }) => name) : answer;
};

test('a key is gone when it expires, and its room when the alarm rings', () =>
  withObject(async (object, storage) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_900_000_000_000 });
    await object.write(PLACE, 'soon', bytes('x'.repeat(3_000_000)), { expirationTtl: 60 });
    await object.write(PLACE, 'later', bytes('x'), { expirationTtl: 3600 });
    await object.write(PLACE, 'stays', bytes('x'), {});
    expect(await storage.getAlarm()).toBe(1_900_000_060_000);

    vi.setSystemTime(1_900_000_060_000);
    expect(await keysOf(object)).toEqual(['later', 'stays']);
    expect(await object.read(PLACE, ['soon'])).toEqual({ ok: true, value: [null] });
    const before = object.usage('kv');
    await object.alarm();
    expect(object.usage('kv').entries).toBe(2);
    expect(before.bytes - object.usage('kv').bytes).toBeGreaterThan(2_900_000);
    expect(await storage.getAlarm()).toBe(1_900_003_600_000);

    vi.setSystemTime(1_900_003_600_000);
    await object.alarm();
    expect(await keysOf(object)).toEqual(['stays']);
  }));

test('a value that is written again has its new expiration alone', () =>
  withObject(async (object) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_900_000_000_000 });
    await object.write(PLACE, 'a', bytes('x'), { expirationTtl: 60 });
    await object.write(PLACE, 'a', bytes('y'), {});
    vi.setSystemTime(1_900_000_061_000);
    await object.alarm();
    expect(await keysOf(object)).toEqual(['a']);
  }));

test('an entry may expire when no date is', () =>
  withObject(async (object, storage) => {
    expect(await object.write(PLACE, 'a', bytes('x'), { expiration: 1e300 })).toMatchObject({ ok: true });
    expect(await keysOf(object)).toEqual(['a']);
    expect(await storage.getAlarm()).not.toBeNull();
  }));

const withIndex = (run: (index: StateIndexObject, storage: DurableObjectStorage) => Promise<void>) =>
  runInDurableObject(env.THROTTLES.getByName(crypto.randomUUID()), (_, ctx) =>
    run(new StateIndexObject(ctx, {} as StateEnv), ctx.storage),
  );
const FORK = { ...PLACE, scope: `fork-${'b'.repeat(24)}` } as const;

test('a server that still runs stores nothing once its app was removed, also if it never had', () =>
  withIndex(async (index) => {
    expect(await index.removeAll(PLACE.appId, null)).toBe(0);
    for (const place of [PLACE, FORK]) expect(index.admit(place, 'kv', 0)).toEqual({ outcome: 'removed' });
  }));

test('neither does that of a fork whose deployment was removed; others of the app do', () =>
  withIndex(async (index, storage) => {
    expect(await index.removeAll(PLACE.appId, FORK.scope)).toBe(0);
    expect(storage.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'removed'").toArray()).toEqual([]);
    expect(index.admit(PLACE, 'kv', 0)).toMatchObject({ outcome: 'ok' });
    expect(await index.removeAll(PLACE.appId, FORK.scope)).toBe(0);
    expect(index.admit(FORK, 'kv', 0)).toEqual({ outcome: 'removed' });
    expect(index.admit(PLACE, 'kv', 0)).toMatchObject({ outcome: 'ok' });
  }));

test('blanks and comments are no statements, however many they are', () =>
  withObject(async (object) => {
    const none = { ok: false, message: 'No SQL statements detected.' };
    for (const sql of ['', ' \n\t', '-- a', '  -- a\n-- b\n', '\n'.repeat(90_000)]) {
      expect(await run(object, sql)).toMatchObject(none);
    }
    expect(await run(object, `${'\n'.repeat(90_000)}SELECT 1`)).toMatchObject({ ok: true });
    expect(await run(object, 'x'.repeat(1_000_000))).toMatchObject({
      ok: false,
      message: expect.stringContaining('statement too long'),
    });
    const lines = ['-- a', 'SELECT 1', 'SELEC'].map((sql) => ({ sql, params: [] }));
    expect(await object.run(PLACE, lines)).toMatchObject({ ok: false, at: 2 });
  }));

const run = (object: ServerStateObject, sql: string) => object.run(PLACE, [{ sql, params: [] }]);
const FILL =
  'INSERT INTO a WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50) SELECT hex(randomblob(5000)) FROM c';

test('what a site writes waits while a database is exported, and what it reads does not', () =>
  withObject(async (object) => {
    await run(object, 'CREATE TABLE a (x)');
    await run(object, FILL);
    const reader = (await object.export('sqlite')).getReader();
    const first = await reader.read();
    let isWritten = false;
    const writing = run(object, "INSERT INTO a VALUES ('afterwards')").then(() => {
      isWritten = true;
    });
    expect(await run(object, 'SELECT count(*) FROM a')).toMatchObject({ value: [{ rows: [[50]] }] });
    expect(await run(object, 'SELECT * FROM nothing')).toMatchObject({ ok: false });
    expect(isWritten).toBe(false);
    let text = new TextDecoder().decode(first.value);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += new TextDecoder().decode(part.value);
    }
    await writing;
    expect(text.match(/INSERT INTO "a"/g)).toHaveLength(50);
    expect(text).toMatch(/COMMIT;\n$/);
    expect(text).not.toContain('afterwards');
    expect(await run(object, 'SELECT count(*) FROM a')).toMatchObject({ value: [{ rows: [[51]] }] });
  }));

test.each([
  ['is canceled', (reader: ReadableStreamDefaultReader) => reader.cancel(), 'done'],
  [
    'is not read any more',
    () => vi.advanceTimersByTimeAsync(EXPORT_STALL_MS),
    'The export took too long: the site writes to the database again.',
  ],
])('an export that %s holds no one up', (_, stop, end) =>
  withObject(async (object) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await run(object, 'CREATE TABLE a (x)');
    await run(object, FILL);
    const reader = (await object.export('sqlite')).getReader();
    await reader.read();
    const writing = run(object, "INSERT INTO a VALUES ('afterwards')");
    await stop(reader);
    expect(await writing).toMatchObject({ ok: true });
    // What went on would not be of one moment.
    expect(await endOf(reader)).toBe(end);
  }),
);

/** How a stream ends. */
async function endOf(reader: ReadableStreamDefaultReader): Promise<string> {
  try {
    while (!(await reader.read()).done);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  ['SELECT 1', true],
  ['  select a from b;  ', true],
  ['VALUES (1)', true],
  ['EXPLAIN SELECT 1', true],
  ['SELECT 1; DELETE FROM a', false],
  ['WITH x AS (SELECT 1) DELETE FROM a', false],
  ['/* */ DELETE FROM a', false],
  ['-- SELECT\nDELETE FROM a', false],
  ['INSERT INTO a SELECT 1', false],
  ['selected', false],
  ['PRAGMA optimize', false],
  [`SELECT${' '.repeat(90_000)};x`, false],
])('%.40s only reads: %s', (sql, expected) => {
  expect(isRead(sql)).toBe(expected);
});
