import { expect, test } from 'vitest';
import { type Look, UNSEEN, type Watch, watch } from './watchdog.ts';

const MEMORY = 1_000;

/** Looks every 250 ms for so long; each is what `at` makes of the time. Gives the first reason, and when it was found. */
function watched(seconds: number, at: (ms: number) => Partial<Look>) {
  let seen: Watch = UNSEEN;
  for (let ms = 0; ms <= seconds * 1_000; ms += 250) {
    const look = { at: ms, askedAt: null, cpuMs: 0, calls: 0, memoryBytes: 10, connections: 0, ...at(ms) };
    const next = watch(seen, look, MEMORY);
    if (next.reason !== null) return { reason: next.reason, ms };
    seen = next.watch;
  }
  return null;
}

test('a loop is ended after two seconds, measured from when it began', () => {
  const looping = (ms: number) =>
    ms < 5_000
      ? { calls: ms, cpuMs: 0, askedAt: ms - 10 }
      : { calls: 5_000, cpuMs: ms - 5_000, askedAt: 5_000 };
  expect(watched(60, looping)).toEqual({ reason: 'unresponsive', ms: 7_000 });
});

test.each([
  [
    'answers each question, however much it computes',
    (ms: number) => ({ askedAt: ms - 1, cpuMs: ms, calls: 5 }),
  ],
  ['is idle', () => ({})],
  ['waits for a processor', (ms: number) => ({ askedAt: 1_000, cpuMs: ms / 100 })],
  [
    'works off thirty requests on a busy machine',
    // Ten seconds of wall time, in which it gets a third of a processor.
    (ms: number) => ({ askedAt: ms < 9_500 ? 0 : ms - 1, cpuMs: ms / 3, connections: 30 }),
  ],
  ['works off many requests', (ms: number) => ({ askedAt: ms - (ms % 6_000), cpuMs: ms, calls: ms })],
])('a process that %s is left alone', (_, at) => {
  expect(watched(59, at)).toBeNull();
});

test('each other connection adds to what silence may last, up to ten seconds', () => {
  const silent = (connections: number) => watched(60, (ms) => ({ askedAt: 0, cpuMs: ms, connections }))?.ms;
  expect([0, 1, 10, 30, 1_000].map(silent)).toEqual([2_000, 2_250, 4_000, 8_000, 10_000]);
});

test('one that writes in its loop is ended after ten seconds', () => {
  expect(watched(60, (ms) => ({ askedAt: 0, cpuMs: ms, calls: ms }))?.ms).toBe(10_000);
});

test('one that is silent without computing is ended after a minute', () => {
  expect(watched(90, () => ({ askedAt: 0 }))).toEqual({ reason: 'unresponsive', ms: 60_000 });
});

test('memory counts immediately, and only above the limit', () => {
  expect(watched(1, () => ({ memoryBytes: MEMORY }))).toBeNull();
  expect(watched(1, () => ({ memoryBytes: MEMORY + 1 }))).toEqual({ reason: 'memory', ms: 0 });
});
