import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { newApp, packName } from '../sites/serve/testing/publish.ts';
import { objectsOf } from '../storage/index.ts';
import { sitePackKey } from '../storage/keys.ts';
import { bytesOf } from '../storage/read.ts';
import { ask, hostOf, visit } from './testing/ask.ts';
import { publishServer } from './testing/publish-server.ts';
import { visitServer } from './visit/visit-server.ts';

/** An app whose release has this server. */
async function appWith(worker: string, modules: Record<string, string> = {}) {
  const app = await newApp();
  const release = await publishServer(app, { 'worker.js': worker, ...modules });
  return { app, release };
}

const ANSWERS = "export default { fetch: () => new Response('hello') };";

describe('a server that is wrong is a page of ours, with nothing of its code', () => {
  test.each([
    ['throws at load', "throw new Error('secret-of-the-code'); export default {};"],
    ['does not parse', 'export default { secret-of-the-code'],
    ['has no default export', "export const fetch = () => new Response('secret-of-the-code');"],
    ['exports no handler', "export default { scheduled() { 'secret-of-the-code' } };"],
    ['exports something else', "export default 'secret-of-the-code';"],
    ['imports what is not there', "import './secret-of-the-code.js'; export default {};"],
    ['throws in its handler', "export default { fetch() { throw new Error('secret-of-the-code'); } };"],
    ['rejects', "export default { fetch: async () => Promise.reject('secret-of-the-code') };"],
    ['answers no response', "export default { fetch: () => 'secret-of-the-code' };"],
    ['waits for nothing', 'export default { fetch: () => new Promise(() => {}) };'],
    ['evaluates text', "export default { fetch: () => new Response(eval('1') + 'secret-of-the-code') };"],
  ])('one that %s', async (_, worker) => {
    const { app } = await appWith(worker);
    for (let time = 0; time < 2; time += 1) {
      const response = await visit(app, '/');
      expect(response.status).toBe(500);
      const page = await response.text();
      expect(page).toContain('This site reported an error');
      expect(page).not.toContain('secret-of-the-code');
      expect(response.headers.get('Cache-Control')).toBe('no-store');
    }
    expect((await ask(hostOf(app), '/', { method: 'HEAD' })).status).toBe(500);
  });

  test('and its files are served all the same', async () => {
    const app = await newApp();
    await publishServer(app, { 'worker.js': 'throw 1;' }, { 'a.txt': 'file' });
    expect(await (await visit(app, '/a.txt')).text()).toBe('file');
  });
});

test('a server may have any of the platform’s flags but experimental ones', async () => {
  for (const [flag, status] of [
    ['nodejs_compat', 200],
    ['unsafe_module', 500],
    ['experimental', 500],
    ['no_such_flag', 500],
  ] as const) {
    const app = await newApp();
    await publishServer(app, { 'worker.js': ANSWERS }, {}, { spec: { compatibilityFlags: [flag] } });
    expect([flag, (await visit(app, '/')).status]).toEqual([flag, status]);
  }
});

test('a server of a date that is later than the runtime’s is run with the runtime’s', async () => {
  const app = await newApp();
  await publishServer(app, { 'worker.js': ANSWERS }, {}, { spec: { compatibilityDate: '2999-01-01' } });
  expect(await (await visit(app, '/')).text()).toBe('hello');
});

describe('while storage has nothing to load', () => {
  test('a cold server is a page that says so, and is loaded once storage is back; a warm one serves on', async () => {
    const { app: cold, release } = await appWith(ANSWERS);
    const { app: warm, release: warmRelease } = await appWith(ANSWERS);
    expect((await visit(warm, '/')).status).toBe(200);
    const objects = objectsOf(env);
    const keys = [sitePackKey(cold.id, packName(release.id)), sitePackKey(warm.id, packName(warmRelease.id))];
    const packs = [];
    for (const key of keys) {
      const object = (await objects.get(key)) ?? expect.fail('no pack');
      packs.push({ key, bytes: await bytesOf(object.body) });
      await objects.delete([key]);
    }
    for (let time = 0; time < 2; time += 1) {
      const response = await visit(cold, '/');
      expect(response.status).toBe(503);
      expect(response.headers.get('Retry-After')).not.toBeNull();
      expect(await response.text()).toContain('can’t be started right now');
    }
    expect(await (await visit(warm, '/')).text()).toBe('hello');
    for (const { key, bytes } of packs) await objects.put(key, bytes, 'application/octet-stream');
    await expect.poll(async () => (await visit(cold, '/')).text()).toBe('hello');
  });
});

