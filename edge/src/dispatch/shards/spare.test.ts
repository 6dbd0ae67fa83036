import { expect, test } from 'vitest';
import { Roster } from '../roster.ts';
import { runner } from '../testing/samples.ts';
import { Spare, spareOf } from './spare.ts';

const LINUX = { labels: ['linux'], isUntrusted: false };
const kinds = (free: number, slots: number, labels = ['linux']) => [
  { labels, executor: 'docker' as const, slots, free },
];

test('what a shard has to spare are the slots of runners that take builds', () => {
  const roster = Roster.of([
    runner('a', { slots: 4, busy: 1 }),
    runner('b', { slots: 2, busy: 2 }),
    runner('c', { slots: 8, draining: true }),
    runner('d', { labels: ['mac'], draining: true }),
  ]);
  expect(spareOf(roster)).toEqual([{ labels: ['linux'], executor: 'docker', slots: 6, free: 3 }]);
});

test('jobs go where most slots are free, until none is', () => {
  const spare = new Spare([
    { shard: 1, kinds: kinds(1, 4), waiting: 0 },
    { shard: 2, kinds: kinds(2, 4), waiting: 0 },
  ]);
  expect([1, 2, 3, 4].map(() => spare.take(LINUX, false))).toEqual([2, 1, 2, null]);
  expect(spare.has(LINUX, false)).toBe(false);
});

test('jobs that may wait do so where most more may, as many as there are slots', () => {
  const spare = new Spare([
    { shard: 1, kinds: kinds(0, 1), waiting: 0 },
    { shard: 2, kinds: kinds(0, 2), waiting: 0 },
  ]);
  expect([1, 2, 3, 4].map(() => spare.take(LINUX, true))).toEqual([2, 1, 2, null]);
});

test('what waits there already takes a slot, and runners that do not suit are none', () => {
  const spare = new Spare([
    { shard: 1, kinds: kinds(2, 2), waiting: 2 },
    { shard: 2, kinds: kinds(9, 9, ['mac']), waiting: 0 },
    { shard: 3, kinds: [{ labels: ['linux'], executor: 'host', slots: 9, free: 9 }], waiting: 0 },
  ]);
  expect(spare.take(LINUX, false)).toBeNull();
  expect(spare.take(LINUX, true)).toBeNull();
  expect(spare.take({ labels: ['mac'], isUntrusted: false }, false)).toBe(2);
});
