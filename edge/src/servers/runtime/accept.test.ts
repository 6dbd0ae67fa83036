/** What the server host sends: split by app, with places of the source, and stored once. */
import { env } from 'cloudflare:workers';
import { MAPS_FOLDER, type RuntimeBatch, type RuntimeEvent, SERVER_FOLDER } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newObjectId } from '../../metadata/object-id.ts';
import { runtimeOf } from '../../objects/runtime.ts';
import { newApp, publish } from '../../sites/serve/testing/publish.ts';
import { forgetAll } from '../../testing/worker.ts';
import { acceptEvents } from './accept.ts';

beforeEach(forgetAll);
afterEach(() => vi.restoreAllMocks());

/** Generated line 2, from column 1 on, is line 8 of the source; line 3 is line 12 of a package. */
const MAP = JSON.stringify({
  version: 3,
  sources: ['../../src/routes/+page.server.ts', '../../node_modules/kit/index.js'],
  names: [],
  mappings: ';AAOA;ACIA',
});

const event = (more: Partial<RuntimeEvent> = {}): RuntimeEvent => ({
  at: '2026-11-29T12:00:00.000Z',
  kind: 'console',
  level: 'info',
  text: 'a line',
  stack: null,
  request: null,
  cron: null,
  ...more,
});
const thrown = (stack: string) => event({ kind: 'exception', level: 'error', text: 'Error: no', stack });

type Entry = RuntimeBatch['entries'][number];
const send = (entries: Entry[], id: string = crypto.randomUUID()) =>
  acceptEvents(
    new Request('http://control/events', { method: 'POST', body: JSON.stringify({ id, entries }) }),
    env,
  );
const entryOf = (appId: string, deploymentId: string, events: RuntimeEvent[]): Entry => ({
  appId,
  deploymentId,
  environment: 'production',
  events,
  counts: [{ at: '2026-11-29T12:00:00.000Z', requests: 2, errors: 1, cpuMs: 3, durations: [[4, 2]] }],
});
const linesOf = async (appId: string) => (await runtimeOf(env, appId).page({ limit: 100, filter: {} })).items;

async function givenServer(files: Record<string, string> = { [`${MAPS_FOLDER}worker.js.map`]: MAP }) {
  const app = await newApp();
  const { id } = await publish(app, { [`${SERVER_FOLDER}worker.js`]: 'x', ...files });
  return { appId: app.id, id };
}

test('an error has its place in the source, and its stack names sources', async () => {
  const { appId, id } = await givenServer();
  const stack = 'at load (worker.js:3:4)\nat Object.fetch (worker.js:2:9)\nat other.js:1:1\nat worker.js:1:1';
  expect((await send([entryOf(appId, id, [thrown(stack), event()])])).status).toBe(204);
  expect(await linesOf(appId)).toMatchObject([
    {
      text: 'Error: no',
      place: { file: 'src/routes/+page.server.ts', line: 8, column: 1 },
      stack: [
        'at load (node_modules/kit/index.js:12:1)',
        'at Object.fetch (src/routes/+page.server.ts:8:1)',
        'at other.js:1:1',
        'at worker.js:1:1',
      ].join('\n'),
    },
    { text: 'a line', place: null, stack: null },
  ]);
});

test('each app gets its own part of a batch', async () => {
  const one = await givenServer();
  const other = await givenServer();
  await send([
    entryOf(one.appId, one.id, [event({ text: 'of one' })]),
    entryOf(other.appId, other.id, [event({ text: 'of the other' })]),
    entryOf(one.appId, newObjectId(), [event({ text: 'of one again' })]),
  ]);
  expect((await linesOf(one.appId)).map(({ text }) => text)).toEqual(['of one', 'of one again']);
  expect((await linesOf(other.appId)).map(({ text }) => text)).toEqual(['of the other']);
});

test('source maps of another app are never read, whatever a batch names', async () => {
  const one = await givenServer();
  const other = await givenServer();
  await send([entryOf(one.appId, other.id, [thrown('at a (worker.js:2:1)')])]);
  expect(await linesOf(one.appId)).toMatchObject([{ place: null, stack: 'at a (worker.js:2:1)' }]);
});

test.each([
  ['that is none', 'no source map'],
  [
    'that lies about its sources',
    JSON.stringify({ version: 3, sources: ['\u0000\u202e/../..'], mappings: ';AAOA' }),
  ],
  [
    'with endless mappings',
    JSON.stringify({ version: 3, sources: ['a'], mappings: `;${'gggggggg'.repeat(50_000)}` }),
  ],
])('a map %s harms nothing', async (_, map) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { appId, id } = await givenServer({ [`${MAPS_FOLDER}worker.js.map`]: map });
  expect((await send([entryOf(appId, id, [thrown('at a (worker.js:2:1)')])])).status).toBe(204);
  const [line] = await linesOf(appId);
  expect(line?.stack).toMatch(/^at a \((?:worker\.js:2:1|\ufffd\ufffd:8:1|unknown:8:1)\)$/);
  expect(said).not.toHaveBeenCalled();
});

test('while storage is down, errors are stored with places of the bundle', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { appId, id } = await givenServer();
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
    (input instanceof Request ? input.url : String(input)).startsWith(env.S3_ENDPOINT)
      ? Promise.reject(new TypeError('Network connection lost.'))
      : real(input, init),
  );
  expect((await send([entryOf(appId, id, [thrown('at a (worker.js:2:1)')])])).status).toBe(204);
  expect(await linesOf(appId)).toMatchObject([{ place: null, stack: 'at a (worker.js:2:1)' }]);
  expect(said).toHaveBeenCalled();
});

test('a batch that comes again is stored once', async () => {
  const { appId, id } = await givenServer();
  const batch = crypto.randomUUID();
  await send([entryOf(appId, id, [event()])], batch);
  await send([entryOf(appId, id, [event()])], batch);
  expect(await linesOf(appId)).toHaveLength(1);
});

test.each([
  ['no JSON', '{'],
  ['another shape', '{"id":1}'],
  ['forged members', JSON.stringify({ id: crypto.randomUUID(), entries: [], appId: 'x' })],
  [
    'a line that is too long',
    JSON.stringify({
      id: crypto.randomUUID(),
      entries: [entryOf(newObjectId(), newObjectId(), [event({ text: 'x'.repeat(9_000) })])],
    }),
  ],
])('%s is dropped and logged, and not asked for again', async (_, body) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const answer = await acceptEvents(new Request('http://control/events', { method: 'POST', body }), env);
  expect(answer.status).toBe(204);
  expect(said).toHaveBeenCalledTimes(1);
});
