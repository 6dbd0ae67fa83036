/** The object of an app's servers: what it keeps, for how long, and who follows it. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { RUNTIME_LIMITS, RuntimeFrame, type RuntimeLine } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newObjectId } from '../../metadata/object-id.ts';
import { runtimeOf } from '../../objects/runtime.ts';
import { bucketOf } from './histogram.ts';
import type { AppBatch } from './object.ts';
import type { NewCounts, NewLine } from './store.ts';

const DEPLOYMENT = '66f2a1c04b7e9d0000000002';
const PREVIEW = '66f2a1c04b7e9d0000000003';
const HOUR = 3_600_000;

let appId: string;
beforeEach(() => {
  appId = newObjectId();
});
afterEach(() => vi.useRealTimers());

const line = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  at: '2026-11-29T12:00:00.000Z',
  kind: 'console',
  level: 'info',
  text,
  stack: null,
  request: null,
  cron: null,
  deploymentId: DEPLOYMENT,
  environment: 'production',
  place: null,
  ...more,
});
const counted = (at: string, more: Partial<NewCounts> = {}): NewCounts => ({
  at,
  requests: 1,
  errors: 0,
  cpuMs: 2,
  durations: [[bucketOf(10), 1]],
  deploymentId: DEPLOYMENT,
  environment: 'production',
  ...more,
});
const object = () => runtimeOf(env, appId);
const append = (lines: NewLine[], counts: NewCounts[] = [], id: string = crypto.randomUUID()) =>
  object().append({ id, lines, counts } satisfies AppBatch);
const texts = (lines: readonly RuntimeLine[]) => lines.map(({ text }) => text);
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(`line ${from + index}`));

/** How many rows its tables have. */
const rows = () =>
  runInDurableObject(env.RUNTIME.getByName(appId), (_, { storage: { sql } }) => {
    const tables = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray();
    const has = (name: string) => tables.some((table) => table.name === name);
    const count = (name: string) =>
      has(name) ? Number(sql.exec(`SELECT count(*) AS n FROM ${name}`).one().n) : 0;
    return { lines: count('lines'), hours: count('hours'), notes: count('notes') };
  });

test('pages go forwards, backwards and from the end, over rows, without a gap or a repeat', async () => {
  for (let n = 0; n < 30; n += 1) await append([line(`${n} ${'x'.repeat(7_000)}`), line(`${n}`)]);
  expect((await rows()).lines).toBeGreaterThan(2);
  const all: RuntimeLine[] = [];
  for (let after = 0; ; ) {
    const page = await object().page({ after, limit: 7, filter: {} });
    all.push(...page.items);
    if (page.nextAfter >= page.lastSeq) break;
    after = page.nextAfter;
  }
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  const back: RuntimeLine[] = [];
  for (let before: number | undefined; ; ) {
    const page = await object().page({ before, limit: 7, filter: {} });
    back.unshift(...page.items);
    if (page.previousBefore === null) break;
    before = page.previousBefore;
  }
  expect(back).toEqual(all);
  const newest = await object().page({ limit: 2, filter: {} });
  expect(newest).toMatchObject({ lastSeq: 60, nextAfter: 60, previousBefore: 59 });
  expect(await object().page({ after: 60, limit: 2, filter: {} })).toMatchObject({
    items: [],
    nextAfter: 60,
    previousBefore: 61,
  });
});

test('lines are filtered by environment, deployment and level', async () => {
  await append([
    line('a', { level: 'debug' }),
    line('b', { level: 'error' }),
    line('c', { environment: 'preview', deploymentId: PREVIEW, level: 'warn' }),
    line('d'),
  ]);
  const filtered = async (filter: Parameters<ReturnType<typeof object>['page']>[0]['filter']) =>
    texts((await object().page({ after: 0, limit: 100, filter })).items);
  expect(await filtered({ environment: 'production' })).toEqual(['a', 'b', 'd']);
  expect(await filtered({ deploymentId: PREVIEW })).toEqual(['c']);
  expect(await filtered({ level: 'warn' })).toEqual(['b', 'c']);
  expect(await filtered({ level: 'info', environment: 'production' })).toEqual(['b', 'd']);
  const page = await object().page({ after: 0, limit: 1, filter: { level: 'error' } });
  // What does not match needs not be asked for again.
  expect(page).toMatchObject({ nextAfter: 4, items: [{ text: 'b' }] });
});

