import { RUNTIME_LIMITS, RuntimeBatch, type RuntimeEvent, type RuntimeSubject } from '@appflux/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { Recorder } from './recorder.ts';

const SUBJECT: RuntimeSubject = {
  appId: '66f2a1c04b7e9d0000000001',
  deploymentId: '66f2a1c04b7e9d0000000002',
  environment: 'production',
};
const OTHER = { ...SUBJECT, appId: '66f2a1c04b7e9d0000000003', deploymentId: '66f2a1c04b7e9d0000000004' };
const event = (text: string): RuntimeEvent => ({
  at: '2026-11-29T12:00:00.000Z',
  kind: 'console',
  level: 'info',
  text,
  stack: null,
  request: null,
  cron: null,
});

afterEach(() => vi.restoreAllMocks());

/** A recorder with a clock of its own; `settle` lets the time pass until nothing more is to be sent. */
function world(fails: (sent: number) => boolean = () => false) {
  const running: Promise<unknown>[] = [];
  const batches: RuntimeBatch[] = [];
  const tries: string[] = [];
  const sentAt: number[] = [];
  const clock = { now: Date.UTC(2026, 10, 29, 12, 59, 50) };
  const recorder = new Recorder({
    now: () => clock.now,
    pause: async (milliseconds) => {
      clock.now += milliseconds;
    },
    send: async (batch) => {
      tries.push(batch.id);
      if (fails(tries.length)) throw new Error('away');
      sentAt.push(clock.now);
      batches.push(RuntimeBatch.parse(JSON.parse(JSON.stringify(batch))));
    },
  });
  const ctx = { waitUntil: (work: Promise<unknown>) => void running.push(work) };
  const settle = async () => {
    for (let work = running.shift(); work !== undefined; work = running.shift()) await work;
  };
  return { recorder, ctx, clock, batches, tries, sentAt, running, settle };
}
const entries = (batches: RuntimeBatch[]) => batches.flatMap((batch) => batch.entries);

test('thousands of requests are one batch with one entry a site, and no request waits for it', async () => {
  const { recorder, ctx, batches, running, settle } = world();
  for (let n = 0; n < 5_000; n += 1) recorder.count(SUBJECT, n % 100 === 0 ? 500 : 200, n % 7, ctx);
  recorder.count(OTHER, null, 100_000, ctx);
  recorder.spend(SUBJECT, 12.5, ctx);
  recorder.spend(SUBJECT, 0, ctx);
  expect(running).toHaveLength(1);
  await settle();
  expect(batches).toHaveLength(1);
  expect(entries(batches)).toMatchObject([
    {
      ...SUBJECT,
      events: [],
      counts: [{ at: '2026-11-29T12:00:00.000Z', requests: 5_000, errors: 50, cpuMs: 12.5 }],
    },
    { ...OTHER, counts: [{ requests: 1, errors: 1, cpuMs: 0 }] },
  ]);
  const [{ counts: [first] = [] } = { counts: [] }] = entries(batches);
  expect(first?.durations.reduce((sum, [, count]) => sum + count, 0)).toBe(5_000);
});

test('the first line is sent soon, and batches are five seconds apart', async () => {
  const { recorder, ctx, clock, sentAt, settle } = world();
  const start = clock.now;
  recorder.log(SUBJECT, [event('one')], ctx);
  await settle();
  recorder.log(SUBJECT, [event('two')], ctx);
  await settle();
  clock.now += 60_000;
  recorder.log(SUBJECT, [event('three')], ctx);
  await settle();
  expect(sentAt.map((at) => at - start)).toEqual([250, 5_250, 65_500]);
});

test('requests of two hours are counted apart', async () => {
  const { recorder, ctx, clock, batches, settle } = world();
  recorder.count(SUBJECT, 200, 1, ctx);
  clock.now += 20_000;
  recorder.count(SUBJECT, 200, 1, ctx);
  await settle();
  expect(entries(batches)[0]?.counts.map(({ at, requests }) => [at, requests])).toEqual([
    ['2026-11-29T12:00:00.000Z', 1],
    ['2026-11-29T13:00:00.000Z', 1],
  ]);
});

