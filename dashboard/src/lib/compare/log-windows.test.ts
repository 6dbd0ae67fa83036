import type { LogPage } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { MOST_COMPARED_LENGTH, MOST_COMPARED_LINES, readWindows } from './log-windows.ts';

interface LogRange {
  after?: number;
  limit?: number | undefined;
}

/** Logs of so many lines, by id, and what is asked of them. A page gives at most `mostLines`. */
function logsOf(lines: Record<string, number>, { text = (n: number) => `line ${n}`, mostLines = 1000 } = {}) {
  const asked: { id: string; after: number; limit: number }[] = [];
  const page = async (id: string, { after = 0, limit = 1000 }: LogRange = {}): Promise<LogPage> => {
    asked.push({ id, after, limit });
    const last = lines[id] ?? 0;
    const count = Math.max(0, Math.min(limit, mostLines, last - after));
    const items = Array.from({ length: count }, (_, index) => {
      const seq = after + 1 + index;
      return { seq, at: '2026-11-20T12:00:00.000Z', stream: 'stdout', phase: null, text: text(seq) } as const;
    });
    return { items, lastSeq: last, ended: true };
  };
  return { asked, page };
}

const first = (lines: readonly string[]) => [lines[0], lines.at(-1), lines.length];

describe('of two logs', () => {
  test('that are short, all lines are read', async () => {
    const logs = logsOf({ a: MOST_COMPARED_LINES, b: 2 }, { mostLines: 700 });
    const windows = await readWindows(logs, 'a', 'b');
    expect(windows).toHaveLength(1);
    expect(first(windows[0]?.before ?? [])).toEqual(['line 1', 'line 5000', 5000]);
    expect(windows[0]?.after).toEqual(['line 1', 'line 2']);
    expect(windows[0]?.continues).toEqual({ before: false, after: false });
  });

  test('of which one is long, the beginnings and the ends are read, and nothing between', async () => {
    const logs = logsOf({ a: 1_000_000, b: 4000 });
    const [head, tail] = await readWindows(logs, 'a', 'b');
    expect(first(head?.before ?? [])).toEqual(['line 1', 'line 2500', 2500]);
    expect(first(head?.after ?? [])).toEqual(['line 1', 'line 2500', 2500]);
    expect(first(tail?.before ?? [])).toEqual(['line 997501', 'line 1000000', 2500]);
    expect(first(tail?.after ?? [])).toEqual(['line 1501', 'line 4000', 2500]);
    expect([head?.continues, tail?.continues]).toEqual([
      { before: false, after: true },
      { before: true, after: false },
    ]);
    const read = logs.asked.reduce((sum, { limit }) => sum + limit, 0);
    expect(read).toBeLessThanOrEqual(2 * MOST_COMPARED_LINES + 2);
  });

  test('with very long lines, only as much is read as fits', async () => {
    const long = 'x'.repeat(10_000);
    const logs = logsOf({ a: 4000, b: 4000 }, { text: () => long, mostLines: 50 });
    const [only] = await readWindows(logs, 'a', 'b');
    expect(only?.before).toHaveLength(MOST_COMPARED_LENGTH / long.length);
    expect(only?.continues).toEqual({ before: false, after: true });
  });

  test('that have no lines, nothing is read', async () => {
    const logs = logsOf({ a: 0, b: 0 });
    expect(await readWindows(logs, 'a', 'b')).toEqual([
      { before: [], after: [], continues: { before: false, after: false } },
    ]);
    expect(logs.asked).toHaveLength(2);
  });
});
