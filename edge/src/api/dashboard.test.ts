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
  // What the platform does for a single-page application: where there is no file, there is the page.
  const page = () =>
    Promise.resolve(new Response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }));
  env.ASSETS = { ...assets, fetch: page };
  try {
    const gone = await request('/_app/immutable/entry/app.Bxygubw6.js');
    expect(gone.status).toBe(404);
    expect(gone.headers.get('Cache-Control')).toBe('no-store');
    expect((await request('/apps/some-app')).status).toBe(200);
  } finally {
    env.ASSETS = assets;
  }
});
