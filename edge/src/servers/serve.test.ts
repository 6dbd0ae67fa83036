import { describe, expect, test } from 'vitest';
import { newApp } from '../sites/serve/testing/publish.ts';
import { ask, hostOf, visit } from './testing/ask.ts';
import { publishServer } from './testing/publish-server.ts';

const SERVER = `
import { gzipSync, brotliCompressSync } from 'node:zlib';
const gates = new Map();
const gate = (name) => gates.get(name) ?? gates.set(name, Promise.withResolvers()).get(name);
const after = [];
const TEXT = 'compressible '.repeat(1000);
async function count(body) {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}
const routes = {
  '/echo': async (request) => Response.json({
    url: request.url, method: request.method, cf: request.cf ?? null,
    headers: Object.fromEntries(request.headers), body: await request.text(),
  }),
  '/asset': (request, env) => env.ASSETS.fetch(new URL(new URL(request.url).search.slice(1), request.url), request),
  '/cookies': () => {
    const headers = new Headers();
    headers.append('Set-Cookie', 'session=1; Path=/; HttpOnly');
    headers.append('Set-Cookie', 'wide=1; Domain=sites.localhost; Path=/');
    headers.append('Set-Cookie', 'appflux_release=0123456789abcdef01234567; Path=/');
    headers.append('Set-Cookie', '__Host-appflux-access-0123456789abcdef01234567=x; Path=/; Secure');
    return new Response('cookies', { headers });
  },
  '/redirect': () => new Response(null, { status: 302, headers: { Location: '../elsewhere?a=%20' } }),
  '/range': () => new Response('234', { status: 206, headers: { 'Content-Range': 'bytes 2-4/10', 'Accept-Ranges': 'bytes' } }),
  '/gzip': () => new Response(gzipSync(TEXT), { headers: { 'Content-Encoding': 'gzip', ETag: '"own"' }, encodeBody: 'manual' }),
  '/br': () => new Response(brotliCompressSync(TEXT), { headers: { 'Content-Encoding': 'br' }, encodeBody: 'manual' }),
  '/part-of-gzip': () => new Response(gzipSync(TEXT).subarray(5, 15), {
    status: 206, headers: { 'Content-Encoding': 'gzip', 'Content-Range': 'bytes 5-14/99' }, encodeBody: 'manual',
  }),
  '/head': () => new Response(null, { headers: { 'Content-Length': '12345', 'Content-Type': 'text/plain' } }),
  '/teapot': () => new Response(null, { status: 418, statusText: 'Teapot' }),
  '/early': () => new Response(null, { status: 204, headers: { 'X-AppFlux-Failure': 'threw', 'X-AppFlux-Anything': '1', 'Alt-Svc': 'h3=":1"' } }),
  '/stream': (request) => {
    const name = new URL(request.url).search;
    return new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('first'));
        await gate(name).promise;
        controller.enqueue(new TextEncoder().encode(' second'));
        controller.close();
      },
    }));
  },
  '/wait': (request, env, ctx) => {
    const name = new URL(request.url).search;
    ctx.waitUntil(gate(name).promise.then(() => after.push(name)));
    return new Response('answered');
  },
  '/open': (request) => { gate(new URL(request.url).search).resolve(); return new Response('opened'); },
  '/after': () => Response.json(after),
  '/large': (request) => {
    const piece = new Uint8Array(1024 * 1024);
    let left = Number(new URL(request.url).searchParams.get('mib'));
    return new Response(new ReadableStream({ pull(controller) { if (left-- > 0) controller.enqueue(piece.slice()); else controller.close(); } }));
  },
  '/count': async (request) => Response.json(await count(request.body)),
  '/socket': (request) => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.accept();
    server.addEventListener('message', ({ data }) => server.send('echo ' + data));
    server.addEventListener('close', () => server.close());
    return new Response(null, { status: 101, webSocket: client, headers: { 'X-Own': 'kept', 'X-AppFlux-Own': 'dropped' } });
  },
};
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    return routes[pathname]?.(request, env, ctx) ?? new Response('from the server');
  },
};
`;

const FILES = {
  'hello.txt': 'an asset',
  'docs/index.html': '<h1>Docs</h1>',
  '404.html': '<h1>Missing</h1>',
};

const app = await newApp();
await publishServer(app, { 'worker.js': SERVER }, FILES);
const host = hostOf(app);

/** What the server says it has received. */
const seenBy = async (path: string, init: RequestInit = {}) =>
  (await ask(host, path, init)).json<{
    url: string;
    method: string;
    body: string;
    headers: Record<string, string>;
  }>();

