/** Pictures by the real browser in the real sandbox, of pages that play along and of pages that don't. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PictureRequest, pictureBytes } from '@appflux/protocol';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ensureImages } from '../../../e2e/kinds/container.ts';
import { mergeSettings } from '../config/read-settings.ts';
import { dialDirectly } from '../sandbox/egress/dial.ts';
import { PUBLIC } from '../sandbox/egress/testing/harness.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { keptJournal } from '../testing/docker.ts';
import { PICTURES_IMAGE } from './image.ts';
import { takePictures } from './take.ts';

vi.setConfig({ testTimeout: 180_000 });

const engine = connectEngine();
const RUNNER = `pictures-${crypto.randomUUID()}`;
let state: string;
let imageId: string;
let port: number;
/** What the instance's machine was asked for: by the path, and the cookies with it. */
let asked: { host: string; path: string; cookie: string }[] = [];
let pages: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {};

const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push({ host: request.headers.host ?? '', path, cookie: request.headers.cookie ?? '' });
  const page = pages[path];
  if (page === undefined) response.writeHead(404).end('nothing');
  else page(request, response);
});

beforeAll(async () => {
  await ensureImages('pictures');
  imageId = (await engine.getImage(PICTURES_IMAGE).inspect()).Id;
  state = await mkdtemp(join(tmpdir(), 'appflux-pictures-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
}, 600_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(state, { recursive: true });
  const filters = { label: [`dev.appflux.runner=${RUNNER}`] };
  expect(await engine.listContainers({ all: true, filters })).toEqual([]);
});

const html = (body: string) => (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html>${body}`);
};

interface Taken {
  files: Awaited<ReturnType<typeof takePictures>> | null;
  refused: string | null;
  /** What the proxy refused, one line each. */
  network: string[];
  /** What was dialed, after all checks. */
  dialed: string[];
}

/** Takes the picture of a page of the site; other names than the site's lead to a public address where nobody is. */
async function take(
  path: string,
  { timeMs = 60_000, signal = new AbortController().signal }: { timeMs?: number; signal?: AbortSignal } = {},
): Promise<Taken> {
  asked = [];
  const network: string[] = [];
  const dialed: string[] = [];
  const request: PictureRequest = {
    id: 'request-1',
    deploymentId: '66f2a1c04b7e9d0000000001',
    url: `http://d-shop.sites.localhost:${port}${path}`,
    cookie: { name: 'appflux-access-app', value: 'visit-token' },
  };
  const host = {
    engine,
    settings: mergeSettings({ state }, {}, {}),
    runnerId: RUNNER,
    instance: new URL('https://flux.example.com'),
    journal: keptJournal().journal,
    timeMs,
    egress: {
      log: (text: string) => network.push(text),
      findHostProxy: () => null,
      resolve: async (name: string) =>
        name.endsWith('.localhost') || name === 'localhost'
          ? ['127.0.0.1']
          : name.startsWith('private.')
            ? ['10.0.0.5']
            : [PUBLIC],
      dial: (target: Parameters<typeof dialDirectly>[0], addresses: readonly string[], patience: number) => {
        dialed.push(`${target.host}:${target.port}`);
        if (target.host.endsWith('.sites.localhost')) return dialDirectly(target, addresses, patience);
        throw Object.assign(new Error('nobody is there'), { code: 'ECONNREFUSED' });
      },
    },
  };
  const outcome = await takePictures(host, imageId, request, signal).then(
    (files) => ({ files, refused: null }),
    (error: Error) => ({ files: null, refused: error.message }),
  );
  expect(await readdir(join(state, 'work'))).toEqual([]);
  return { ...outcome, network, dialed: [...new Set(dialed)] };
}

test('a page is pictured in both sizes, as its visitors with access see it', async () => {
  pages = {
    '/': html(`<meta name="viewport" content="width=device-width">
      <body style="background:linear-gradient(45deg,#06c,#fc0)"><h1>Hello 世界 🚀</h1>
      <img src="/seen.png"><script>if (document.cookie) new Image().src = '/cookie-is-readable'</script>`),
  };
  const { files, refused } = await take('/');
  expect(refused).toBeNull();
  for (const size of ['wide', 'phone'] as const)
    expect(pictureBytes(files?.[size] ?? '', size)?.length).toBeGreaterThan(1000);
  expect(files?.wide).not.toBe(files?.phone);
  const paths = asked.map(({ path }) => path);
  expect(paths).toContain('/seen.png');
  expect(paths).not.toContain('/cookie-is-readable');
  for (const { cookie } of asked) expect(cookie).toBe('appflux-access-app=visit-token');
});

