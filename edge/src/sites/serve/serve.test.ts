import { env, exports } from 'cloudflare:workers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord } from '../../metadata/metadata.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey, sitePackKey } from '../../storage/keys.ts';
import { deploymentLabel } from '../hosts/labels.ts';
import { forgetSite } from '../hosts/resolve.ts';
import { newApp, packName, publish } from './testing/publish.ts';

const PAGE = `<!doctype html><title>Shop</title><p>${'Wares and prices. '.repeat(50)}`;
const SCRIPT = 'console.log("shop");\n'.repeat(100);
/** Larger than what is kept in memory, and compressible. */
const LARGE = Array.from({ length: 40_000 }, (_, n) => `line ${n}\n`).join('');
/** Every byte says where it is. */
const VIDEO = Uint8Array.from({ length: 600_000 }, (_, n) => (n * 31 + (n >> 8)) % 251);

const FILES = {
  'index.html': PAGE,
  'about.html': '<h1>About</h1>',
  'assets/app-DiwrgTda.js': SCRIPT,
  'large.txt': LARGE,
  'video.mp4': VIDEO,
  'empty.txt': '',
  'ü b.txt': 'umlaut',
};

const asked = (host: string, path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`http://${host}${path}`, { redirect: 'manual', ...init }));
const hostOf = ({ slug }: { slug: string }) => `${slug}.sites.localhost:8787`;
const get = (app: AppRecord, path: string, headers: Record<string, string> = {}) =>
  asked(hostOf(app), path, { headers });