describe('a server answers', () => {
  test('what no file does, and every method but GET and HEAD', async () => {
    expect(await (await visit(app, '/anything')).text()).toBe('from the server');
    expect(await (await visit(app, '/hello.txt')).text()).toBe('an asset');
    const posted = await ask(host, '/hello.txt', { method: 'POST', body: 'x' });
    expect(await posted.text()).toBe('from the server');
    expect((await visit(app, '/docs')).headers.get('Location')).toBe('/docs/');
  });

  test('never with its own modules', async () => {
    for (const path of ['/.appflux/server/worker.js', '/.appflux/server/', '/%2eappflux/server/worker.js']) {
      expect(await (await visit(app, path)).text()).toBe('from the server');
      const asked = await visit(app, `/asset?${path}`);
      expect(asked.status).toBe(404);
      expect(await asked.text()).not.toContain('gzipSync');
    }
  });

  test('with its files by ASSETS, and a range of one', async () => {
    expect(await (await visit(app, '/asset?/hello.txt')).text()).toBe('an asset');
    expect(await (await visit(app, '/asset?/docs/')).text()).toBe('<h1>Docs</h1>');
    const part = await visit(app, '/asset?/hello.txt', { Range: 'bytes=3-4' });
    expect([part.status, await part.text()]).toEqual([206, 'as']);
    const missing = await visit(app, '/asset?/nothing');
    expect([missing.status, await missing.text()]).toEqual([404, '<h1>Missing</h1>']);
  });

  test.each([
    ['/gzip', 200],
    ['/br', 200],
    ['/part-of-gzip', 206],
  ])('with the encoded bytes as they are: %s', async (path, status) => {
    const response = await visit(app, path, { 'Accept-Encoding': 'gzip, br' });
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Encoding')).toBe(path === '/br' ? 'br' : 'gzip');
    if (path !== '/part-of-gzip') expect(await response.text()).toBe('compressible '.repeat(1000));
  });

  test('with any status, redirect, range and length', async () => {
    const redirect = await visit(app, '/redirect');
    expect([redirect.status, redirect.headers.get('Location')]).toEqual([302, '../elsewhere?a=%20']);
    const range = await visit(app, '/range');
    expect([range.status, range.headers.get('Content-Range'), await range.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    const teapot = await visit(app, '/teapot');
    expect([teapot.status, teapot.statusText]).toEqual([418, 'Teapot']);
    const head = await ask(host, '/head', { method: 'HEAD' });
    expect(head.headers.get('Content-Length')).toBe('12345');
  });

  test('with cookies of its own host alone', async () => {
    const response = await visit(app, '/cookies');
    expect(response.headers.getSetCookie()).toEqual(['session=1; Path=/; HttpOnly', 'wide=1; Path=/']);
  });

  test('without headers that only AppFlux sets', async () => {
    const response = await visit(app, '/early');
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => /^(?:x-appflux-|alt-svc)/.test(name))).toEqual([]);
  });
});

describe('a server sees', () => {
  test('the URL, the method, the body and the headers of the visitor', async () => {
    const seen = await seenBy('/echo?a=%20&b=ü', { method: 'PUT', body: 'hello', headers: { 'X-Own': 'x' } });
    expect(seen).toMatchObject({ url: `http://${host}/echo?a=%20&b=%C3%BC`, method: 'PUT', body: 'hello' });
    expect(seen.headers).toMatchObject({ host, 'x-own': 'x', 'content-length': '5' });
  });

  test('the address of the client, whatever the client says', async () => {
    const forged = {
      'X-Forwarded-For': '1.1.1.1',
      'X-Real-IP': '1.1.1.1',
      Forwarded: 'for=1.1.1.1',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'gopher',
      'True-Client-IP': '1.1.1.1',
      'CF-IPCountry': 'XX',
    };
    const { headers } = await seenBy('/echo', { headers: { ...forged, 'CF-Connecting-IP': '203.0.113.7' } });
    expect(headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7',
      'x-real-ip': '203.0.113.7',
      'cf-connecting-ip': '203.0.113.7',
      'x-forwarded-host': host,
      'x-forwarded-proto': 'http',
    });
    for (const name of ['forwarded', 'true-client-ip', 'cf-ipcountry']) expect(headers[name]).toBeUndefined();
  });

  test('no header, cookie or token of AppFlux', async () => {
    const { headers } = await seenBy('/echo', {
      headers: {
        'X-AppFlux-Visit': '{}',
        'X-AppFlux-Anything': '1',
        Cookie: 'own=1; appflux_release=x; __Host-appflux-access-0123456789abcdef01234567=y; other=2',
        Authorization: 'Bearer afx_0123456789',
      },
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('x-appflux-'))).toEqual([]);
    expect(headers.cookie).toBe('own=1; other=2');
  });

  test('a token that is not AppFlux’s', async () => {
    const { headers } = await seenBy('/echo', { headers: { Authorization: 'Bearer own-token-of-the-site' } });
    expect(headers.authorization).toBe('Bearer own-token-of-the-site');
  });
});

