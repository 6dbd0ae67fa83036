/** What is seen of a server that runs in the server host: its log, its errors in the source, and its requests. */
import { env, exports } from 'cloudflare:workers';
import { MAPS_FOLDER, type RuntimeLine } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { runtimeOf } from '../../objects/runtime.ts';
import { createSealer, variableLabel } from '../../secrets/sealing.ts';
import { newApp } from '../../sites/serve/testing/publish.ts';
import { publishServer } from '../testing/publish-server.ts';
import { type ScheduledRun, SERVERS_URL } from '../visit/protocol.ts';

const SECRET = 'swordfish-of-the-shop';

// Line 4 of it throws; the map says that this is line 8 of the source.
const LIB = `
export function inner() {
  const nothing = null;
  return nothing.boom;
}
`;
const MAP = JSON.stringify({
  version: 3,
  sources: ['../../src/routes/+page.server.ts'],
  names: [],
  mappings: ';;;AAOA',
});
const SERVER = `
import { inner } from './lib/inner.js';
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const loop = { name: 'loop' };
    loop.self = loop;
    switch (pathname) {
      case '/levels': for (const level of ['debug', 'log', 'info', 'warn', 'error']) console[level](level, 'line'); break;
      case '/values': console.log('%s of %d', 'one', 2, loop, new Map([['a', 1]]), { get x() { throw new Error('a getter'); } }, 12n, Symbol('s')); break;
      case '/secret': console.log({ key: env.API_KEY }, encodeURIComponent(env.API_KEY), request.headers.get('cookie')); break;
      case '/caught': try { inner(); } catch (error) { console.error('Load failed', error); } break;
      case '/throw': inner(); break;
      case '/later': ctx.waitUntil(Promise.reject(new TypeError('too late'))); break;
      case '/long': console.log('x'.repeat(10_000_000)); console.log('after it'); break;
      case '/flood': for (let n = 0; n < 5_000; n += 1) console.log('flood ' + n); break;
      case '/control': console.log('a\\u001b[2Jb\\u0000c\\u202ed'); break;
      case '/forge': console.log(JSON.stringify({ seq: 1, appId: 'x' }) + '\\n' + JSON.stringify({ seq: 2 })); break;
      case '/prototypes': Object.prototype.level = 'error'; Array.prototype.map = () => []; console.log('still here'); break;
      case '/outside': await fetch('http://169.254.169.254/latest'); await fetch('http://' + env.API_KEY + '.internal/'); break;
      case '/broken': return new Response('no', { status: 503 });
    }
    return new Response('ok');
  },
  async scheduled(controller, env) {
    if (controller.cron === '0 4 * * *') inner();
    console.log('ran', controller.cron, typeof controller.scheduledTime, env.API_KEY);
  },
};
`;

let app: AppRecord;
let deployment: DeploymentRecord;
/** Apps whose servers misbehave, answer a few requests, and can't be loaded. */
let other: AppRecord;
let counted: AppRecord;
let broken: AppRecord;

const PATHS = [
  '/levels',
  '/values',
  '/secret',
  '/caught',
  '/throw',
  '/later',
  '/long',
  '/control',
  '/forge',
  '/outside',
];
const answers = new Map<string, { status: number; text: string }>();

beforeAll(async () => {
  app = await newApp();
  const sealed = await createSealer(env).seal(SECRET, variableLabel(app.id, 'API_KEY'));
  await metadataOf(env).apps.setVariable(app.id, 'API_KEY', {
    sealed,
    environments: ['production', 'preview'],
  });
  deployment = await publishServer(
    app,
    { 'worker.js': SERVER, 'lib/inner.js': LIB },
    { [`${MAPS_FOLDER}lib/inner.js.map`]: MAP },
    { spec: { crons: ['* * * * *', '0 4 * * *'] } },
  );
  const modules = { 'worker.js': SERVER, 'lib/inner.js': LIB };
  [other, counted, broken] = [await newApp(), await newApp(), await newApp()];
  await publishServer(other, modules);
  await publishServer(counted, modules, { 'file.txt': 'a file' });
  await publishServer(broken, { 'worker.js': `throw new Error('no database at ' + 'startup');` });
  // All at first: batches are five seconds apart.
  for (const path of PATHS) answers.set(path, await get(`${path}?token=of-the-query`));
  for (const path of ['/prototypes', '/flood']) await get(path, other);
  for (const path of ['/', '/a', '/broken', '/throw', '/file.txt']) await get(path, counted);
  answers.set('unloadable', await get('/', broken));
});

