import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchingLines, maySpecial, piecesOf, scanLines, searchFilter } from './archive-scan.ts';
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
    ['nothing that a color is written over', ['B\r\u001b[31m', 'B\r\u001b[31m\u001b[0mC', 'B\r'], 'b', [3]],
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

test('property: a stream has the same lines, wherever its chunks end', async () => {
  const piece = fc.constantFrom(
    'a',
    '\u007f',
    '\u0080',
    '\u009b0m',
    'İ',
    'é',
    'ě',
    '✓',
    '😀',
    '\\',
    '\u001b[31m',
  );
  const texts = fc.array(
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(texts, piece, fc.integer({ min: 1, max: 60 }), async (lines, words, length) => {
      const bytes = new TextEncoder().encode(ndjsonOf(lines));
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += length)
            controller.enqueue(bytes.subarray(at, at + length));
          controller.close();
        },
      });
      let seen = '';
      const read: number[] = [];
      const scan = scanLines(piecesOf(stream), searchFilter(words), (text) => {
        seen += text;
      });
      for await (const batch of scan) read.push(...batch.map(({ seq }) => seq));
      expect([read, seen]).toEqual([found(lines, words), ndjsonOf(lines)]);
    }),
  );
});

test('property: bytes of special characters are found at any position', () => {
  const bytes = fc.array(
    fc.constantFrom(0x00, 0x20, 0x7e, 0x7f, 0x80, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xe2, 0xff),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 7 }), (values, from) => {
      const part = Uint8Array.from(values).subarray(from);
      const expected = [0x7f, 0xc2, 0xc4].some((byte) => part.includes(byte));
      expect(maySpecial(part)).toBe(expected);
    }),
  );
});

test('each part of a large piece is read once, however many lines have escapes', () => {
  // Looking for the words again after each of these lines would take minutes.
  const texts = Array.from({ length: 200_000 }, (_, index) => `\u001b[32m✓\u001b[39m module ${index}`);
  expect(found(texts, 'module 199999')).toEqual([200_000]);
});