test('a deployment that prints 100,000 lines a second keeps 1,000 a minute, and the rest is counted', async () => {
  const { recorder, ctx, clock, batches, settle } = world();
  for (let n = 0; n < 100; n += 1)
    recorder.log(
      SUBJECT,
      Array.from({ length: 1_000 }, (_, line) => event(`${n} ${line}`)),
      ctx,
    );
  recorder.log(OTHER, [event('of another app')], ctx);
  await settle();
  const lines = entries(batches).flatMap(({ appId, events }) => events.map((line) => ({ appId, ...line })));
  const own = lines.filter(({ appId }) => appId === SUBJECT.appId);
  expect(own.filter(({ kind }) => kind === 'console')).toHaveLength(RUNTIME_LIMITS.linesPerMinute);
  expect(own.filter(({ kind }) => kind === 'notice').map(({ text }) => text)).toEqual([
    '99000 lines were dropped: a deployment can log 1000 lines or 256 KB per minute.',
  ]);
  expect(lines.filter(({ appId }) => appId === OTHER.appId)).toHaveLength(1);
  clock.now += 60_000;
  recorder.log(SUBJECT, [event('a minute later')], ctx);
  await settle();
  expect(
    entries(batches)
      .at(-1)
      ?.events.map(({ text }) => text),
  ).toEqual(['a minute later']);
});

test('long lines are limited by their bytes, and all sites together by what may wait', async () => {
  const { recorder, ctx, batches, settle } = world();
  const long = event('x'.repeat(8_000));
  for (let n = 0; n < 100; n += 1) {
    const deploymentId = `66f2a1c04b7e9d00000001${String(n).padStart(2, '0')}`;
    recorder.log({ ...SUBJECT, deploymentId }, Array<RuntimeEvent>(100).fill(long), ctx);
  }
  await settle();
  const bytes = batches.map((batch) => JSON.stringify(batch).length);
  expect(Math.max(...bytes)).toBeLessThan(1_000_000);
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(5_000_000);
  const sizes = entries(batches).map(({ events }) => events.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(33);
  expect(entries(batches)).toHaveLength(100);
});

test('a batch that did not arrive is sent again under the same id; what comes meanwhile is not lost', async () => {
  const { recorder, ctx, batches, tries, settle } = world((sent) => sent <= 3);
  recorder.log(SUBJECT, [event('while it was away')], ctx);
  const sending = settle();
  recorder.log(SUBJECT, [event('meanwhile')], ctx);
  await sending;
  expect(new Set(tries.slice(0, 4)).size).toBe(1);
  expect(entries(batches).flatMap(({ events }) => events.map(({ text }) => text))).toEqual(
    expect.arrayContaining(['while it was away', 'meanwhile']),
  );
});

test('while the control plane stays away, nothing piles up, and later lines are sent', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let isAway = true;
  const { recorder, ctx, batches, settle } = world(() => isAway);
  recorder.log(SUBJECT, [event('lost')], ctx);
  await settle();
  expect(said).toHaveBeenCalledTimes(1);
  isAway = false;
  recorder.log(SUBJECT, [event('later')], ctx);
  await settle();
  expect(entries(batches).flatMap(({ events }) => events.map(({ text }) => text))).toEqual(['later']);
});

test('a request whose work the platform ended does not keep others from sending', async () => {
  const { recorder, clock, batches, ctx, settle } = world();
  recorder.log(SUBJECT, [event('one')], { waitUntil: () => undefined });
  clock.now += 40_000;
  recorder.log(SUBJECT, [event('two')], ctx);
  await settle();
  expect(entries(batches).flatMap(({ events }) => events.map(({ text }) => text))).toEqual(['one', 'two']);
});
