import { MAX_LINE_LENGTH } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function linesOf(...pieces: string[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.flush();
  return lines;
}

test('lines end at line feeds, with or without a carriage return, wherever the stream is cut', () => {
  expect(linesOf('one\r', '\ntw', 'o\n\nthree')).toEqual(['one', 'two', '', 'three']);
  expect(linesOf('one\r\r\ntwo\r\r', '\r\n')).toEqual(['one', 'two']);
});

test('a progress bar leaves its last state', () => {
  expect(linesOf('10%\r20%\r', '100%\n')).toEqual(['100%']);
  expect(linesOf('10%\r100%\r')).toEqual(['100%']);
  expect(linesOf('10%\r', '\r100%', '\r\n')).toEqual(['100%']);
});

test('a long line is split at the length that the protocol takes, and not inside a character', () => {
  const emoji = '😀'.repeat(MAX_LINE_LENGTH);
  const lines = linesOf(`x${emoji}\n`);
  expect(lines.join('')).toBe(`x${emoji}`);
  expect(lines.every((line) => line.length <= MAX_LINE_LENGTH && line.isWellFormed())).toBe(true);
});

test('a progress bar of any length takes no memory', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (let step = 0; step < 10_000; step += 1) splitter.push(`${'#'.repeat(100)} ${step}\r`);
  splitter.flush();
  expect(lines).toEqual([`${'#'.repeat(100)} 9999`]);
});

const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '😀', 'b'), maxLength: 40 });

test('property: how a stream is cut changes nothing', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(40), { maxLength: 6 }), (whole, places) => {
      const borders = [
        0,
        ...places.map((at) => Math.min(at, whole.length)).sort((a, b) => a - b),
        whole.length,
      ];
      const pieces = borders.slice(1).map((end, index) => whole.slice(borders[index], end));
      expect(linesOf(...pieces)).toEqual(linesOf(whole));
    }),
    { numRuns: 2000 },
  );
});

test('property: text without carriage returns comes out whole', () => {
  fc.assert(
    fc.property(text, (raw) => {
      const whole = raw.replaceAll('\r', '');
      const lines = linesOf(whole);
      expect(lines.join('\n')).toBe(whole.replace(/\n$/, ''));
    }),
    { numRuns: 1000 },
  );
});
