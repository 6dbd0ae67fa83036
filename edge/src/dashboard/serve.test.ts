import { expect, test } from 'vitest';
import { type DashboardEnv, serveDashboard } from './serve.ts';

const PAGE =
  '<html><meta http-equiv="content-security-policy" content="script-src \'sha256-x\'; connect-src https:"></html>';

/** A built dashboard of these files, as the platform serves it without rules of its own. */
function built(files: Record<string, string>, env: Partial<DashboardEnv> = {}): DashboardEnv {
  const fetch = (input: RequestInfo | URL) => {
    const body = files[new URL(new Request(input).url).pathname];
    return Promise.resolve(
      body === undefined
        ? new Response(null, { status: 404 })
        : new Response(body, { headers: { ETag: 'x' } }),
    );
  };
  return {
    PUBLIC_URL: 'https://apps.example.com',
    S3_ENDPOINT: 'https://storage.example.com',
    ...env,
    ASSETS: { fetch } as unknown as Fetcher,
  };
}

const FILES = { '/index.html': PAGE, '/theme.js': 'theme', '/_appflux/immutable/a.js': 'a' };
const get = (path: string, headers: Record<string, string> = {}, env = built(FILES)) =>
  serveDashboard(new Request(`https://apps.example.com${path}`, { headers }), env);

test.each(['/', '/index.html', '/apps/shop', '/apps/shop/branches/v1.2.js'])(
  '%s is the page, with its policy',
  async (path) => {
    const response = await get(path, { 'Sec-Fetch-Dest': 'document' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('Content-Security-Policy')).toBe(
      "script-src 'sha256-x'; connect-src 'self' wss://apps.example.com https://storage.example.com; frame-ancestors 'none'",
    );
    expect(await response.text()).toBe('<html></html>');
  },
);

test('files are served as they are', async () => {
  const response = await get('/theme.js', { 'Sec-Fetch-Dest': 'script' });
  expect(await response.text()).toBe('theme');
  expect(response.headers.get('Content-Security-Policy')).toBeNull();
});

test.each([
  ['/_appflux/immutable/gone.js', {}],
  ['/_appflux/immutable/gone.js', { 'Sec-Fetch-Dest': 'document' }],
  ['/_app/immutable/entry/app.Bxygubw6.js', {}],
  ['/service-worker.js', { 'Sec-Fetch-Dest': 'serviceworker' }],
  ['/service-worker.js', { 'Sec-Fetch-Dest': 'empty' }],
  ['/gone.svg', { 'Sec-Fetch-Dest': 'image' }],
])('%s for %j is never the page', async (path, headers: Record<string, string>) => {
  await expect(get(path, headers)).rejects.toMatchObject({ code: 'not_found', status: 404 });
});

test('a page that the browser has is not sent again, until the storage has another URL', async () => {
  const etag = (await get('/')).headers.get('ETag') ?? '';
  const again = await get('/apps', { 'If-None-Match': `"other", W/${etag}` });
  expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', etag]);
  expect((await get('/', { 'If-None-Match': '"other"' })).status).toBe(200);
  const moved = built(FILES, { S3_ENDPOINT: 'https://other.example.com' });
  expect((await get('/', { 'If-None-Match': etag }, moved)).status).toBe(200);
});

test('an instance without a dashboard says so', async () => {
  await expect(get('/', {}, built({}))).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('without a dashboard'),
  });
});

const GERMAN = '<html lang="de"></html>';
const BOTH = built({ ...FILES, '/index.de.html': GERMAN });

test.each([
  [{ 'Accept-Language': 'de-AT, en;q=0.8' }, 'de'],
  [{ Cookie: 'appflux_language=de', 'Accept-Language': 'en' }, 'de'],
  [{ Cookie: 'appflux_language=en', 'Accept-Language': 'de' }, 'en'],
  [{ 'Accept-Language': 'fr, de;q=0' }, 'en'],
  [{}, 'en'],
])('the page for %j is in %s, and caches know why', async (headers, language) => {
  for (const path of ['/', '/apps/shop', '/index.html', '/index.de.html']) {
    const response = await get(path, headers as Record<string, string>, BOTH);
    expect(response.headers.get('Content-Language')).toBe(language);
    expect(response.headers.get('Vary')).toBe('Accept-Language, Cookie');
    expect(response.headers.get('Content-Security-Policy')).toContain('connect-src');
    expect((await response.text()) === GERMAN).toBe(language === 'de');
  }
});

test('a page that the browser has in another language is sent', async () => {
  const etag = (await get('/', {}, BOTH)).headers.get('ETag') ?? '';
  const german = await get('/', { 'Accept-Language': 'de', 'If-None-Match': etag }, BOTH);
  expect([german.status, await german.text()]).toEqual([200, GERMAN]);
  const known = german.headers.get('ETag') ?? '';
  const again = await get('/', { 'Accept-Language': 'de', 'If-None-Match': known }, BOTH);
  expect([again.status, again.headers.get('Vary')]).toEqual([304, 'Accept-Language, Cookie']);
});

test('a build without the language is served in English', async () => {
  const response = await get('/', { 'Accept-Language': 'de' });
  expect([response.status, response.headers.get('Content-Language')]).toEqual([200, 'en']);
});

test('files are the same in all languages', async () => {
  const response = await get('/theme.js', { 'Accept-Language': 'de' }, BOTH);
  expect([await response.text(), response.headers.get('Vary')]).toEqual(['theme', null]);
});
