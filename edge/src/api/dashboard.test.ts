import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { request } from '../testing/worker.ts';

test('any address that is nobody else’s answers with the dashboard, or plainly says that there is none', async () => {
  for (const path of ['/', '/sign-in', '/apps/some-app']) {
    const response = await request(path);
    expect(response.status).not.toBe(500);
    expect(response.headers.get('X-Frame-Options')).toBe('DENY');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  }
});

test('an address below /api that does not exist answers as the API does', async () => {
  const response = await request('/api/nothing');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: 'not_found', hint: expect.any(String) } });
});

test('a file of a build that is gone is not found, rather than answered with the page', async () => {
  const assets = env.ASSETS;
  const fetch = (input: RequestInfo | URL) =>
    Promise.resolve(
      new URL(new Request(input).url).pathname === '/index.html'
        ? new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } })
        : new Response(null, { status: 404 }),
    );
  env.ASSETS = { ...assets, fetch };
  try {
    const gone = await request('/_appflux/immutable/entry/app.Bxygubw6.js');
    expect(gone.status).toBe(404);
    expect(gone.headers.get('Cache-Control')).toBe('no-store');
    const page = await request('/apps/some-app');
    expect(page.status).toBe(200);
    expect(page.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('X-Frame-Options')).toBe('DENY');
  } finally {
    env.ASSETS = assets;
  }
});
