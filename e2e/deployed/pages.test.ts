/**
 * The dashboard on Pages: the project as it is deployed, in `wrangler pages dev`, beside the Worker that its function is bound
 * to. That Worker passes requests on to a whole instance, whose public URL is the project's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { writePages } from '../../stack/deploy/pages.ts';
import { freePort } from '../../stack/free-port.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { launchBrowser } from '../browser/launch.ts';
import { signInLink } from '../browser/sign-in-link.ts';
import { onPage, watchedPage } from '../browser/watched-page.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** The Worker in the instance's place: passes everything on, with the host that the browser asked for. */
const bridge = (origin: string, publicUrl: string) => `export default {
  fetch(request) {
    const url = new URL(request.url);
    const target = new URL(url.pathname + url.search, ${JSON.stringify(origin)});
    const headers = new Headers(request.headers);
    headers.set('X-Forwarded-Host', ${JSON.stringify(new URL(publicUrl).host)});
    return fetch(new Request(target, { method: request.method, headers, body: request.body, redirect: 'manual' }));
  },
};`;

let folder: string;
let edge: EdgeInstance;
let pages: ChildProcess;
let browser: Browser;
let output = '';

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  folder = await mkdtemp(join(tmpdir(), 'appflux-pages-'));
  const port = await freePort();
  const publicUrl = `http://localhost:${port}`;
  let direct = '';
  edge = await startInstance({
    reachedAt: (own) => {
      direct = `http://127.0.0.1:${own}`;
      return publicUrl;
    },
    config: { trustedProxies: ['127.0.0.1'] },
  });
  const settings = { pages_project: 'appflux', name: 'appflux-edge', public_url: publicUrl };
  const tracked = parse(await readFile(join(ROOT, 'wrangler.toml'), 'utf8'));
  await writePages(ROOT, join(folder, 'pages'), tracked, settings);
  await mkdir(join(folder, 'bridge'));
  await writeFile(join(folder, 'bridge', 'index.js'), bridge(direct, publicUrl));
  await writeFile(
    join(folder, 'bridge', 'wrangler.json'),
    JSON.stringify({
      name: 'appflux-edge',
      main: 'index.js',
      compatibility_date: '2026-11-01',
      send_metrics: false,
    }),
  );
  const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  const configs = ['-c', 'wrangler.json', '-c', '../bridge/wrangler.json'];
  pages = spawn(
    process.execPath,
    [
      wrangler,
      'pages',
      'dev',
      ...configs,
      '--port',
      String(port),
      '--ip',
      '127.0.0.1',
      '--show-interactive-dev-session=false',
    ],
    {
      cwd: join(folder, 'pages'),
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        WRANGLER_SEND_METRICS: 'false',
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        CI: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  for (const stream of [pages.stdout, pages.stderr]) stream?.on('data', (data) => (output += data));
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${publicUrl}/api/health`).then(
      ({ ok }) => ok,
      // It isn't listening yet.
      () => false,
    );
    if (isUp) break;
    if (tries > 600) throw new Error(`wrangler pages dev does not answer:\n${output}`);
    await sleep(200);
  }
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  // The process group: wrangler has children.
  if (pages?.pid !== undefined) process.kill(-pages.pid, 'SIGTERM');
  await edge?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('files are served by Pages, and everything else by the control plane', {
  timeout: 120_000,
}, async () => {
  const page = await fetch(`${edge.url}/apps/shop`);
  const html = await page.text();
  expect(page.headers.get('Content-Security-Policy')).toContain(
    `connect-src 'self' ws://${new URL(edge.url).host}`,
  );
  const file = /href="(\/_appflux\/immutable\/[^"]+)"/.exec(html)?.[1] ?? 'none';
  const asset = await fetch(edge.url + file);
  expect(asset.status).toBe(200);
  expect(asset.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
  await asset.body?.cancel();
  const gone = await fetch(`${edge.url}/_appflux/immutable/gone.js`);
  expect([gone.status, (await gone.text()).includes('<script')]).toEqual([404, false]);
  expect(await (await fetch(`${edge.url}/api/nothing`)).json()).toMatchObject({
    error: { code: 'not_found' },
  });
  const script = await fetch(`${edge.url}/install-runner.sh`);
  expect(await script.text()).toContain(`URL='${edge.url}'`);
});

test('people sign in, and follow a build over a WebSocket', { timeout: 240_000 }, async () => {
  const watched = await watchedPage(browser);
  const { page, complaints } = watched;
  const { id, attempt } = await simulatedBuild(edge, 'through-pages');
  await onPage(watched, async () => {
    await page.goto(await signInLink(edge));
    await page.getByRole('button', { name: 'Account', exact: true }).waitFor();
    // What is left of the first page's requests would be aborted, and counted as a complaint.
    await page.waitForLoadState('networkidle');
    const socket = page.waitForEvent('websocket', { predicate: (one) => one.url().includes('/logs/live') });
    await page.goto(`${edge.url}/deployments/${id}`);
    await socket;
    attempt.lines(1, 3, (seq) => `line ${seq} through Pages`);
    await page.getByText('line 3 through Pages').waitFor();
    attempt.fail();
    await page
      .getByText(/^Failed/)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });
});
