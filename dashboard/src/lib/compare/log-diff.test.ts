import { describe, expect, test } from 'vitest';
import { comparable, diffLogs } from './log-diff.ts';
import type { LogWindow } from './log-windows.ts';

const WHOLE = { before: false, after: false };

/** What differs in one window. */
async function diffOf(
  before: readonly string[],
  after: readonly string[],
  continues: LogWindow['continues'] = WHOLE,
) {
  const { windows, isPartial } = await diffLogs([{ before, after, continues }]);
  return { ...windows[0], isPartial };
}

describe('a line as it is compared', () => {
  test.each([
    ['\u001b[32m✓\u001b[39m built in 4.31s', '✓ built in <duration>'],
    ['2026-11-30T01:02:03.456Z start', '<time> start'],
    ['[01:02:03] start', '[<time>] start'],
    ['commit 5d197595aa', 'commit <hash>'],
    ['added 5 packages in 12 s  ', 'added 5 packages in <duration>'],
  ])('%s', (line, text) => {
    expect(comparable(line)).toBe(text);
  });

  test.each([
    'version 8.3.8',
    'dist/index.html  0.46 kB',
    'effaced 1234567 files',
    '5 modules',
    'a 404 page',
  ])('%s stays', (line) => {
    expect(comparable(line)).toBe(line);
  });
});

test('shows what differs, with the lines around it, and nothing that differs in every build', async () => {
  const log = (version: string, seconds: string) => [
    'install',
    'one',
    'two',
    'three',
    `vite v${version}`,
    'four',
    'five',
    'six',
    `built in ${seconds}`,
  ];
  expect(await diffOf(log('8.3.7', '4.3s'), log('8.3.8', '5.1s'))).toEqual({
    isPartial: false,
    isTooDifferent: false,
    hunks: [
      [
        { kind: 'same', text: 'two' },
        { kind: 'same', text: 'three' },
        { kind: 'removed', text: 'vite v8.3.7' },
        { kind: 'added', text: 'vite v8.3.8' },
        { kind: 'same', text: 'four' },
        { kind: 'same', text: 'five' },
      ],
    ],
  });
});

test('differences far from each other are hunks of their own, near ones are one', async () => {
  const filler = Array.from({ length: 10 }, (_, n) => `line ${n} of many`);
  const { hunks = [] } = await diffOf(['a', ...filler, 'b', 'x', 'c'], ['A', ...filler, 'B', 'x', 'C']);
  expect(hunks.map((hunk) => hunk.map(({ text }) => text))).toEqual([
    ['a', 'A', 'line 0 of many', 'line 1 of many'],
    ['line 8 of many', 'line 9 of many', 'b', 'B', 'x', 'c', 'C'],
  ]);
});

test('equal logs have no hunks, and logs without much in common are not compared', async () => {
  expect(await diffOf(['a'], ['a'])).toEqual({ hunks: [], isPartial: false, isTooDifferent: false });
  const some = Array.from({ length: 4000 }, (_, n) => `line ${n} of many`);
  const other = Array.from({ length: 4000 }, (_, n) => `something else ${n} of many`);
  expect(await diffOf(some, other)).toEqual({ hunks: [], isPartial: false, isTooDifferent: true });
});

describe('a window of long logs', () => {
  const lines = Array.from({ length: 40 }, (_, n) => `line ${n} of many`);

  test('shows nothing where the other log is only some lines ahead', async () => {
    // The second log has three lines more at its beginning, so the window ends three lines earlier.
    const now = ['new one', 'new two', 'new three', ...lines.slice(0, 37)];
    const { hunks = [], isPartial } = await diffOf(lines, now, { before: false, after: true });
    expect(isPartial).toBe(true);
    expect(hunks.flat().filter(({ kind }) => kind !== 'same')).toEqual(
      ['new one', 'new two', 'new three'].map((text) => ({ kind: 'added', text })),
    );
    const end = await diffOf(lines.slice(3), lines, { before: true, after: false });
    expect(end.hunks).toEqual([]);
  });

  test('shows its edges if the logs have nothing in common', async () => {
    const { hunks = [] } = await diffOf(['a'], ['b'], { before: true, after: true });
    expect(hunks.flat().map(({ text }) => text)).toEqual(['a', 'b']);
  });
});

test('each window is compared by itself', async () => {
  const { windows, isPartial } = await diffLogs([
    { before: ['a'], after: ['a'], continues: { before: false, after: true } },
    { before: ['a', 'x'], after: ['a', 'y'], continues: { before: true, after: false } },
  ]);
  expect(isPartial).toBe(true);
  expect(windows.map(({ hunks }) => hunks.length)).toEqual([0, 1]);
});

test('characters that deceive are shown by their names', async () => {
  const { hunks = [] } = await diffOf([], ['safe\u202egnp.exe']);
  expect(hunks[0]?.[0]?.text).toBe('safe‹U+202E›gnp.exe');
});
