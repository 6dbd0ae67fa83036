import { expect, test } from 'vitest';
import { type Download, GATHER_MS, Tally } from './tally.ts';

const download = (members: Partial<Download> = {}): Download => ({
  appId: '66f2a1c04b7e9d0000000001',
  deploymentId: '66f2a1c04b7e9d0000000002',
  artifact: 'app.apk',
  day: '2026-11-23',
  ...members,
});

test('the first download is to be sent for, and takes with it what comes until then', () => {
  const tally = new Tally();
  expect(tally.add(download(), 0)).toBe(true);
  expect(tally.add(download(), 1)).toBe(false);
  expect(tally.add(download({ artifact: 'b.zip' }), GATHER_MS)).toBe(false);
  expect(tally.add(download({ day: '2026-11-24' }), GATHER_MS)).toBe(false);
  expect(tally.take()).toEqual([
    [
      { ...download(), count: 2 },
      { ...download({ artifact: 'b.zip' }), count: 1 },
      { ...download({ day: '2026-11-24' }), count: 1 },
    ],
  ]);
});

test('what was taken is gone, and the next download is to be sent for again', () => {
  const tally = new Tally();
  tally.add(download(), 0);
  tally.take();
  expect(tally.take()).toEqual([]);
  expect(tally.add(download(), 1)).toBe(true);
});

test('when the sender is gone, another one sends, and nothing is lost', () => {
  const tally = new Tally();
  tally.add(download(), 0);
  expect(tally.add(download(), GATHER_MS + 29_999)).toBe(false);
  expect(tally.add(download(), GATHER_MS + 30_000)).toBe(true);
  expect(tally.take()).toEqual([[{ ...download(), count: 3 }]]);
});

test('no list is longer than a message can be, whatever the names', () => {
  const tally = new Tally();
  const longest = (index: number) => `${index}`.padEnd(100, 'ß');
  for (let index = 0; index < 250; index += 1) tally.add(download({ artifact: longest(index) }), 0);
  const lists = tally.take();
  expect(lists.map((list) => list.length)).toEqual([100, 100, 50]);
  for (const list of lists)
    expect(new TextEncoder().encode(JSON.stringify(list)).length).toBeLessThan(128_000);
});