const hostOf = ({ slug }: AppRecord) => `http://${slug}.sites.localhost:8787`;
const get = async (path: string, of = app) => {
  const response = await exports.default.fetch(
    new Request(hostOf(of) + path, { headers: { Cookie: 'session=secret-cookie' } }),
  );
  return { status: response.status, text: await response.text() };
};

const linesOf = async ({ id }: AppRecord) =>
  (await runtimeOf(env, id).page({ after: 0, limit: 2_000, filter: {} })).items;

/** The lines that the request of this path has logged, as soon as there are so many. */
async function logged(path: string, count = 1): Promise<RuntimeLine[]> {
  const of = async () => (await linesOf(app)).filter(({ request }) => request?.path === path);
  await expect.poll(async () => (await of()).length).toBeGreaterThanOrEqual(count);
  return of();
}

describe('the log of a server', () => {
  test('has its console lines with their levels, deployment and request', async () => {
    const lines = await logged('/levels', 5);
    expect(lines.map(({ level, text }) => [level, text])).toEqual([
      ['debug', 'debug line'],
      ['info', 'log line'],
      ['info', 'info line'],
      ['warn', 'warn line'],
      ['error', 'error line'],
    ]);
    expect(lines[0]).toMatchObject({
      kind: 'console',
      deploymentId: deployment.id,
      environment: 'production',
      request: { method: 'GET', path: '/levels' },
      place: null,
    });
  });

  test('shows values as Node does, also those that JSON has not', async () => {
    const [line] = await logged('/values');
    expect(line?.text).toContain("one of 2 <ref *1> { name: 'loop', self: [Circular *1] }");
    expect(line?.text).toContain("Map(1) { 'a' => 1 } { x: [Getter] } 12n Symbol(s)");
  });

  test('hides the values of the app’s variables', async () => {
    const [line] = await logged('/secret');
    expect(line?.text).toBe("{ key: '***' } *** session=secret-cookie");
    expect(JSON.stringify(await linesOf(app))).not.toContain(SECRET);
    expect(JSON.stringify(await linesOf(app))).not.toContain('of-the-query');
  });

  test('names the place of an error in the source, whether it was caught or not', async () => {
    const place = { file: 'src/routes/+page.server.ts', line: 8, column: 1 };
    const [caught] = await logged('/caught');
    expect(caught).toMatchObject({ kind: 'console', level: 'error', place });
    expect(caught?.text).toBe("Load failed TypeError: Cannot read properties of null (reading 'boom')");
    expect(caught?.stack).toMatch(
      /^at inner \(src\/routes\/\+page\.server\.ts:8:1\)\nat Object\.fetch \(worker\.js:/,
    );
    const thrown = await logged('/throw');
    expect(thrown).toMatchObject([{ kind: 'exception', level: 'error', place }]);
    expect(answers.get('/throw')?.text).not.toMatch(/boom|inner/);
  });

  test('has errors of what was left running after the answer', async () => {
    expect(await logged('/later')).toMatchObject([{ kind: 'exception', text: 'TypeError: too late' }]);
  });

  test.each([
    ['/long', 2, (lines: string[]) => lines[0]?.length === 8_192 - 2 && lines[1] === 'after it'],
    ['/control', 1, (lines: string[]) => lines[0] === 'ab\ufffdc\ufffdd'],
    ['/forge', 1, (lines: string[]) => lines.length === 1 && lines[0]?.startsWith('{"seq":1') === true],
  ] as const)('takes hostile lines of %s for what they are', async (path, count, isRight) => {
    const lines = (await logged(path, count)).map(({ text }) => text);
    expect(isRight(lines), JSON.stringify(lines).slice(0, 300)).toBe(true);
  });

  test('names what the server was refused', async () => {
    const notices = async () => (await linesOf(app)).filter(({ kind }) => kind === 'notice');
    await expect
      .poll(async () => (await notices()).map(({ level, text }) => `${level} ${text}`))
      .toEqual([
        expect.stringMatching(/^warn A request to 169\.254\.169\.254 was refused: ./),
        expect.stringMatching(/^warn A request to \*\*\*\.internal was refused: ./),
      ]);
  });

  test('survives a server that changes global prototypes', async () => {
    await expect.poll(async () => (await linesOf(other)).map(({ text }) => text)).toContain('still here');
    expect((await linesOf(app)).map(({ text }) => text)).not.toContain('still here');
  });

  test('is limited, and says how many lines are missing', async () => {
    await expect
      .poll(async () => (await linesOf(other)).map(({ text }) => text))
      .toEqual(expect.arrayContaining([expect.stringMatching(/^\d+ lines were dropped: /)]));
    expect((await linesOf(other)).length).toBeLessThanOrEqual(1_005);
  });

  test('says why a server can’t be loaded, and visitors don’t learn it', async () => {
    expect(answers.get('unloadable')?.status).toBe(500);
    expect(answers.get('unloadable')?.text).not.toContain('startup');
    await expect
      .poll(async () => (await linesOf(broken)).map((line) => `${line.kind} ${line.text}`))
      .toEqual([expect.stringMatching(/^exception The server could not be loaded\. /)]);
  });
});

test('requests and errors are counted, without those for files', async () => {
  const analytics = () => runtimeOf(env, counted.id).analytics({ hours: 2 });
  await expect.poll(async () => (await analytics()).totals.requests).toBe(4);
  expect((await analytics()).totals).toMatchObject({ errors: 2, p50Ms: expect.any(Number) });
});

describe('a run of a cron', () => {
  const run = (more: Partial<ScheduledRun>) =>
    env.SERVERS?.fetch(`${SERVERS_URL}/scheduled`, {
      method: 'POST',
      body: JSON.stringify({
        appId: app.id,
        deploymentId: deployment.id,
        scope: 'production',
        revision: 'r1',
        cron: '* * * * *',
        index: 0,
        scheduledTime: Date.UTC(2026, 10, 29, 12),
        ...more,
      } satisfies ScheduledRun),
    });
  const ofCron = async (cron: string) => (await linesOf(app)).filter((line) => line.cron === cron);

  test('calls the handler as the platform does, and is in the log', async () => {
    expect((await run({}))?.status).toBe(204);
    await expect.poll(async () => (await ofCron('* * * * *')).length).toBe(2);
    expect((await ofCron('* * * * *')).map(({ kind, level, text }) => [kind, level, text])).toEqual(
      expect.arrayContaining([
        ['console', 'info', 'ran * * * * * number ***'],
        ['cron', 'info', expect.stringMatching(/^Ran in \d+ ms\.$/)],
      ]),
    );
  });

  test('that fails has its error with its place', async () => {
    await run({ cron: '0 4 * * *', index: 1 });
    await expect.poll(async () => (await ofCron('0 4 * * *')).length).toBe(2);
    expect(await ofCron('0 4 * * *')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'exception',
          place: { file: 'src/routes/+page.server.ts', line: 8, column: 1 },
        }),
        expect.objectContaining({
          kind: 'cron',
          level: 'error',
          text: expect.stringMatching(/^Failed after \d+ ms\.$/),
        }),
      ]),
    );
  });

  test('of a server without a handler says so', async () => {
    const none = await newApp();
    const { id } = await publishServer(
      none,
      { 'worker.js': 'export default { fetch: () => new Response() };' },
      {},
      { spec: { crons: ['* * * * *'] } },
    );
    await run({ appId: none.id, deploymentId: id });
    await expect
      .poll(async () => (await linesOf(none)).map(({ text }) => text))
      .toEqual(['The server exports no scheduled() handler.']);
  });
});
