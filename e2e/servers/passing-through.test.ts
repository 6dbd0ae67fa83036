/** What passes through a whole instance between a visitor and the server of a site, byte by byte. */
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';

const SERVER = `
import { gzipSync, brotliCompressSync } from 'node:zlib';
const TEXT = 'compressible '.repeat(1000);
let canceled = 0;
let isOpen = null;
const routes = {
  '/gzip': () => new Response(gzipSync(TEXT), { headers: { 'Content-Encoding': 'gzip' }, encodeBody: 'manual' }),
  '/br': () => new Response(brotliCompressSync(TEXT), { headers: { 'Content-Encoding': 'br' }, encodeBody: 'manual' }),
  '/part': () => new Response(gzipSync(TEXT).subarray(5, 15), {
    status: 206, headers: { 'Content-Encoding': 'gzip', 'Content-Range': 'bytes 5-14/99' }, encodeBody: 'manual',
  }),
  '/plain': () => new Response('plain', { headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=5' } }),
  '/head': () => new Response(null, { headers: { 'Content-Length': '12345' } }),
  '/open': (request) => { isOpen = new URL(request.url).search; return new Response(); },
  '/stream': (request) => {
    const { search } = new URL(request.url);
    let part = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        part += 1;
        while (part === 2 && isOpen !== search) await scheduler.wait(5);
        if (part === 3) controller.close();
        else controller.enqueue(new TextEncoder().encode('part ' + part + ';'));
      },
    }), { headers: { 'Content-Type': search === '?page' ? 'text/html' : 'text/event-stream' } });
  },
  '/endless': () => new Response(new ReadableStream({
    async pull(controller) { await scheduler.wait(1); controller.enqueue(new Uint8Array(1000)); },
    cancel() { canceled += 1; },
  })),
  '/canceled': () => Response.json(canceled),
  '/large': (request) => {
    const piece = new Uint8Array(1024 * 1024);
    let left = Number(new URL(request.url).search.slice(1));
    return new Response(new ReadableStream({ pull(controller) { if (left-- > 0) controller.enqueue(piece.slice()); else controller.close(); } }));
  },
  '/count': async (request) => {
    let bytes = 0;
    for await (const chunk of request.body) bytes += chunk.length;
    return Response.json([bytes, request.headers.get('Content-Length')]);
  },
  '/seen': (request) => Response.json({ url: request.url, headers: Object.fromEntries(request.headers) }),
  '/socket': (request) => {
    const { 0: client, 1: server } = new WebSocketPair();
    server.binaryType = 'arraybuffer';
    server.accept();
    server.addEventListener('message', ({ data }) => server.send(typeof data === 'string' ? 'echo ' + data : data));
    return new Response(null, { status: 101, webSocket: client, headers: { 'Sec-WebSocket-Protocol': 'chat' } });
  },
};
export default { fetch: (request) => {
  const route = routes[new URL(request.url).pathname];
  return route === undefined ? new Response('none', { status: 404 }) : route(request);
} };`;

let edge: EdgeInstance;
let site: SitePublisher;

beforeAll(async () => {
  edge = await startInstance();
  site = await sitePublisher(edge, 'through');
  await site.publishServer(SERVER, {}, { compatibilityFlags: ['nodejs_compat'] });
});
afterAll(() => edge?.stop());

const hostOf = () => `${site.slug}.sites.localhost:${new URL(edge.url).port}`;

/** Begins a request for the site. This machine need not resolve its host. */
function begin(path: string, options: RequestOptions = {}) {
  const headers = { Host: hostOf(), ...(options.headers as Record<string, string>) };
  const { port } = new URL(edge.url);
  return request({ host: '127.0.0.1', port, path, agent: false, ...options, headers });
}

