import { expect, test } from 'vitest';
import { piecesOf } from './pieces.ts';
import { PLAIN } from './sgr.ts';

const marked = (raw: string, query: string) =>
  piecesOf(raw, PLAIN, query).map(
    ({ text, className, found }) => (found ? `[${text}]` : text) + (className && `/${className}`),
  );

test('a match is marked within a style, and across styles', () => {
  expect(marked('one two one', 'one')).toEqual(['[one]', ' two ', '[one]']);
  expect(marked('a \u001b[31mfat\u001b[0mal b', 'FATAL')).toEqual(['a ', '[fat]/ansi-red', '[al]', ' b']);
});

test('without a match, the line is unchanged', () => {
  expect(marked('plain \u001b[1mbold', '')).toEqual(['plain ', 'bold/ansi-bold']);
  expect(marked('', 'x')).toEqual([]);
});
