import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchingLines, searchFilter } from './archive-scan.ts';
import { searchLines } from './search.ts';

const ndjsonOf = (texts: readonly string[]) =>
  texts
    .map(
      (text, index) => `${JSON.stringify({ seq: index + 1, stream: 'stdout', phase: 'building', text })}\n`,
    )
    .join('');

const found = (texts: readonly string[], words: string) =>
  matchingLines(ndjsonOf(texts), searchFilter(words)).map(({ seq }) => seq);

describe('a search through NDJSON finds', () => {
  test.each<[string, string[], string, number[]]>([
    ['text, ignoring case', ['one', 'ONE two', 'three'], 'one', [1, 2]],
    ['text with quotes and backslashes', ['say "hi"', 'C:\\temp', 'hi'], '"hi"', [1]],
    ['text across colors', ['\u001b[31mon\u001b[0me', 'two'], 'one', [1]],
    ['text across a C1 escape', ['\u009b31mon\u009b0me', 'two'], 'one', [1]],
    ['the last state of a line that was written over', ['10 %\r100 %', '10 %'], '10 %', [2]],
    ['text whose lowercase is longer', ['İstanbul one', 'one'], 'one', [1, 2]],
    ['nothing in members that are not the text', ['x'], 'building', []],
    ['nothing in escapes', ['\u0007'], 'u0007', []],
    ['a color that is text', ['\\u001b[31m red', '\u001b[31m red'], '[31m red', [1]],
    ['text after a backslash and a color', ['\\\u001b[31mred', 'x'], '\\red', [1]],
  ])('%s', (_, texts, words, lines) => {
    expect(found(texts, words)).toEqual(lines);
  });

  test('property: the same lines as a search through each line', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', 'B', '"', '\\', '\r', '\u001b[31m', '\u009b0m', 'İ', 'ß'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    );
    // Half a character can be printed, but not typed.
    const text = fc
      .array(fc.oneof(piece, fc.constant('\ud800')), { maxLength: 6 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.array(piece, { minLength: 1, maxLength: 2 }),
        (texts, parts) => {
          const words = parts.join('');
          fc.pre(words !== '');
          const lines = texts.map((line, index) => ({ seq: index + 1, text: line }));
          expect(found(texts, words)).toEqual(searchLines(lines, words));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

test('each part of a large piece is read once, however many lines have escapes', () => {
  // Looking for the words again after each of these lines would take minutes.
  const texts = Array.from({ length: 200_000 }, (_, index) => `\u001b[32m✓\u001b[39m module ${index}`);
  expect(found(texts, 'module 199999')).toEqual([200_000]);
});
