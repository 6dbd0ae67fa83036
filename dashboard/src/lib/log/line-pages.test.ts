import type { LogLine } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { LinePages, PAGE_LINES, pageOf } from './line-pages.ts';

const line = (seq: number, text = `line ${seq}`): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text,
});

/** All lines of a page, some with custom text. */
const page = (number: number, texts: Record<number, string> = {}) =>
  Array.from({ length: PAGE_LINES }, (_, index) => {
    const seq = number * PAGE_LINES + index + 1;
    return line(seq, texts[seq]);
  });

test('lines are found on their pages, from the first to the last', () => {
  expect([pageOf(1), pageOf(PAGE_LINES), pageOf(PAGE_LINES + 1)]).toEqual([0, 0, 1]);
  const pages = new LinePages();
  pages.add(1, page(1).slice(0, 3));
  expect(
    [PAGE_LINES, PAGE_LINES + 1, PAGE_LINES + 3, PAGE_LINES + 4].map((seq) => pages.line(seq)?.seq),
  ).toEqual([undefined, PAGE_LINES + 1, PAGE_LINES + 3, undefined]);
});

test('the least recently used pages are evicted', () => {
  const pages = new LinePages(3);
  for (const number of [0, 1, 2]) pages.add(number, page(number));
  pages.line(1);
  pages.add(3, page(3));
  expect([0, 1, 2, 3].map((number) => pages.has(number))).toEqual([true, false, true, true]);
  for (let number = 4; number < 500; number += 1) pages.add(number, page(number));
  expect(pages.size).toBe(3);
});

describe('a color that carries over to the next page', () => {
  const last = PAGE_LINES;
  const red = { [last]: '\u001b[31mred from here' };
  const startOf = (pages: LinePages, seq: number) => pages.line(seq)?.start.color;

  test('is applied when pages are added in order', () => {
    const pages = new LinePages();
    pages.add(0, page(0, red));
    pages.add(1, page(1));
    expect(startOf(pages, last + 1)).toBe('red');
  });

  test('is applied to pages that were added earlier, until it is reset', () => {
    const pages = new LinePages();
    pages.add(1, page(1));
    pages.add(2, page(2, { [2 * PAGE_LINES + 2]: '\u001b[0mplain again' }));
    pages.add(3, page(3));
    expect(startOf(pages, last + 1)).toBeNull();
    pages.add(0, page(0, red));
    expect(startOf(pages, last + 1)).toBe('red');
    expect(startOf(pages, 2 * PAGE_LINES + 2)).toBe('red');
    expect(startOf(pages, 2 * PAGE_LINES + 3)).toBeNull();
    expect(startOf(pages, 3 * PAGE_LINES + 1)).toBeNull();
  });
});
