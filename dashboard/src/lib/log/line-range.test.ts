import { expect, test } from 'vitest';
import { extendRange, lineFragment, readLineRange } from './line-range.ts';

test.each([
  ['#L42', { from: 42, to: 42 }],
  ['#L10-L20', { from: 10, to: 20 }],
  ['#L20-10', { from: 10, to: 20 }],
  ['#L0', null],
  ['#42', null],
  ['#L4x', null],
  ['', null],
])('%s selects %o', (fragment, range) => {
  expect(readLineRange(fragment)).toEqual(range);
});

test('a fragment survives the round trip', () => {
  expect(lineFragment({ from: 3, to: 3 })).toBe('#L3');
  expect(readLineRange(lineFragment({ from: 3, to: 9 }))).toEqual({ from: 3, to: 9 });
});

test('a selection extends to the clicked line', () => {
  expect(extendRange(null, 5)).toEqual({ from: 5, to: 5 });
  expect(extendRange({ from: 5, to: 5 }, 9)).toEqual({ from: 5, to: 9 });
  expect(extendRange({ from: 5, to: 9 }, 2)).toEqual({ from: 2, to: 9 });
});
