import type { LogLine } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineBuffer } from './line-buffer.ts';

const line = (seq: number, over: Partial<LogLine> = {}): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text: `line ${seq}`,
  ...over,
});
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index));

describe('where replay meets live', () => {
  test('drops duplicate lines', () => {
    const buffer = new LineBuffer();
    buffer.append(range(1, 5));
    const second = buffer.append(range(3, 8));
    expect(second.kind === 'added' && second.lines.map(({ seq }) => seq)).toEqual([6, 7, 8]);
    expect(buffer.lastSeq).toBe(8);
  });

  test('refuses lines after a gap', () => {
    const buffer = new LineBuffer();
    buffer.append(range(1, 5));
    expect(buffer.append(range(9, 12))).toEqual({ kind: 'refused', gap: { from: 6, to: 8 } });
    expect(buffer.lastSeq).toBe(5);
  });

  test('accepts them the second time, and reports the gap', () => {
    const buffer = new LineBuffer();
    buffer.append(range(1, 5));
    buffer.append(range(9, 12));
    const again = buffer.append(range(9, 12));
    expect(again).toMatchObject({ kind: 'added', gap: { from: 6, to: 8 } });
    expect(buffer.lastSeq).toBe(12);
  });

  test('shows each line once and in order, however often a connection resumes from the last line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })), { maxLength: 30 }),
        (connections) => {
          const buffer = new LineBuffer();
          const seen: number[] = [];
          for (const [overlap, length] of connections) {
            const from = Math.max(1, buffer.lastSeq + 1 - overlap);
            const result = buffer.append(range(from, from + length));
            if (result.kind === 'added') seen.push(...result.lines.map(({ seq }) => seq));
          }
          expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
        },
      ),
    );
  });
});

describe('a style', () => {
  const starts = (...lines: LogLine[]) => {
    const result = new LineBuffer().append(lines);
    return result.kind === 'added' ? result.lines.map(({ start }) => start.color) : [];
  };
  const red = '\u001b[31mstart';

  test('carries over within its stream alone', () => {
    expect(
      starts(line(1, { text: red }), line(2), line(3, { stream: 'stderr' }), line(4, { stream: 'system' })),
    ).toEqual([null, 'red', null, null]);
  });

  test('ends with the phase', () => {
    expect(starts(line(1, { text: red }), line(2, { phase: 'uploading' }))).toEqual([null, null]);
  });
});
