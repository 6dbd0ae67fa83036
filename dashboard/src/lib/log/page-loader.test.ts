import { AppFluxError, type LogLine, type LogPage } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { PAGE_LINES } from './line-pages.ts';
import { PageLoader } from './page-loader.ts';

const line = (seq: number): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: null,
  text: `line ${seq}`,
});

/** A loader for a log of `lastSeq` lines. The server returns at most `perAnswer` lines per response. */
function world(lastSeq: number, perAnswer = Number.POSITIVE_INFINITY) {
  const asked: number[] = [];
  const pages = new Map<number, readonly LogLine[]>();
  const damaged = new Set<number>();
  const errors: (string | null)[] = [];
  const pauses: number[] = [];
  const failures: AppFluxError[] = [];
  const loader = new PageLoader({
    fetch: async (after, limit): Promise<LogPage> => {
      asked.push(after);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const length = Math.max(0, Math.min(limit, perAnswer, lastSeq - after));
      return { items: Array.from({ length }, (_, index) => line(after + index + 1)), lastSeq, ended: true };
    },
    has: (page) => pages.has(page) || damaged.has(page),
    loaded: (page, lines) => pages.set(page, lines),
    damaged: (page) => damaged.add(page),
    errorChanged: (error) => errors.push(error?.code ?? null),
    pause: async (milliseconds, signal) => {
      pauses.push(milliseconds);
      signal.throwIfAborted();
    },
  });
  return { loader, asked, pages, damaged, errors, pauses, failures };
}

describe('loading pages', () => {
  test('a page is loaded in full, however short the responses are', async () => {
    const w = world(10_000, 60);
    await w.loader.load(3);
    expect(w.pages.get(3)?.map(({ seq }) => seq)).toEqual(
      Array.from({ length: PAGE_LINES }, (_, index) => 3 * PAGE_LINES + index + 1),
    );
    expect(w.asked).toHaveLength(Math.ceil(PAGE_LINES / 60));
  });

  test('the last page ends with the log, pages beyond it are empty, and neither is requested repeatedly', async () => {
    const w = world(PAGE_LINES + 5);
    await w.loader.load(1);
    await w.loader.load(9);
    expect(w.pages.get(1)).toHaveLength(5);
    expect(w.pages.get(9)).toEqual([]);
    expect(w.asked).toEqual([PAGE_LINES, 9 * PAGE_LINES]);
  });

  test('pages in view are loaded first, then their neighbors, and no others', async () => {
    const w = world(10_000);
    w.loader.view(5);
    await expect.poll(() => [...w.pages.keys()]).toEqual([5, 6, 4]);
    w.loader.view(19);
    await expect.poll(() => [...w.pages.keys()]).toEqual([5, 6, 4, 19, 18]);
  });

  test('pages that are scrolled past are not loaded', async () => {
    const w = world(100_000);
    for (let page = 0; page < 150; page += 1) w.loader.view(page);
    await expect.poll(() => w.pages.has(150)).toBe(true);
    expect([...w.pages.keys()].sort((a, b) => a - b)).toEqual([148, 149, 150]);
  });

  test('a page is requested once for several callers', async () => {
    const w = world(1000);
    await Promise.all([w.loader.load(0), w.loader.load(0)]);
    expect(w.asked).toEqual([0]);
  });
});

describe('when a page fails to load', () => {
  test('it is retried with growing pauses, and the error is reported until it succeeds', async () => {
    const w = world(1000);
    w.failures.push(...Array.from({ length: 4 }, () => new AppFluxError('unavailable', 'not now')));
    await w.loader.load(0);
    expect(w.pages.has(0)).toBe(true);
    expect(w.errors).toEqual(['unavailable', 'unavailable', 'unavailable', 'unavailable', null]);
    expect(w.pauses).toHaveLength(4);
    expect(w.pauses[3]).toBeGreaterThan(w.pauses[0] ?? 0);
  });

  test('a damaged page is reported, and others are loaded', async () => {
    const w = world(1000);
    w.failures.push(new AppFluxError('log_damaged', 'no'));
    await w.loader.load(0);
    await w.loader.load(1);
    expect([...w.damaged]).toEqual([0]);
    expect(w.pages.has(1)).toBe(true);
    expect(w.errors).toEqual([null]);
  });

  test('a refusal stops it: no more requests, and callers are released', async () => {
    const w = world(1000);
    w.failures.push(new AppFluxError('log_removed', 'gone'));
    await w.loader.load(0);
    await w.loader.load(1);
    expect(w.asked).toEqual([0]);
    expect(w.errors).toEqual(['log_removed']);
  });

  test('stopping releases its callers', async () => {
    const w = world(1000);
    const waiting = w.loader.load(0);
    w.loader.stop();
    await waiting;
    expect(w.pages.size).toBe(0);
  });
});
