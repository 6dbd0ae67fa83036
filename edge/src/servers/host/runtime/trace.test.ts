import { RuntimeEvent } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Mask } from './mask.ts';
import { eventsOf, type Trace } from './trace.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const AT = new Date(NOW).toISOString();
const mask = new Mask(['swordfish-of-the-shop']);
const traceOf = (given: Partial<Trace>): Trace => ({
  event: {
    request: { method: 'POST', url: 'https://shop.example/cart?token=abc' },
    response: { status: 200 },
  },
  eventTimestamp: NOW,
  logs: [],
  exceptions: [],
  outcome: 'ok',
  ...given,
});
const log = (message: unknown, level = 'log', timestamp = NOW) => ({ timestamp, level, message });
const events = (given: Partial<Trace>) => {
  const { events: found } = eventsOf(traceOf(given), {
    mask,
    crons: ['0 4 * * *', '*/5 * * * *'],
    now: NOW + 5,
  });
  for (const event of found) RuntimeEvent.parse(event);
  return found;
};

test('a console line has its level, and the request without its query', () => {
  expect(events({ logs: [log(['hello', { a: 1 }, [2], null, 'swordfish-of-the-shop'], 'warn')] })).toEqual([
    {
      at: AT,
      kind: 'console',
      level: 'warn',
      text: 'hello {"a":1} [2] null ***',
      stack: null,
      request: { method: 'POST', path: '/cart' },
      cron: null,
    },
  ]);
});

test('empty lines around a text are left out, as SvelteKit writes them', () => {
  const found = events({
    logs: [log(['\n\u001b[1;31m[404] GET /nope\u001b[0m\n', '\n'], 'error'), log(['  a\n\n  b'])],
  });
  expect(found.map(({ text }) => text)).toEqual(['[404] GET /nope', '  a\n\n  b']);
});

test('an error that was not caught has its stack, and stands where it happened', () => {
  const found = events({
    outcome: 'exception',
    logs: [log(['after'], 'log', NOW + 2), log(['before'])],
    exceptions: [
      {
        timestamp: NOW + 1,
        name: 'TypeError',
        message: 'no',
        stack: '    at a (m.js:1:2)\n    at b (m.js:3:4)',
      },
    ],
  });
  expect(found.map(({ text }) => text)).toEqual(['before', 'TypeError: no', 'after']);
  expect(found[1]).toMatchObject({
    kind: 'exception',
    level: 'error',
    stack: 'at a (m.js:1:2)\nat b (m.js:3:4)',
  });
});

test('a run of a cron names it', () => {
  const cronOf = (rpcMethod: unknown) => events({ event: { rpcMethod }, logs: [log(['x'])] })[0]?.cron;
  expect(cronOf('cron1')).toBe('*/5 * * * *');
  for (const other of ['cron2', 'cron', 'cron-1', 'constructor', '1', 1, null])
    expect(cronOf(other)).toBeNull();
});

test('the stack of an error that was printed is apart from what it says', () => {
  const printed =
    'Load failed Error: no\n    at load (m.js:3:4)\n    at m.js:1:1\ncaused by TypeError: why\n    at x (m.js:9:9)';
  expect(events({ logs: [log([printed], 'error')] })).toMatchObject([
    {
      kind: 'console',
      text: 'Load failed Error: no\ncaused by TypeError: why',
      stack: 'at load (m.js:3:4)\nat m.js:1:1\nat x (m.js:9:9)',
    },
  ]);
  const prose = 'We met\n    at noon\nat (a:1:1)\n    at 12:30';
  expect(events({ logs: [log([prose])] })).toMatchObject([{ text: prose, stack: null }]);
});

test.each([
  ['exceededCpu', /CPU time/],
  ['exceededMemory', /memory/],
  ['exception', /threw/],
])('a server that ended with %s says so once', (outcome, text) => {
  const found = events({ outcome });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ kind: 'notice', level: 'error', text: expect.stringMatching(text) });
});

test.each(['ok', 'canceled', 'responseStreamDisconnected', 'constructor', '__proto__'])(
  'an invocation that ended with %s has no line of its own',
  (outcome) => expect(events({ outcome })).toEqual([]),
);

test('whatever a trace holds becomes events of the protocol', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const found = events({
    event: { request: { method: 'x'.repeat(5_000), url: 'no URL' } },
    eventTimestamp: null,
    logs: [
      log('text alone'),
      log(undefined),
      log([]),
      log([cycle]),
      log([
        {
          get a() {
            throw new Error('a getter');
          },
        },
      ]),
      log([12n]),
      log(['x'.repeat(10_000_000)], 'constructor', Number.NaN),
      log(['late'], 'log', 1e300),
      log(['\u0000\u001b[2J'], 'log', -1),
    ],
    exceptions: [
      {
        timestamp: Number.NaN,
        name: 'N\u0000',
        message: 'm'.repeat(100_000),
        stack: `at ${'('.repeat(100_000)}`,
      },
      { timestamp: NOW, name: 'E', message: '', stack: undefined },
      { timestamp: NOW, name: 'F', message: '', stack: 'not a stack\nat all' },
    ],
  });
  expect(found).toHaveLength(12);
  expect(found.map(({ text }) => text)).toEqual(expect.arrayContaining(['text alone', '', '[object]']));
});

test('at most 1,000 lines of one invocation are read, and the others are counted', () => {
  const logs = Array.from({ length: 3_000 }, (_, n) => log([n]));
  const found = eventsOf(traceOf({ logs }), { mask, crons: [], now: NOW });
  expect(found.events).toHaveLength(1_000);
  expect(found.dropped).toBe(2_000);
});