test('a batch that arrives twice counts once', async () => {
  const id = crypto.randomUUID();
  for (let n = 0; n < 2; n += 1) await append([line('once')], [counted('2026-11-29T12:00:00.000Z')], id);
  await append([line('other')], [counted('2026-11-29T12:00:00.000Z')]);
  expect(texts((await object().page({ limit: 10, filter: {} })).items)).toEqual(['once', 'other']);
  expect(await rows()).toMatchObject({ lines: 1, hours: 1 });
});

test('one app never sees another', async () => {
  await append([line('mine')], [counted(new Date().toISOString())]);
  appId = newObjectId();
  expect(await object().page({ limit: 10, filter: {} })).toMatchObject({ items: [], lastSeq: 0 });
  expect((await object().analytics({ hours: 24 })).totals.requests).toBe(0);
});

test('hours add up, and say how fast most requests were', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-29T12:30:00.000Z'), toFake: ['Date'] });
  const slow: NewCounts['durations'] = [[bucketOf(2_000), 10]];
  await append([], [counted('2026-11-29T12:00:00.000Z', { requests: 90, durations: [[bucketOf(10), 90]] })]);
  await append([], [counted('2026-11-29T12:00:00.000Z', { requests: 10, errors: 3, durations: slow })]);
  await append([], [counted('2026-11-29T10:00:00.000Z', { environment: 'preview', deploymentId: PREVIEW })]);
  await append([], [counted('2026-11-28T12:00:00.000Z')]);
  const { hours, totals } = await object().analytics({ hours: 24 });
  expect(hours).toHaveLength(24);
  expect(hours.map(({ at }) => at).slice(-3)).toEqual([
    '2026-11-29T10:00:00.000Z',
    '2026-11-29T11:00:00.000Z',
    '2026-11-29T12:00:00.000Z',
  ]);
  expect(hours.at(-1)).toMatchObject({ requests: 100, errors: 3, cpuMs: 4 });
  expect(hours.at(-1)?.p50Ms).toBeLessThan(12);
  expect(hours.at(-1)?.p95Ms).toBeGreaterThan(1_700);
  expect(hours.at(-2)).toMatchObject({ requests: 0, p50Ms: null });
  expect(totals.requests).toBe(101);
  expect((await object().analytics({ hours: 24, environment: 'preview' })).totals.requests).toBe(1);
  expect((await object().analytics({ hours: 1 })).hours).toHaveLength(1);
  expect((await rows()).hours).toBe(3);
});

test('the deployments of an hour beyond 200 are counted together', async () => {
  const many = Array.from({ length: 260 }, (_, n) =>
    counted('2026-11-29T12:00:00.000Z', {
      deploymentId: `66f2a1c04b7e9d0000001${String(n).padStart(3, '0')}`,
    }),
  );
  vi.useFakeTimers({ now: Date.parse('2026-11-29T12:30:00.000Z'), toFake: ['Date'] });
  await append([], many);
  expect((await rows()).hours).toBe(201);
  expect((await object().analytics({ hours: 1 })).totals.requests).toBe(260);
});

test('lines are kept for 24 hours, hours for 35 days, and then nothing; numbers are not used again meanwhile', async () => {
  const start = Date.parse('2026-11-29T12:00:00.000Z');
  vi.useFakeTimers({ now: start, toFake: ['Date'] });
  const stub = env.RUNTIME.getByName(appId);
  await append([line('old')], [counted('2026-11-29T12:00:00.000Z')]);
  vi.setSystemTime(start + 23 * HOUR);
  await append([line('new')]);
  expect(texts((await object().page({ limit: 10, filter: {} })).items)).toEqual(['old', 'new']);
  vi.setSystemTime(start + 24 * HOUR);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(texts((await object().page({ limit: 10, filter: {} })).items)).toEqual(['new']);
  vi.setSystemTime(start + 48 * HOUR);
  await runDurableObjectAlarm(stub);
  expect(await rows()).toMatchObject({ lines: 0, hours: 1 });
  await append([line('later')]);
  expect((await object().page({ limit: 10, filter: {} })).items).toMatchObject([{ seq: 3, text: 'later' }]);
  vi.setSystemTime(start + 36 * 24 * HOUR);
  await runDurableObjectAlarm(stub);
  expect(await rows()).toEqual({ lines: 0, hours: 0, notes: 0 });
});

