import { AppFluxError, type RuntimeLine } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { runtimeLine } from '../../testing/sample-server.ts';
import { watch } from '../../testing/watch.svelte.ts';
import { environmentName } from './app-state.svelte.ts';
import { EgressForm } from './egress-form.svelte.ts';
import { barOf, describeHour } from './hours.ts';
import { hasText, MOST_LINES, RuntimeLog } from './runtime-log.svelte.ts';
import { hasServer } from './server-sites.ts';

const lines = (from: number, count: number): RuntimeLine[] =>
  Array.from({ length: count }, (_, index) => runtimeLine(from + index));

/** A log whose updates happen when `flush` is called. After its first page, so many calls fail. */
function logOf(pages: { items: RuntimeLine[]; previousBefore: number | null }[] = [], failures = 0) {
  let calls = 0;
  const works: (() => void)[] = [];
  const log = new RuntimeLog({
    slug: 'harbor-web',
    filter: {},
    api: {
      runtime: {
        logs: async () => {
          calls += 1;
          if (calls > 1 && calls <= 1 + failures)
            throw new AppFluxError('unavailable', 'Storage doesn’t respond.');
          return { lastSeq: 0, nextAfter: 0, items: [], previousBefore: null, ...pages.shift() };
        },
        follow: () => new Promise(() => undefined),
      },
    },
    soon: (work) => works.push(work),
  });
  const flush = () => {
    for (const work of works.splice(0)) work();
  };
  return { log, flush };
}

describe('the log of a server', () => {
  test('shows what arrives within a moment in one update', () => {
    const { log, flush } = logOf();
    let updates = -1;
    const stop = watch(
      () => log.lines,
      () => {
        updates += 1;
      },
    );
    for (let at = 0; at < 100; at += 1) log.take(lines(at * 10 + 1, 10));
    flush();
    stop();
    expect(log.lines).toHaveLength(1000);
    expect(log.lines.at(-1)?.seq).toBe(1000);
    expect(updates).toBeLessThanOrEqual(1);
  });

  test('keeps the newest lines, and offers the others again', () => {
    const { log, flush } = logOf();
    log.take(lines(1, MOST_LINES));
    flush();
    expect(log.hasOlder).toBe(false);
    log.take(lines(MOST_LINES + 1, 500));
    flush();
    expect(log.lines).toHaveLength(MOST_LINES);
    expect([log.lines[0]?.seq, log.lines.at(-1)?.seq]).toEqual([501, MOST_LINES + 500]);
  });

  test('a pause keeps what is shown, and counts what comes', () => {
    const { log, flush } = logOf();
    log.take(lines(1, 5));
    flush();
    log.paused = true;
    log.take(lines(6, 7));
    flush();
    expect([log.lines.length, log.held]).toEqual([5, 7]);
    log.paused = false;
    expect([log.lines.length, log.held]).toEqual([12, 0]);
  });

  test('older lines come before those that are shown', async () => {
    const { log } = logOf([
      { items: lines(11, 10), previousBefore: 11 },
      { items: lines(1, 10), previousBefore: null },
    ]);
    const stop = log.start();
    await expect.poll(() => log.isLoaded).toBe(true);
    expect(log.hasOlder).toBe(true);
    await log.loadOlder();
    expect(log.lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(log.hasOlder).toBe(false);
    stop();
  });

  test('older lines that can’t be loaded are no reason to doubt those that are shown', async () => {
    const { log } = logOf(
      [
        { items: lines(11, 10), previousBefore: 11 },
        { items: lines(1, 10), previousBefore: null },
      ],
      1,
    );
    const stop = log.start();
    await expect.poll(() => log.isLoaded).toBe(true);
    await log.loadOlder();
    expect(log.olderError?.message).toBe('Storage doesn’t respond.');
    expect([log.error, log.lines.length, log.hasOlder, log.isLoadingOlder]).toEqual([null, 10, true, false]);
    await log.loadOlder();
    expect([log.olderError, log.lines.length]).toEqual([null, 20]);
    stop();
  });

  test('is searched in texts, stacks, requests and places, in any case', () => {
    const line = runtimeLine(1, {
      text: 'Tide is low',
      stack: 'at load (a.ts:1:1)',
      place: { file: 'src/Page.ts', line: 3, column: 1 },
    });
    for (const query of ['', '  ', 'TIDE', 'load', 'page.TS', '/stations/1', 'get'])
      expect(hasText(line, query), query).toBe(true);
    for (const query of ['high', 'post', '.tsx']) expect(hasText(line, query), query).toBe(false);
  });
});

test('hours as texts and bars', () => {
  const hour = {
    at: '2026-11-02T14:00:00.000Z',
    requests: 1200,
    errors: 1,
    p50Ms: 3.44,
    p95Ms: 1260,
    cpuMs: 0,
  };
  expect(describeHour(hour)).toBe('Nov 2, 14:00: 1,200 requests, 1 error, p50 3.4 ms, p95 1.3 s');
  expect(describeHour({ ...hour, requests: 0 })).toBe('Nov 2, 14:00: no requests');
  expect(barOf({ ...hour, requests: 10, errors: 2 }, 20)).toEqual({ errors: 0.1, others: 0.4 });
});

test('what a server may reach', () => {
  const form = new EgressForm({ server: { allowHosts: null } });
  expect([form.problem, form.toChange()]).toEqual([null, { server: { allowHosts: null } }]);
  form.choice = 'listed';
  expect(form.toChange()).toEqual({ server: { allowHosts: [] } });
  form.hosts = ' API.example.com\n*.example.org, api.example.com';
  expect([form.problem, form.toChange()]).toEqual([
    null,
    { server: { allowHosts: ['api.example.com', '*.example.org'] } },
  ]);
  for (const hosts of ['https://a.example', 'a.example/path', '*', 'a b_c'])
    expect(Object.assign(form, { hosts }).problem, hosts).toMatch(/isn’t a host/);
  form.hosts = Array.from({ length: 51 }, (_, index) => `h${index}.example`).join('\n');
  expect(form.problem).toMatch(/at most 50/);
});

test('which apps have a server, and whose data it is', () => {
  const site = { kind: 'server', files: 1, bytes: 1, newFiles: 0, newBytes: 0 } as const;
  expect(
    hasServer([
      { site: null, plan: null },
      { site, plan: null },
    ]),
  ).toBe(true);
  expect(hasServer([{ site: { ...site, kind: 'static' }, plan: null }])).toBe(false);
  expect(
    ['production', 'preview', 'fork-66f2a1c04b7e9d0000000001'].map((name) =>
      environmentName(name as 'production'),
    ),
  ).toEqual(['Production', 'Previews', 'Preview of a fork']);
});
