/** Which requests reach the Worker on Cloudflare: by the router and the server of static assets that wrangler has. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from 'wrangler';
import { z } from 'zod';
import { ASSET_HEADERS } from '../../dashboard/bundling/asset-headers.ts';
import { ROOT } from '../command.ts';

/** What a built dashboard has. */
const FILES: Record<string, string> = {
  'index.html': 'the page',
  'index.de.html': 'the page in German',
  'theme.js': 'theme',
  'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  _headers: ASSET_HEADERS,
  '_appflux/version.json': '{}',
  '_appflux/immutable/entry/app.Bxygubw6.js': 'app',
};

/** The part of wrangler's options for Miniflare that is read here. */
const WithAssets = z.looseObject({ assets: z.looseObject({}) });

let folder: string;
let miniflare: Miniflare;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-assets-'));
  await cp(join(ROOT, 'wrangler.toml'), join(folder, 'wrangler.toml'));
  for (const [name, text] of Object.entries(FILES)) {
    const path = join(folder, 'dashboard', 'build', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const { assets } = WithAssets.parse(workerOptionsOf(join(folder, 'wrangler.toml')).workerOptions);
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      cf: false,
      log: new Log(LogLevel.ERROR),
      modules: true,
      script: `export default {
        fetch: async (request, { ASSETS }) => request.headers.has('X-Ask')
          ? ASSETS.fetch(request) : new Response('the Worker'),
      }`,
      compatibilityDate: '2026-11-01',
      assets: { ...assets, binding: 'ASSETS', directory: join(folder, 'dashboard', 'build') },
    }),
  );
});

afterAll(async () => {
  await miniflare.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** As a browser asks for what a page of a host needs. */
const get = (path: string, headers: Record<string, string> = {}) =>
  miniflare.dispatchFetch(`http://shop.sites.example.net${path}`, { headers, redirect: 'manual' });

test.each(['/_appflux/immutable/entry/app.Bxygubw6.js'])(
  '%s is served without running the Worker, for a year',
  async (path) => {
    const response = await get(path);
    expect(await response.text()).toBe('app');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  },
);

test('the version of the dashboard is asked for again each time', async () => {
  const response = await get('/_appflux/version.json');
  expect(await response.text()).toBe('{}');
  expect(response.headers.get('Cache-Control')).toBe('public, max-age=0, must-revalidate');
});

test.each([{}, { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }])(
  'a file of another build is not found, and no page is in its place (%j)',
  async (headers: Record<string, string>) => {
    const response = await get('/_appflux/immutable/entry/gone.js', headers);
    expect([response.status, await response.text()]).toEqual([404, '']);
  },
);

test.each([
  '/',
  '/index.html',
  '/index',
  '/index.de.html',
  '/theme.js',
  '/favicon.svg',
  '/service-worker.js',
  // Of a site that was made with SvelteKit.
  '/_app/immutable/entry/start.js',
  '/api/health',
  '/a/shop',
  '/_appfluxes',
  '/x/_appflux/immutable/entry/app.Bxygubw6.js',
])('a site gets its own %s, because the Worker answers', async (path) => {
  for (const mode of ['navigate', 'no-cors']) {
    expect(await (await get(path, { 'Sec-Fetch-Mode': mode })).text()).toBe('the Worker');
  }
});

test.each([
  ['/index.html', 200],
  ['/index.de.html', 200],
  ['/index.de', 404],
  ['/theme.js', 200],
  ['/', 404],
  ['/apps/shop', 404],
  ['/_headers', 404],
])('the Worker itself asks for files by their exact names: %s is %s', async (path, status) => {
  expect((await get(path, { 'X-Ask': '1' })).status).toBe(status);
});