describe('the server host', () => {
  const request = () => new Request('http://shop.sites.localhost:8787/');
  const visitOf = (id: string) => ({
    appId: id,
    deploymentId: id,
    scope: 'production' as const,
    revision: 'first',
    url: request().url,
    clientAddress: null,
  });
  const servers = (fetch: typeof globalThis.fetch) => ({ fetch }) as unknown as Fetcher;

  test('that answers nothing in time is a timeout', async () => {
    const slow = servers(
      (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    );
    const visited = await visitServer(slow, request(), {
      visit: visitOf('0123456789abcdef01234567'),
      headers: new Headers(),
      withinMs: 10,
    });
    expect(visited).toMatchObject({ none: 'timeout' });
  });

  test('that ends meanwhile is gone', async () => {
    const ended = servers(() => Promise.reject(new Error('Network connection lost.')));
    const visited = await visitServer(ended, request(), {
      visit: visitOf('0123456789abcdef01234567'),
      headers: new Headers(),
    });
    expect(visited).toMatchObject({ none: 'gone' });
  });

  test('runs no server that is not published', async () => {
    const visited = await visitServer(env.SERVERS ?? expect.fail('no servers'), request(), {
      visit: visitOf('0123456789abcdef01234567'),
      headers: new Headers(),
    });
    expect(visited).toMatchObject({ none: 'missing' });
  });

  test('runs no server of another app, nor with the variables of another environment', async () => {
    const { app } = await appWith(ANSWERS);
    const preview = await publishServer(app, { 'worker.js': ANSWERS }, {}, { environment: 'preview' });
    const fork = await publishServer(
      app,
      { 'worker.js': ANSWERS },
      {},
      { environment: 'preview', isUntrusted: true },
    );
    const { app: other } = await appWith(ANSWERS);
    for (const wrong of [
      { appId: other.id, deploymentId: preview.id, scope: 'preview' },
      { appId: app.id, deploymentId: preview.id, scope: 'production' },
      { appId: app.id, deploymentId: fork.id, scope: 'preview' },
      { appId: app.id, deploymentId: fork.id, scope: 'production' },
      { appId: app.id, deploymentId: preview.id, scope: `fork-${fork.id}` },
    ] as const) {
      const visited = await visitServer(env.SERVERS ?? expect.fail('no servers'), request(), {
        visit: { ...visitOf(app.id), ...wrong },
        headers: new Headers(),
      });
      expect([wrong.scope, visited]).toMatchObject([wrong.scope, { none: 'missing' }]);
    }
  });
});

describe('a server that calls itself', () => {
  test('is answered by itself, in the same isolate', async () => {
    const { app } = await appWith(`
      let calls = 0;
      export default { async fetch(request, env) {
        calls += 1;
        if (new URL(request.url).pathname === '/inner') return new Response('call ' + calls);
        return env.WORKER_SELF_REFERENCE.fetch('http://any/inner');
      } };`);
    expect(await (await visit(app, '/')).text()).toBe('call 2');
  });

  test('again and again is stopped', async () => {
    const { app } = await appWith(`
      let calls = 0;
      export default { async fetch(request, env) {
        if (new URL(request.url).pathname === '/calls') return Response.json(calls);
        calls += 1;
        return env.WORKER_SELF_REFERENCE.fetch('http://any/');
      } };`);
    expect((await visit(app, '/')).status).toBeGreaterThanOrEqual(500);
    expect(await (await visit(app, '/calls')).json()).toBeLessThan(100);
    // What was stopped has freed its places.
    expect((await visit(app, '/')).status).toBeGreaterThanOrEqual(500);
  });

  test('by way of other servers is a page that says so', async () => {
    const { app } = await appWith(ANSWERS);
    const via = (times: number) => ({ Via: Array.from({ length: times }, () => '1.1 appflux').join(', ') });
    expect((await visit(app, '/', via(2))).status).toBe(200);
    expect((await visit(app, '/', via(3))).status).toBe(508);
  });
});