test('more than 10 MB of lines are not kept: the oldest go first', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-29T12:00:00.000Z'), toFake: ['Date'] });
  for (let n = 0; n < 60; n += 1) {
    // Deployments of their own: one alone may not log so much.
    const deploymentId = `66f2a1c04b7e9d00000020${String(n).padStart(2, '0')}`;
    await append(Array.from({ length: 30 }, () => line('x'.repeat(8_000), { deploymentId })));
  }
  const { bytes } = await runInDurableObject(env.RUNTIME.getByName(appId), (_, { storage: { sql } }) =>
    sql.exec<{ bytes: number }>('SELECT sum(bytes) AS bytes FROM lines').one(),
  );
  expect(bytes).toBeLessThanOrEqual(RUNTIME_LIMITS.keptBytes);
  expect(bytes).toBeGreaterThan(RUNTIME_LIMITS.keptBytes * 0.9);
  expect((await object().page({ limit: 1, filter: {} })).lastSeq).toBe(1_800);
});

test('a deployment keeps to its limit, however many isolates send for it', async () => {
  for (let n = 0; n < 3; n += 1) await append(numbered(1, 600));
  expect((await object().page({ limit: 1, filter: {} })).lastSeq).toBe(RUNTIME_LIMITS.linesPerMinute);
});

test('an app that was removed leaves nothing, and what arrives late is dropped', async () => {
  const start = Date.now();
  await append([line('x')], [counted(new Date(start).toISOString())]);
  await object().destroy();
  await append([line('late')], [counted(new Date(start).toISOString())]);
  expect(await rows()).toEqual({ lines: 0, hours: 0, notes: 1 });
  vi.useFakeTimers({ now: start + 2 * HOUR, toFake: ['Date'] });
  await runDurableObjectAlarm(env.RUNTIME.getByName(appId));
  expect(await rows()).toEqual({ lines: 0, hours: 0, notes: 0 });
});

/** A viewer, with the lines it got. */
async function viewer(query: Record<string, string> = {}) {
  const search = new URLSearchParams({ by: 'user one', ...query });
  const answer = await object().fetch(
    new Request(`https://runtime/viewer?${search}`, { headers: { Upgrade: 'websocket' } }),
  );
  const socket = answer.webSocket;
  if (!socket) return { status: answer.status, lines: [], frames: [], socket: null };
  const frames: RuntimeFrame[] = [];
  const lines: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const frame = RuntimeFrame.parse(JSON.parse(String(data)));
    frames.push(frame);
    if (frame.type === 'lines') lines.push(...texts(frame.lines));
  });
  socket.accept();
  return { status: answer.status, lines, frames, socket };
}

test('viewers get the lines after a number and then new ones, only those that match', async () => {
  await append(numbered(1, 250));
  const whole = await viewer({ after: '0' });
  const fresh = await viewer();
  const errors = await viewer({ after: '248', level: 'error' });
  const preview = await viewer({ environment: 'preview' });
  await append([line('new'), line('bad', { level: 'error' })]);
  await expect.poll(() => whole.lines.length).toBe(252);
  await expect.poll(() => errors.lines).toEqual(['bad']);
  expect(whole.lines).toEqual([...numbered(1, 250).map(({ text }) => text), 'new', 'bad']);
  expect(fresh.lines).toEqual(['new', 'bad']);
  expect(fresh.frames[0]).toEqual({ type: 'lines', lines: [], upTo: 250 });
  expect(preview.lines).toEqual([]);
});

test('a viewer that is ahead of the log is sent back', async () => {
  await append([line('one')]);
  const ahead = await viewer({ after: '50' });
  await append([line('two')]);
  await expect.poll(() => ahead.lines).toEqual(['two']);
  expect(ahead.frames[0]).toEqual({ type: 'rewind', lastSeq: 1 });
});

test('one person has 40 connections at most', async () => {
  for (let n = 0; n < 40; n += 1) expect((await viewer()).status).toBe(101);
  expect((await viewer()).status).toBe(429);
  expect((await viewer({ by: 'user two' })).status).toBe(101);
});
