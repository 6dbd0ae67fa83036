import { describe, expect, test } from 'vitest';
import { matchesIn, nextMatch, searchLines } from './search.ts';

describe('searching a log', () => {
  const lines = [
    { seq: 1, text: 'Installing packages' },
    { seq: 2, text: '\u001b[31mError\u001b[0m: cannot find module' },
    { seq: 3, text: 'error: err\u001b[1mor\u001b[0m again' },
  ];

  test('ignores case, and color codes within words', () => {
    expect(searchLines(lines, 'ERROR')).toEqual([2, 3]);
    expect(searchLines(lines, 'error again')).toEqual([3]);
  });

  test('doesn’t search in escape sequences', () => {
    expect(searchLines(lines, '[31m')).toEqual([]);
  });

  test('finds nothing for an empty text', () => {
    expect(searchLines(lines, '')).toEqual([]);
  });

  test('returns all matches of a line without overlaps', () => {
    expect(matchesIn('aaaa', 'aa')).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 4 },
    ]);
  });

  test('returns correct positions if lowercasing changes the length', () => {
    expect(matchesIn('İİ stop', 'stop')).toEqual([{ start: 3, end: 7 }]);
  });
});

describe('going from match to match', () => {
  test('continues from the current one, and wraps around in both directions', () => {
    expect(nextMatch([3, 8, 20], null, 1)).toBe(3);
    expect(nextMatch([3, 8, 20], 8, 1)).toBe(20);
    expect(nextMatch([3, 8, 20], 20, 1)).toBe(3);
    expect(nextMatch([3, 8, 20], 8, -1)).toBe(3);
    expect(nextMatch([3, 8, 20], 3, -1)).toBe(20);
    expect(nextMatch([3, 8, 20], 10, -1)).toBe(8);
    expect(nextMatch([], 3, 1)).toBe(null);
  });
});
