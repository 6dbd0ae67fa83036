import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beginsDownload, isKnown, rangeOf, rangeStillMeant } from './range.ts';

describe('rangeOf', () => {
  test.each([
    ['bytes=0-0', { offset: 0, length: 1 }],
    ['bytes=10-19', { offset: 10, length: 10 }],
    ['bytes=990-', { offset: 990, length: 10 }],
    ['bytes=990-99999', { offset: 990, length: 10 }],
    ['bytes=-1', { offset: 999, length: 1 }],
    ['bytes=-5000', { offset: 0, length: 1000 }],
    ['Bytes= 5-6 ', { offset: 5, length: 2 }],
  ])('%s of 1000 bytes', (header, range) => {
    expect(rangeOf(header, 1000)).toEqual(range);
  });

  test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])(
    '%s begins behind the end of 1000 bytes',
    (header) => {
      expect(rangeOf(header, 1000)).toBe('unsatisfiable');
    },
  );

  test.each([
    null,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=1-2,5-6',
    'bytes=a-b',
    'bytes=1.5-2',
    'items=0-1',
  ])('%s is no single range: the whole is given', (header) => {
    expect(rangeOf(header, 1000)).toBe('whole');
  });

  test('nothing of an empty file can be given', () => {
    expect(rangeOf('bytes=0-', 0)).toBe('unsatisfiable');
    expect(rangeOf('bytes=-1', 0)).toBe('unsatisfiable');
  });

  test('a range always lies inside, and has the bytes that it names', () => {
    const position = fc.nat(2000);
    fc.assert(
      fc.property(position, position, fc.nat(1500), (first, last, size) => {
        const range = rangeOf(`bytes=${first}-${last}`, size);
        if (typeof range === 'string') {
          expect(range).toBe(last < first ? 'whole' : 'unsatisfiable');
          return;
        }
        expect(range.offset).toBe(first);
        expect(range.length).toBeGreaterThan(0);
        expect(range.offset + range.length - 1).toBe(Math.min(last, size - 1));
      }),
    );
  });
});

describe('conditions', () => {
  test.each([
    ['"a"', true],
    ['W/"a"', true],
    ['"b", W/"a" ,"c"', true],
    [' * ', true],
    ['"b"', false],
    ['a', false],
    ['', false],
    [null, false],
  ])('If-None-Match: %s', (header, known) => {
    expect(isKnown(header, '"a"')).toBe(known);
  });

  test('If-Range takes the same tag and nothing weaker', () => {
    expect(rangeStillMeant(null, '"a"')).toBe(true);
    expect(rangeStillMeant('"a"', '"a"')).toBe(true);
    expect(rangeStillMeant('W/"a"', '"a"')).toBe(false);
    expect(rangeStillMeant('"b"', '"a"')).toBe(false);
    expect(rangeStillMeant('Wed, 11 Nov 2026 08:00:00 GMT', '"a"')).toBe(false);
  });
});

test.each([
  ['whole', 10, true],
  ['whole', 0, true],
  [{ offset: 0, length: 10 }, 10, true],
  [{ offset: 0, length: 2 }, 10, true],
  [{ offset: 0, length: 1 }, 1, true],
  [{ offset: 0, length: 1 }, 10, false],
  [{ offset: 1, length: 9 }, 10, false],
] as const)(
  'a download begins with the first byte, unless that is all that is asked: %o of %d',
  (range, size, begins) => {
    expect(beginsDownload(range, size)).toBe(begins);
  },
);
