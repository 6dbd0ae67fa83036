import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPrinted } from './workload.ts';

const line = (n: number) => `line ${n} ${String(n).padStart(24, '0')}`;
const LINES = [1, 2, 3, 4].map(line);
const digestOf = (lines: readonly string[]) =>
  `printed ${lines.length} ${createHash('sha256')
    .update(lines.map((text) => `${text}\n`).join(''))
    .digest('hex')}`;
const LAST = digestOf(LINES);

test('a whole output is complete', () => {
  expect(readPrinted([...LINES, LAST])).toEqual({ inOrder: true, lines: 4, digest: LAST, complete: true });
});

test('its beginning is in order, but not complete', () => {
  expect(readPrinted(LINES)).toMatchObject({ inOrder: true, complete: false, digest: null });
  expect(readPrinted([])).toMatchObject({ inOrder: true, complete: false });
});

test.each([
  ['a missing line', [line(1), line(3), line(4), LAST]],
  ['a line twice', [line(1), line(1), line(2), line(3), line(4), LAST]],
  ['lines in another order', [line(2), line(1), line(3), line(4), LAST]],
  ['a line after the digest', [...LINES, LAST, line(5)]],
  ['the digest twice', [...LINES, LAST, LAST]],
  ['a line that no build prints', [line(1), 'half a li', line(2)]],
])('%s is not in order', (_, texts) => {
  expect(readPrinted(texts)).toMatchObject({ inOrder: false, complete: false });
});

test('the digest detects a changed line', () => {
  const other = `line 3 ${'f'.repeat(24)}`;
  expect(readPrinted([line(1), line(2), other, line(4), LAST])).toMatchObject({
    inOrder: true,
    complete: false,
  });
});

test('the digest detects a missing end', () => {
  expect(readPrinted([line(1), line(2), LAST])).toMatchObject({ inOrder: true, complete: false });
});
