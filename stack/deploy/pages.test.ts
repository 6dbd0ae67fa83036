import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onRequest } from '../../dashboard/pages/functions/[[path]].ts';
import { ROOT } from '../command.ts';
import { writePages } from './pages.ts';

const PUBLIC_URL = 'https://apps.example.com';
const env = { PUBLIC_URL, EDGE: { fetch: async (request: Request) => new Response(`edge ${request.url}`) } };
const answer = (url: string, method = 'GET') => onRequest({ request: new Request(url, { method }), env });

test.each([
  '/api/health',
  '/auth/v1/token',
  '/hooks/github',
  '/a/shop',
  '/dl/1/app.apk',
  '/apps/shop',
  '/_app/x.js',
])('%s is answered by the control plane', async (path) => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    expect(await (await answer(PUBLIC_URL + path, method)).text()).toBe(`edge ${PUBLIC_URL}${path}`);
  }
});

test.each([
  'https://appflux.pages.dev',
  'https://a1b2c3.appflux.pages.dev',
  'http://apps.example.com',
  'https://apps.example.com:8443',
])('%s leads to the instance', async (origin) => {
  const response = await answer(`${origin}//evil.example/x?y=1`);
  expect([response.status, response.headers.get('Location')]).toEqual([
    308,
    `${PUBLIC_URL}//evil.example/x?y=1`,
  ]);
  expect((await answer(`${origin}/api/apps`, 'POST')).status).toBe(421);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-pages-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<string[]> {
  const built = join(folder, 'build');
  await rm(built, { recursive: true, force: true });
  for (const [name, content] of Object.entries({ 'index.html': 'page', _headers: '', ...files })) {
    await mkdir(dirname(join(built, name)), { recursive: true });
    await writeFile(join(built, name), content);
  }
  const settings = { pages_project: 'appflux', name: 'appflux-edge', public_url: PUBLIC_URL };
  await writePages(ROOT, join(folder, 'pages'), { compatibility_date: '2026-11-01' }, settings, built);
  return (await readdir(join(folder, 'pages', 'site', '_appflux'), { recursive: true })).sort();
}

test('a project has the files of this build and of the one before, and no page', async () => {
  expect(await write({ '_appflux/a.js': 'a', '_appflux/version.json': '1' })).toEqual([
    'a.js',
    'version.json',
  ]);
  expect(await write({ '_appflux/b.js': 'b', '_appflux/version.json': '2' })).toEqual([
    'a.js',
    'b.js',
    'version.json',
  ]);
  expect(await readFile(join(folder, 'pages', 'site', '_appflux', 'version.json'), 'utf8')).toBe('2');
  expect(await write({ '_appflux/c.js': 'c', '_appflux/version.json': '3' })).toEqual([
    'b.js',
    'c.js',
    'version.json',
  ]);
  expect((await readdir(join(folder, 'pages', 'site'))).sort()).toEqual([
    '404.html',
    '_appflux',
    '_headers',
    '_routes.json',
  ]);
  expect((await readdir(folder)).sort()).toEqual(['build', 'pages']);
  expect(JSON.parse(await readFile(join(folder, 'pages', 'wrangler.json'), 'utf8'))).toMatchObject({
    name: 'appflux',
    pages_build_output_dir: './site',
    services: [{ binding: 'EDGE', service: 'appflux-edge' }],
    vars: { PUBLIC_URL },
  });
});