async function visit(
  path: string,
  options: RequestOptions = {},
  body?: Uint8Array,
): Promise<IncomingMessage> {
  const asked = begin(path, options);
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

test('encoded bodies are the bytes that the server sent, with their length', async () => {
  const expected = 'compressible '.repeat(1000);
  const gzip = await visit('/gzip');
  const bytes = await buffer(gzip);
  expect(gzip.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(bytes.length) });
  expect(gunzipSync(bytes).toString()).toBe(expected);
  const part = await visit('/part', { headers: { Range: 'bytes=5-14' } });
  expect([part.statusCode, part.headers['content-range']]).toEqual([206, 'bytes 5-14/99']);
  expect((await buffer(part)).equals(bytes.subarray(5, 15))).toBe(true);
  const br = await visit('/br');
  expect(br.headers['content-encoding']).toBe('br');
  expect((await buffer(br)).length).toBeLessThan(200);
});

test('plain bodies are not encoded on the way, whatever the visitor takes', async () => {
  const plain = await visit('/plain', { headers: { 'Accept-Encoding': 'gzip, br' } });
  expect(plain.headers).toMatchObject({ 'content-length': '5', 'cache-control': 'max-age=5' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(await text(plain)).toBe('plain');
  expect((await visit('/head', { method: 'HEAD' })).headers['content-length']).toBe('12345');
});

test('the server sees the visitor’s host and address', async () => {
  const seen = JSON.parse(
    await text(await visit('/seen?a=1', { headers: { 'X-Forwarded-For': '1.1.1.1' } })),
  );
  expect(seen.url).toBe(`http://${hostOf()}/seen?a=1`);
  expect(seen.headers).toMatchObject({
    host: hostOf(),
    'x-forwarded-for': '127.0.0.1',
    'cf-connecting-ip': '127.0.0.1',
  });
  expect(Object.keys(seen.headers).filter((name) => /^(?:x-appflux|mf-)/.test(name))).toEqual([]);
});

test.each(['?page', '?events'])(
  'a stream arrives piece by piece, also where text is compressed: %s',
  async (query) => {
    const stream = await visit(`/stream${query}`, { headers: { 'Accept-Encoding': 'gzip, br' } });
    const [first] = (await once(stream, 'data')) as [Buffer];
    // What comes before the rest is read would be dropped otherwise.
    stream.pause();
    expect(first.toString()).toBe('part 1;');
    await visit(`/open${query}`);
    expect(await text(stream)).toContain('part 2;');
  },
);

test('a stream that nobody reads any more ends', async () => {
  const endless = await visit('/endless');
  await once(endless, 'data');
  endless.destroy();
  await expect.poll(async () => text(await visit('/canceled'))).toBe('1');
});

test('bodies that are larger than the memory of a server', async () => {
  let bytes = 0;
  for await (const piece of await visit('/large?300')) bytes += (piece as Buffer).length;
  expect(bytes).toBe(300 * 1024 ** 2);
  const asked = begin('/count', { method: 'POST' });
  const piece = Buffer.alloc(1024 * 1024);
  for (let left = 150; left > 0; left -= 1) if (!asked.write(piece)) await once(asked, 'drain');
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  expect(JSON.parse(await text(answer))).toEqual([150 * 1024 ** 2, null]);
  const small = await visit(
    '/count',
    { method: 'POST', headers: { 'Content-Length': '3' } },
    Buffer.from('abc'),
  );
  expect(JSON.parse(await text(small))).toEqual([3, '3']);
});

test('a WebSocket, with its protocol, text, bytes and code', async () => {
  const { port } = new URL(edge.url);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, ['chat'], { headers: { Host: hostOf() } });
  await once(socket, 'open');
  expect(socket.protocol).toBe('chat');
  socket.send('one');
  expect(String((await once(socket, 'message'))[0])).toBe('echo one');
  socket.send(Buffer.alloc(100_000, 7));
  expect((await once(socket, 'message'))[0]).toEqual(Buffer.alloc(100_000, 7));
  socket.close(3001);
  const [code] = await once(socket, 'close');
  expect(code).toBe(3001);
});

test('a visitor who closes many WebSockets gets the code of each', async () => {
  const { port } = new URL(edge.url);
  const closed = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, ['chat'], { headers: { Host: hostOf() } });
    await once(socket, 'open');
    socket.send('one');
    await once(socket, 'message');
    socket.close(3001);
    return (await once(socket, 'close'))[0];
  };
  for (let round = 0; round < 10; round += 1)
    expect(await Promise.all(Array.from({ length: 5 }, closed))).toEqual(Array(5).fill(3001));
});
