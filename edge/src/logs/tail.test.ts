import type { LogLine } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tailOf } from './tail.ts';

const line = (seq: number, text: string): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text,
});

test('the tail is the last 200 lines, in order', () => {
  const lines = Array.from({ length: 450 }, (_, index) => line(index + 1, `line ${index + 1}`));
  const tail = tailOf(lines);
  expect(tail).toHaveLength(200);
  expect(tail[0]).toEqual({ timestamp: '2026-11-01T12:00:00.000Z', message: 'line 251' });
  expect(tail.at(-1)?.message).toBe('line 450');
  expect(tailOf([])).toEqual([]);
});

test('whatever the lines hold, the tail is their end and fits into a message of a queue', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 0, max: 200 })), {
        maxLength: 250,
      }),
      (texts) => {
        const lines = texts.map(([text, times], index) => line(index + 1, text.repeat(times)));
        const tail = tailOf(lines);
        expect(new TextEncoder().encode(JSON.stringify(tail)).length).toBeLessThan(110_000);
        const ends = lines.slice(lines.length - tail.length).map(({ text }) => text.slice(0, 1_000));
        expect(tail.map(({ message }) => message.slice(0, 1_000))).toEqual(ends);
      },
    ),
    { numRuns: 50 },
  );
});