/** The body as it was sent: a client decodes it. */
async function sent(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

const app = await newApp();
const release = await publish(app, FILES);

describe('a published site', () => {
  test.each([
    ['br', '/', PAGE],
    ['gzip', '/', PAGE],
    ['identity', '/', PAGE],
    ['br', '/assets/app-DiwrgTda.js', SCRIPT],
    ['gzip', '/large.txt', LARGE],
    ['br', '/large.txt', LARGE],
    ['identity', '/large.txt', LARGE],
    ['gzip', '/empty.txt', ''],
    ['gzip', '/%C3%BC%20b.txt', 'umlaut'],
  ])('is served as %s: %s', async (encoding, path, expected) => {
    for (let time = 0; time < 2; time += 1) {
      const response = await get(app, path, { 'Accept-Encoding': encoding });
      expect(response.status).toBe(200);
      expect((await sent(response)).toString()).toBe(expected);
    }
  });

  test('HEAD says what GET would send', async () => {
    for (const encoding of ['br', 'gzip', 'identity']) {
      const headers = { 'Accept-Encoding': encoding };
      const head = await asked(hostOf(app), '/large.txt', { method: 'HEAD', headers });
      expect(head.headers.get('Content-Encoding')).toBe(encoding === 'identity' ? null : encoding);
      const length = Number(head.headers.get('Content-Length'));
      expect(encoding === 'identity' ? LARGE.length : LARGE.length - 1).toBeGreaterThanOrEqual(length);
      expect(await head.text()).toBe('');
    }
  });

  test('a client that knows the file gets no bytes', async () => {
    const first = await get(app, '/');
    await first.body?.cancel();
    const again = await get(app, '/', { 'If-None-Match': first.headers.get('ETag') ?? '' });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  test.each(['/video.mp4', '/large.txt'])('any range of it: %s', async (path) => {
    const whole = await sent(await get(app, path));
    const { length } = whole;
    for (const [from, to] of [
      [0, 0],
      [0, length - 1],
      [1, 100_000],
      [length - 1, length - 1],
      [length - 5, length + 5],
      [300_000, 300_009],
    ] as const) {
      const response = await get(app, path, { Range: `bytes=${from}-${to}` });
      expect(response.status).toBe(206);
      const last = Math.min(to, length - 1);
      expect(response.headers.get('Content-Range')).toBe(`bytes ${from}-${last}/${length}`);
      expect(response.headers.get('Content-Length')).toBe(String(last - from + 1));
      expect((await sent(response)).equals(whole.subarray(from, last + 1))).toBe(true);
    }
    expect((await get(app, path, { Range: `bytes=${length}-` })).status).toBe(416);
  });

  test('nothing of the control plane is on its host', async () => {
    for (const path of [
      '/api/health',
      '/api/openapi.json',
      '/auth/v1/settings',
      `/a/${app.slug}`,
      '/dl/x/y',
      '/hooks/github',
      '/_app/version.json',
      '/cdn-cgi/local/r2/s3/appflux/x',
      '/.well-known/jwks.json',
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const response = await asked(hostOf(app), path, { method });
        expect(`${path} ${response.status}`).toBe(`${path} 404`);
      }
      expect((await asked(hostOf(app), path, { method: 'POST', body: '{}' })).status).toBe(405);
    }
  });

  test('a page of ours says what is wrong, runs no scripts and is not cached', async () => {
    for (const [host, status] of [
      [hostOf(app), 404],
      ['nobody.sites.localhost:8787', 404],
      ['a.b.sites.localhost', 404],
      ['sites.localhost', 404],
      [`${'x'.repeat(63)}.sites.localhost`, 404],
      ['xn--bcher-kva.sites.localhost', 404],
    ] as const) {
      const response = await asked(host, '/missing');
      expect(response.status).toBe(status);
      expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(response.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'/);
      expect(await response.text()).not.toMatch(/<script|javascript:/i);
    }
  });

  test.each(['HOST', 'HOST.', 'HOST:80', 'HOST.:8787'])('is found under %s', async (form) => {
    const upper = `${app.slug.toUpperCase()}.Sites.LOCALHOST`;
    expect((await asked(form.replace('HOST', upper), '/about')).status).toBe(200);
  });

  test('other hosts are the control plane’s', async () => {
    for (const host of [
      'localhost:8787',
      '127.0.0.1',
      'example.com',
      'notsites.localhost',
      `${app.slug}.sites.localhost.example.com`,
    ])
      expect((await asked(host, '/api/health')).headers.get('Content-Type')).toMatch(/json/);
  });

  test('no header from outside makes another host of it', async () => {
    const other = await get(app, '/', { 'X-Forwarded-Host': 'localhost:8787', Forwarded: 'host=localhost' });
    expect(await other.text()).toBe(PAGE);
  });
});

describe('storage', () => {
  /** Counts reads, and fails them while `isDown`. */
  function watched() {
    const reads: string[] = [];
    const state = { isDown: false, reads };
    const real = globalThis.fetch;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      if (pathname.includes('/sites/')) {
        if (state.isDown) return new Response('down', { status: 503 });
        reads.push(pathname.replace(/^.*\/sites\//, ''));
      }
      return real(input, init);
    });
    return state;
  }

  test('many visitors of a cold page cost one read of the manifest and one of the page', async () => {
    const cold = await newApp();
    await publish(cold, { 'index.html': PAGE, 'empty.html': '' });
    const state = watched();
    try {
      const responses = await Promise.all(Array.from({ length: 20 }, () => get(cold, '/')));
      for (const response of responses) expect(await response.text()).toBe(PAGE);
      expect(state.reads.map((key) => key.split('/')[0]).sort()).toEqual(['manifests', 'packs']);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('what is warm is served while storage is down, and what is cold says so', async () => {
    const warm = await newApp();
    await publish(warm, FILES);
    const cold = await newApp();
    await publish(cold, FILES);
    await (await get(warm, '/')).text();
    const state = watched();
    state.isDown = true;
    try {
      expect(await (await get(warm, '/')).text()).toBe(PAGE);
      for (const response of [await get(warm, '/video.mp4'), await get(cold, '/')]) {
        expect(response.status).toBe(503);
        expect(response.headers.get('Retry-After')).toBe('5');
        expect(response.headers.get('Cache-Control')).toBe('no-store');
        await response.body?.cancel();
      }
      state.isDown = false;
      expect(await (await get(cold, '/')).text()).toBe(PAGE);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('a pack that is not the published one is never served', async () => {
    const damaged = await newApp();
    const { id } = await publish(damaged, FILES);
    await objectsOf(env).put(sitePackKey(damaged.id, packName(id)), 'something else', 'text/plain');
    const response = await get(damaged, '/');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('something else');
  });
});

describe('what a visitor sees', () => {
  test('of an app without a release', async () => {
    const response = await get(await newApp(), '/');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('No release yet');
  });

  test('of a preview: the site, which search engines don’t list', async () => {
    const { id } = await publish(
      app,
      { 'index.html': 'preview' },
      { environment: 'preview', branch: 'next' },
    );
    const response = await asked(hostOf({ slug: deploymentLabel(id, app.slug) }), '/');
    expect(await response.text()).toBe('preview');
    expect(response.headers.get('X-Robots-Tag')).toBe('noindex');
    expect(await (await get(app, '/')).text()).toBe(PAGE);
  });

  test('of a deployment that delivered no site', async () => {
    const android = await newApp();
    const { id } = await publish(android, {}, { site: null });
    await objectsOf(env).delete([siteManifestKey(android.id, id)]);
    const response = await get(android, '/');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain(`/a/${android.slug}`);
  });

  test('of a deployment that retention removed', async () => {
    const old = await newApp();
    const { id } = await publish(old, FILES);
    await publish(old, { 'index.html': 'newer' });
    const host = hostOf({ slug: deploymentLabel(id, old.slug) });
    expect(await (await asked(host, '/')).text()).toBe(PAGE);
    await metadataOf(env).deployments.markRemoved([id], 'artifacts', new Date().toISOString());
    await objectsOf(env).delete([siteManifestKey(old.id, id), sitePackKey(old.id, packName(id))]);
    forgetSite(old.id);
    const response = await asked(host, '/');
    expect(response.status).toBe(410);
    expect(await response.text()).toContain(hostOf(old));
  });

  test('during a release: each page with the files of its own build', async () => {
    const shop = await newApp();
    await publish(shop, { 'index.html': 'one', 'style.css': 'one', 'assets/app-DiwrgTda.js': 'one' });
    const first = await get(shop, '/');
    expect(first.headers.get('Set-Cookie')).toBeNull();
    await publish(shop, { 'index.html': 'two', 'style.css': 'two', 'assets/app-BxYz12Ab.js': 'two' });

    const part = {
      'Sec-Fetch-Dest': 'style',
      'Sec-Fetch-Site': 'same-origin',
      Referer: `http://${hostOf(shop)}/`,
    };
    const page = await get(shop, '/', { 'Sec-Fetch-Dest': 'document' });
    expect(await page.text()).toBe('two');
    const cookie = page.headers.get('Set-Cookie')?.split(';')[0] ?? '';

    const old = await get(shop, '/style.css', part);
    expect(await old.text()).toBe('one');
    expect(old.headers.get('Cache-Control')).toBe('private, max-age=0, must-revalidate');
    expect(await (await get(shop, '/style.css', { ...part, Cookie: cookie })).text()).toBe('two');
    expect(await (await get(shop, '/style.css')).text()).toBe('two');
    // Files that are named by their content, of either build.
    expect(await (await get(shop, '/assets/app-DiwrgTda.js')).text()).toBe('one');
    expect(await (await get(shop, '/assets/app-BxYz12Ab.js')).text()).toBe('two');
    expect((await get(shop, '/assets/app-Zzzz99Qq.js')).status).toBe(404);
  });

  test('after a rollback: the earlier build', async () => {
    const shop = await newApp();
    const { id } = await publish(shop, { 'index.html': 'one' });
    await publish(shop, { 'index.html': 'two' });
    expect(await (await get(shop, '/')).text()).toBe('two');
    await metadataOf(env).apps.release(shop.id, {
      deploymentId: id,
      at: new Date().toISOString(),
      detectedType: null,
    });
    forgetSite(shop.id);
    expect(await (await get(shop, '/')).text()).toBe('one');
  });
});

test('what is sent in an encoding is in that encoding', async () => {
  const { bodyOf } = await import('./bodies.ts');
  const { decide } = await import('./decide.ts');
  const { siteOfDeployment } = await import('./manifests.ts');
  const { PUBLIC, get: requestFor } = await import('./testing/site.ts');
  const waitUntil = () => undefined;
  const site = await siteOfDeployment(env, { waitUntil }, { id: release.id, appId: app.id });
  if (site === null) throw new Error('no site');
  for (const [path, content] of [
    ['/', PAGE],
    ['/large.txt', LARGE],
  ] as const) {
    for (const [encoding, decode] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const raw = async (range?: string) => {
        const headers = { 'Accept-Encoding': encoding, ...(range === undefined ? {} : { Range: range }) };
        const decision = decide(site, requestFor(path, headers), PUBLIC);
        if (decision.kind !== 'file') throw new Error('no file');
        const source = { objects: objectsOf(env), cache: caches.default, appId: app.id, waitUntil };
        const bytes = Buffer.from(await new Response(await bodyOf(site, decision, source)).arrayBuffer());
        expect(decision.headers.get('Content-Length')).toBe(String(bytes.length));
        return bytes;
      };
      const whole = await raw();
      expect(decode(whole).toString()).toBe(content);
      // Across the seams of the gzip member, too.
      for (const [from, to] of [
        [0, 4],
        [5, 15],
        [9, 10],
        [whole.length - 9, whole.length - 7],
        [whole.length - 4, whole.length - 1],
      ] as const)
        expect((await raw(`bytes=${from}-${to}`)).equals(whole.subarray(from, to + 1))).toBe(true);
    }
  }
});