describe('what takes its time passes through', () => {
  test('an answer that comes in pieces, each when it is there', async () => {
    const response = await visit(app, '/stream?one');
    const reader = (response.body ?? expect.fail('no body')).pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('first');
    await visit(app, '/open?one');
    let rest = '';
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) rest += piece.value;
    expect(rest).toBe(' second');
  });

  test('work after the answer', async () => {
    expect(await (await visit(app, '/wait?two')).text()).toBe('answered');
    expect(await (await visit(app, '/after')).json()).toEqual([]);
    await visit(app, '/open?two');
    await expect.poll(async () => (await visit(app, '/after')).json()).toEqual(['?two']);
  });

  test('bodies larger than the memory of an isolate', async () => {
    const MIB = 1024 * 1024;
    const large = await visit(app, '/large?mib=200');
    let bytes = 0;
    for await (const piece of large.body ?? []) bytes += piece.length;
    expect(bytes).toBe(200 * MIB);
    let left = 150;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(MIB)) : controller.close()),
    });
    expect(await (await ask(host, '/count', { method: 'POST', body })).json()).toBe(150 * MIB);
  });

  test('a WebSocket', async () => {
    const response = await visit(app, '/socket', { Upgrade: 'websocket' });
    expect(response.status).toBe(101);
    expect(response.headers.get('X-Own')).toBe('kept');
    expect(response.headers.get('X-AppFlux-Own')).toBeNull();
    const socket = response.webSocket ?? expect.fail('no WebSocket');
    const received: unknown[] = [];
    socket.addEventListener('message', ({ data }) => received.push(data));
    socket.accept();
    socket.send('one');
    socket.send('two');
    await expect.poll(() => received).toEqual(['echo one', 'echo two']);
    socket.close();
  });
});

test('modules of each kind are loaded as what their names say', async () => {
  const kinds = await newApp();
  const add = [0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3];
  const wasm = [...add, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11];
  const modules = {
    'deep/worker.js': `
      import { one } from './one.mjs';
      import two from '../two.cjs';
      import three from '../three.json';
      import text from './four.txt';
      import page from './page.html';
      import data from './five.bin';
      import wasm from './add.wasm';
      const { exports } = new WebAssembly.Instance(wasm);
      const lazy = await import('./lazy chunk.js');
      export default { fetch: () => Response.json([one, two.two, three, text, page, [...new Uint8Array(data)], exports.add(2, 3), lazy.default]) };`,
    'deep/one.mjs': 'export const one = 1;',
    'two.cjs': 'module.exports = { two: 2 };',
    'three.json': '{"three":3}',
    'deep/four.txt': 'vier ü',
    'deep/page.html': '<p>',
    'deep/five.bin': new Uint8Array([0, 255, 5]),
    'deep/add.wasm': new Uint8Array(wasm),
    'deep/lazy chunk.js': "export default 'lazy';",
  };
  await publishServer(kinds, modules, {}, { spec: { main: 'deep/worker.js' } });
  const response = await visit(kinds, '/');
  expect(await response.json()).toEqual([1, 2, { three: 3 }, 'vier ü', '<p>', [0, 255, 5], 5, 'lazy']);
});

test('a server without files, and one with thousands of them between its modules', async () => {
  const only = await newApp();
  await publishServer(only, { 'worker.js': "export default { fetch: () => new Response('only') };" });
  expect(await (await visit(only, '/')).text()).toBe('only');
  const many = await newApp();
  const large = Object.fromEntries(
    Array.from({ length: 5 }, (_, n) => [`a${n}/file.bin`, new Uint8Array(400_000).fill(n)]),
  );
  const chunks = Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`chunks/c${n}.js`, `export default ${n % 100};`]),
  );
  const imports = Object.keys(chunks).map((name, n) => `import c${n} from './${name}';`);
  const sum = `export default { fetch: () => Response.json(${Object.keys(chunks)
    .map((_, n) => `c${n}`)
    .join(' + ')}) };`;
  await publishServer(many, { 'worker.js': [...imports, sum].join('\n'), ...chunks }, large);
  expect(await (await visit(many, '/')).json()).toBe(3 * 4950);
});
