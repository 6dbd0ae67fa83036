import type { LogLine } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { LineOrder } from './line-order.ts';

const range = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    at: '2026-11-01T12:00:00.000Z',
    stream: 'stdout',
    phase: 'building',
    text: 'x',
  }));
const numbers = (appended: ReturnType<LineOrder['append']>) =>
  appended.kind === 'added' ? appended.lines.map(({ seq }) => seq) : appended.kind;

test('lines that were received before are dropped, also within a batch', () => {
  const order = new LineOrder();
  expect(numbers(order.append([...range(1, 3), ...range(3, 4)]))).toEqual([1, 2, 3, 4]);
  expect(numbers(order.append(range(2, 5)))).toEqual([5]);
  expect(numbers(order.append(range(1, 5)))).toEqual([]);
});

test('a log can be followed from a line on, without a gap before it', () => {
  const order = new LineOrder(7);
  expect(order.lastSeq).toBe(7);
  expect(order.append(range(8, 9))).toMatchObject({ kind: 'added', gap: null });
});

test('lines after a gap are refused once, then added with what is missing', () => {
  const order = new LineOrder();
  order.append(range(1, 2));
  expect(order.append(range(5, 6))).toEqual({ kind: 'refused', gap: { from: 3, to: 4 } });
  expect(order.lastSeq).toBe(2);
  expect(order.append(range(5, 6))).toMatchObject({ kind: 'added', gap: { from: 3, to: 4 } });
  expect(order.lastSeq).toBe(6);
});