test('a page that never finishes, and tries everything meanwhile, gets its picture and nowhere', async () => {
  pages = {
    '/': (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      // It never ends.
      response.write(`<!doctype html><body style="background:#0a0"><h1>Busy</h1><script>
        const places = ['http://localhost:${port}/api/apps', 'http://127.0.0.1:${port}/api/apps', 'http://[::1]:${port}/',
          'http://169.254.169.254/latest/meta-data/', 'http://2852039166/', 'http://private.example.com/',
          'http://other.sites.localhost:${port}/', 'https://flux.example.com/api/apps', 'http://far.example.com:8080/',
          'http://localhost:3128/', 'http://far.example.com/allowed'];
        for (const place of places) fetch(place, { mode: 'no-cors', credentials: 'include' }).catch(() => {});
        new WebSocket('ws://localhost:${port}/api/pool/connect');
        for (let n = 0; n < 20; n++) window.open('/popup');
        const link = document.createElement('a'); link.href = '/file'; link.download = 'x.bin';
        document.body.append(link); link.click();
        navigator.serviceWorker?.register('/worker.js').catch(() => {});
        setTimeout(() => { for (;;) if (!confirm('Really?')) break; alert('Stop'); prompt('Why?'); }, 100);
        onbeforeunload = () => 'stay';
      </script>`);
    },
    '/popup': html('<script>for (;;) window.open("/popup")</script>'),
    '/file': (_, response) =>
      response.writeHead(200, { 'Content-Disposition': 'attachment' }).end(Buffer.alloc(1_000_000)),
  };
  const { files, refused, network, dialed } = await take('/');
  expect(refused).toBeNull();
  expect(pictureBytes(files?.wide ?? '', 'wide')).not.toBeNull();
  expect(dialed.sort()).toEqual([`d-shop.sites.localhost:${port}`, 'far.example.com:80']);
  for (const { host } of asked) expect(host).toBe(`d-shop.sites.localhost:${port}`);
  const lines = network.join('\n');
  for (const place of ['localhost', '127.0.0.1', '[0:0:0:0:0:0:0:1]', 'other.sites.localhost'])
    expect(lines).toContain(`${place}:${port} `);
  for (const place of [
    '169.254.169.254:80',
    'private.example.com:80',
    'flux.example.com:443',
    'far.example.com:8080',
  ])
    expect(lines).toContain(`${place} `);
});

test('a page that loops for ever gets no picture, and its container is gone', async () => {
  pages = { '/': html('<script>for (;;);</script>') };
  expect(await take('/', { timeMs: 12_000 })).toMatchObject({
    files: null,
    refused: expect.stringMatching(/longer than 12 seconds|not be shown/),
  });
});

test('a page that fills the memory gets no picture', async () => {
  pages = {
    '/': html(`<script>const kept = []; const more = () => { for (let n = 0; n < 20; n++)
      kept.push(new Uint8Array(20e6).fill(7)); setTimeout(more); }; more();</script>`),
  };
  const { files, refused } = await take('/');
  expect(files).toBeNull();
  expect(refused).toMatch(/memory|browser|longer than|not be shown/);
});

test('a page that leads elsewhere, or fails, gets no picture', async () => {
  pages = {
    '/': (_, response) => response.writeHead(302, { Location: 'http://far.example.com/' }).end(),
    '/error': (_, response) => response.writeHead(500).end('broken'),
  };
  expect((await take('/')).refused).toMatch(/did not answer|another site/);
  expect((await take('/error')).refused).toBe('It answered with status 500');
});

test('a picture that is interrupted ends with its container', async () => {
  const stop = new AbortController();
  pages = {
    '/': (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).write('<!doctype html>');
      stop.abort(new Error('a build has come'));
    },
  };
  expect((await take('/', { signal: stop.signal })).refused).toBe('a build has come');
});
