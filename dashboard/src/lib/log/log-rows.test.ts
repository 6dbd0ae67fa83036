import type { LogLine } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { LineBuffer } from './line-buffer.ts';
import { type LogRow, LogRows } from './log-rows.ts';

const feed = (rows: LogRows, lines: LogLine[]) => {
  const added = new LineBuffer().append(lines);
  if (added.kind === 'added') rows.append(added.lines, added.gap);
};
const line = (seq: number, phase: LogLine['phase']): LogLine => ({
  seq,
  at: `2026-11-01T12:00:${String(seq % 60).padStart(2, '0')}.000Z`,
  stream: 'stdout',
  phase,
  text: 'x'.repeat(seq),
});
const outline = (rows: LogRow[]) =>
  rows.map((row) => (row.kind === 'line' ? row.seq : row.kind === 'phase' ? row.phase : row.text));

describe('the rows of a log', () => {
  test('are its lines under a header for each run of a phase', () => {
    const rows = new LogRows();
    feed(rows, [line(1, null), line(2, 'preparing'), line(3, 'preparing'), line(4, 'building')]);
    expect(outline(rows.rows())).toEqual([1, 'preparing', 2, 3, 'building', 4]);
    expect(rows.rows()[1]).toMatchObject({
      lines: 2,
      from: '2026-11-01T12:00:02.000Z',
      to: '2026-11-01T12:00:03.000Z',
    });
    expect(rows.lineCount).toBe(4);
    expect(rows.longest).toBe(4);
  });

  test('a second attempt starts new sections', () => {
    const rows = new LogRows();
    feed(rows, [line(1, 'preparing'), line(2, 'building'), line(3, null), line(4, 'preparing')]);
    expect(outline(rows.rows())).toEqual(['preparing', 1, 'building', 2, 3, 'preparing', 4]);
  });

  test('a closed section keeps its header, accepts lines, and opens for a line that is revealed', () => {
    const rows = new LogRows();
    feed(rows, [line(1, 'preparing'), line(2, 'building')]);
    const head = rows.rows()[2];
    if (head?.kind !== 'phase') throw new Error('expected the head of the second section');
    rows.toggle(head.key);
    expect(outline(rows.rows())).toEqual(['preparing', 1, 'building']);
    expect([...rows.lines()].map(({ seq }) => seq)).toEqual([1, 2]);
    expect(rows.reveal(2)).toBe(true);
    expect(outline(rows.rows())).toEqual(['preparing', 1, 'building', 2]);
    expect(rows.reveal(99)).toBe(false);
  });

  test('a gap is shown in its place', () => {
    const rows = new LogRows();
    const buffer = new LineBuffer();
    for (const batch of [[line(1, 'building')], [line(4, 'building')], [line(4, 'building')]]) {
      const added = buffer.append(batch);
      if (added.kind === 'added') rows.append(added.lines, added.gap);
    }
    expect(outline(rows.rows())).toEqual(['building', 1, 'Lines 2 to 3 are missing.', 4]);
  });

  test('the oldest are dropped when there are too many, with a notice', () => {
    const rows = new LogRows(100);
    const all = Array.from({ length: 250 }, (_, index) =>
      line(index + 1, index < 60 ? 'preparing' : 'building'),
    );
    feed(rows, all);
    expect(rows.lineCount).toBe(100);
    expect(outline(rows.rows()).slice(0, 4)).toEqual([
      '150 earlier lines are not shown here. Download the log to read them.',
      'preparing',
      'building',
      151,
    ]);
  });
});
