/** Servers of sites in a whole instance: one that harms the process of all of them harms the others for a moment only. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';

const GOOD = `export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === '/slow') { await scheduler.wait(1500); return new Response('slow'); }
  if (request.method === 'POST') return new Response('posted ' + (await request.text()));
  return new Response('good at ' + env.APPFLUX_ENVIRONMENT);
} };`;

const BAD = `export default { async fetch(request) {
  const { pathname } = new URL(request.url);
  if (pathname === '/spin') for (;;);
  if (pathname === '/fill') { const kept = []; for (;;) kept.push(new Array(10_000).fill({})); }
  return new Response('bad');
} };`;

let edge: EdgeInstance;
let good: SitePublisher;
let bad: SitePublisher;

beforeAll(async () => {
  edge = await startInstance();
  good = await sitePublisher(edge, 'good');
  bad = await sitePublisher(edge, 'bad');
  await good.publishServer(GOOD, { 'hello.txt': 'an asset' });
});
afterAll(() => edge?.stop());

/** Visits a site, whose host this machine need not resolve. */
async function visit(
  { slug }: SitePublisher,
  path: string,
  { method = 'GET', body }: { method?: string; body?: string } = {},
): Promise<{ status: number | undefined; text: string }> {
  const { port } = new URL(edge.url);
  const Host = `${slug}.sites.localhost:${port}`;
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { Host }, agent: false });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, text: await text(answer) };
}

/** Visits until the site is paused, as a crowd of visitors would. */
async function untilPaused(path: string): Promise<void> {
  await expect
    .poll(() => visit(bad, path).then(({ text }) => text), { timeout: 60_000 })
    .toContain('is paused');
}

test('a server answers, with its assets and its environment', async () => {
  expect(await visit(good, '/')).toEqual({ status: 200, text: 'good at production' });
  expect(await visit(good, '/hello.txt')).toEqual({ status: 200, text: 'an asset' });
  expect(await visit(good, '/', { method: 'POST', body: 'x' })).toEqual({ status: 200, text: 'posted x' });
});

test('a process that was killed is replaced before anybody notices', async () => {
  const visits = Array.from({ length: 20 }, (_, index) => pause(index * 20).then(() => visit(good, '/')));
  await pause(100);
  await killHost();
  for (const answer of await Promise.all(visits)) expect(answer.status).toBe(200);
});

test('one that loops is paused; another’s requests in flight are answered by the next process', async () => {
  await bad.publishServer(BAD);
  expect(await visit(bad, '/')).toEqual({ status: 200, text: 'bad' });
  const looping = visit(bad, '/spin');
  const slow = visit(good, '/slow');
  const health = await fetch(`${edge.url}/api/health`);
  expect(health.status).toBe(200);
  expect(await slow).toEqual({ status: 200, text: 'slow' });
  expect(await looping).toEqual({ status: 503, text: expect.stringContaining('is paused') });
  expect(await visit(bad, '/')).toMatchObject({ status: 503 });
  expect(await visit(good, '/')).toEqual({ status: 200, text: 'good at production' });
});

test('a new deployment of the paused app answers; one that fills memory is paused again', async () => {
  await bad.publishServer(BAD);
  expect(await visit(bad, '/')).toEqual({ status: 200, text: 'bad' });
  await untilPaused('/fill');
  expect(await visit(good, '/')).toEqual({ status: 200, text: 'good at production' });
});

/** Kills the process that runs servers of this instance. */
async function killHost(): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`${edge.persist.replace(/edge$/, 'servers')}-tmp/workerd.capnp`))
      process.kill(Number(pid), 'SIGKILL');
  }
}
