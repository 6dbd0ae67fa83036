/** State of sites in a whole instance: it outlives its process, a statement without end, and is in the command line. */
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../../cli/src/testing/run.ts';
import { type EdgeInstance, startInstance } from '../../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../../sites/publisher.ts';

const SCRIPT = `
const LOOP = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  await env.DB.exec('CREATE TABLE IF NOT EXISTS visits (path TEXT)');
  if (pathname === '/loop') await env.DB.prepare(LOOP).first();
  await env.DB.prepare('INSERT INTO visits VALUES (?)').bind(pathname).run();
  await env.CACHE.put('last', pathname);
  const { n } = await env.DB.prepare('SELECT count(*) AS n FROM visits').first();
  return new Response(String(n));
} };`;
const SPEC = { bindings: { CACHE: 'kv', DB: 'sqlite' } } as const;

let edge: EdgeInstance;
let site: SitePublisher;
let folder: string;
beforeAll(async () => {
  edge = await startInstance({ serverVars: { SERVER_STATE_MB: '64' } });
  folder = await mkdtemp(join(tmpdir(), 'appflux-state-'));
  site = await sitePublisher(edge, 'state');
  await site.publishServer(SCRIPT, {}, SPEC);
});
afterAll(async () => {
  await edge?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Visits the site, whose host this machine need not resolve. */
async function visit(path: string): Promise<{ status: number | undefined; text: string }> {
  const { port } = new URL(edge.url);
  const Host = `${site.slug}.sites.localhost:${port}`;
  const asked = request({ host: '127.0.0.1', port, path, headers: { Host }, agent: false });
  asked.end();
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode, text: await text(answer) };
}

const appflux = (...args: string[]) =>
  runCli([...args, '--app', site.slug], {
    env: { APPFLUX_URL: edge.url, APPFLUX_TOKEN: edge.token },
    cwd: folder,
  });

test('what was answered is still there when the process was killed', async () => {
  for (const n of [1, 2, 3, 4, 5]) expect(await visit(`/${n}`)).toEqual({ status: 200, text: String(n) });
  await killHost();
  expect(await visit('/after')).toEqual({ status: 200, text: '6' });
});

test('a statement without end pauses its site, and takes nothing from the database', async () => {
  expect(await visit('/loop')).toMatchObject({ status: 503, text: expect.stringContaining('is paused') });
  await site.publishServer(`${SCRIPT}// another deployment`, {}, SPEC);
  expect(await visit('/again')).toEqual({ status: 200, text: '7' });
});

test('the command line lists it, exports it, and deletes it once that is confirmed', async () => {
  const listed = await appflux('state', 'list');
  expect(listed).toMatchObject({ exit: 0, stderr: expect.stringMatching(/ of 64 MiB used\./) });
  expect(listed.stdout).toMatch(/^production +CACHE +kv +\S+ \S+ +1 key$/m);
  expect(listed.stdout).toMatch(/^production +DB +sqlite +\S+ \S+ +1 table$/m);
  const items: unknown = JSON.parse((await appflux('state', 'list', '--json')).stdout);
  expect(items).toMatchObject({ items: [{ binding: 'CACHE', entries: 1 }, { binding: 'DB' }] });

  const name = `${site.slug}-production-DB.sql`;
  expect(await appflux('state', 'export', 'DB')).toMatchObject({ exit: 0, stderr: `Wrote ${name}.\n` });
  expect(await readFile(join(folder, name), 'utf8')).toMatch(/VALUES\('\/again'\);\nCOMMIT;\n$/);
  const printed = await appflux('state', 'export', 'CACHE', '-o', '-');
  expect(JSON.parse(printed.stdout)).toEqual({ key: 'last', value: '/again' });

  const unconfirmed = await appflux('state', 'delete', 'DB');
  expect(unconfirmed).toMatchObject({ exit: 2, stderr: expect.stringContaining('Confirm it with --yes') });
  expect(await visit('/still')).toEqual({ status: 200, text: '8' });
  expect(await appflux('state', 'delete', 'DB', '--yes')).toMatchObject({ exit: 0 });
  expect(await visit('/new')).toEqual({ status: 200, text: '1' });
});

test.each([
  [['export', 'NONE'], 'NONE of state holds nothing in production.'],
  [['export', 'DB', '--environment', 'preview'], 'DB of state holds nothing in preview.'],
  [['delete', 'DB', '--environment', 'staging'], '"staging" is not an environment'],
  [['delete', 'db'], '"db" is not the name of a binding'],
])('the command line refuses state %j', async (args, message) => {
  const { exit, stdout, stderr } = await appflux('state', ...args);
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
  expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('.part'));
});

/** Kills the process that runs servers of this instance. */
async function killHost(): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(`${edge.persist.replace(/edge$/, 'servers')}-tmp/workerd.capnp`))
      process.kill(Number(pid), 'SIGKILL');
  }
}
