/**
 * `npm run upgrade` of an instance that runs from a git clone: to a version that works, and to one that fails its check
 * and is taken back. A runner stays connected through both, and builds.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Deployment } from '@appflux/protocol';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Child, startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/command.ts';
import { isLocked, keepSecrets } from '../../stack/state.ts';
import { MARK } from '../../stack/state-format.ts';
import { lockOwner } from '../../stack/upgrade/lock-owner.ts';
import { Client } from '../instance/client.ts';
import { freePort } from '../instance/edge.ts';
import { zipOf } from '../source/zip.ts';
import { cloneOf, command, positionOf, Remote } from './clone.ts';

const TOKEN = 'bootstrap-token-of-an-upgraded-instance-0001';
const PASSPHRASE = 'a passphrase of the upgrade tests';

let folder: string;
let clone: string;
let state: string;
let remote: Remote;
let env: Record<string, string>;
let client: Client;
let runner: Child | null = null;
let instance: ReturnType<typeof command>;

const version = (number: string) => (text: string) =>
  text.replace(/"version": "[^"]+"/, `"version": "${number}"`);

/** A dashboard that is built in no time. */
const SMALL_DASHBOARD = {
  'dashboard/package.json': (text: string) =>
    text.replace(
      /"build": "[^"]+"/,
      `"build": "mkdir -p build && echo '<!doctype html>' > build/index.html"`,
    ),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-upgrade-command-'));
  clone = join(folder, 'appflux');
  state = join(folder, 'state');
  remote = await Remote.create(join(folder, 'remote'), {
    ...SMALL_DASHBOARD,
    'edge/package.json': version('1.0.0'),
  });
  await cloneOf(remote, clone);
  env = {
    APPFLUX_STATE: state,
    APPFLUX_PORT: String(await freePort()),
    APPFLUX_RUNNERS: '0',
    APPFLUX_BOOTSTRAP_TOKEN: TOKEN,
    // Entries are by path, so those of this clone are of no use to another run.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  instance = command(clone, ['start'], env);
  client = new Client({ url: `http://localhost:${env.APPFLUX_PORT}`, token: TOKEN });
  await vi.waitFor(() => expect(instance.output()).toMatch(/^ready /m), { timeout: 120_000, interval: 100 });
  runner = await startHostRunner();
}, 180_000);

afterAll(async () => {
  await runner?.stop(10_000);
  const owner = existsSync(state) ? await lockOwner(state) : null;
  if (owner !== null) process.kill(owner.pid, 'SIGTERM');
  await vi.waitFor(async () => expect(existsSync(state) && (await isLocked(state))).toBe(false), {
    timeout: 60_000,
    interval: 100,
  });
  await rm(folder, { recursive: true, force: true });
}, 120_000);

/** A runner on "another machine": it is not stopped with the instance. */
async function startHostRunner(): Promise<Child> {
  const cli = join(ROOT, 'runner', 'src', 'commands', 'cli.ts');
  const own = ['--state', join(folder, 'runner')];
  const { token } = await client.api.runners.createToken();
  const runnerEnv = {
    ...process.env,
    APPFLUX_RUNNER_EXECUTOR: 'host',
    APPFLUX_RUNNER_SCAN: 'off',
    APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
    APPFLUX_RUNNER_TOKEN: token,
  };
  await execa(
    process.execPath,
    [cli, 'register', ...own, '--url', client.url, '--name', 'elsewhere', '--labels', 'linux,host'],
    { env: runnerEnv, stdin: 'ignore' },
  );
  const started = await startChild({
    command: process.execPath,
    args: [cli, 'start', ...own],
    cwd: ROOT,
    env: runnerEnv,
    logFile: join(folder, 'runner.log'),
  });
  await untilOnline();
  return started;
}

const untilOnline = () =>
  vi.waitFor(async () => expect((await client.runners()).map(({ status }) => status)).toEqual(['online']), {
    timeout: 60_000,
    interval: 100,
  });

const upgrade = (...args: string[]) =>
  command(clone, ['upgrade', ...args], { ...env, APPFLUX_BACKUP_PASSPHRASE: PASSPHRASE });

async function deployed(buildCommand: string): Promise<string> {
  const files = {
    'package.json': JSON.stringify({ name: 'site', version: '1.2.3' }),
    'appflux.json': JSON.stringify({ installCommand: 'true', buildCommand, outputs: ['dist'] }),
  };
  const uploadId = await client.upload('site.zip', await zipOf(files));
  return (await client.deploy('site', { uploadId })).id;
}

/** The command of a build that ends once a file is there. */
const untilThere = (path: string) =>
  `until [ -e ${path} ]; do sleep 0.1; done; mkdir dist && echo done > dist/index.html`;

async function bytesOf({ artifacts: [artifact] }: Deployment): Promise<string> {
  const response = await fetch(artifact?.url ?? '');
  expect(response.status).toBe(200);
  return createHash('sha256')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
}

const health = async () => (await client.api.instance.health()).version;

/** What metadata and the state folder say of the version that wrote them. */
async function migrations(): Promise<string[]> {
  const databases = join(state, 'edge', 'd1', 'miniflare-D1DatabaseObject');
  const name = (await readdir(databases)).find((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
  const database = new DatabaseSync(join(databases, name ?? ''), { readOnly: true });
  try {
    return database
      .prepare('SELECT name FROM d1_migrations')
      .all()
      .map((row) => String(row.name));
  } finally {
    database.close();
  }
}

const maintenance = async () => {
  const { operatorSecret } = await keepSecrets(state);
  return new Client({ url: client.url, token: operatorSecret }).api.operator.maintenance();
};

const LATER = '9001_later.sql';
let first: Deployment;
let start: string[];

test('an upgrade without a place for its backup is refused, and nothing happens', async () => {
  start = await positionOf(clone);
  await client.createApp({ name: 'Site', slug: 'site', build: { labels: ['host'] } });
  first = await client.untilEnded(await deployed('mkdir dist && echo one > dist/index.html'));
  expect(first, JSON.stringify(first.failure)).toMatchObject({ status: 'success' });
  await remote.commit({
    'edge/package.json': version('1.1.0'),
    [`edge/migrations/${LATER}`]: () => 'CREATE TABLE later (id TEXT PRIMARY KEY);\n',
    // It starts and is healthy, but nothing can be downloaded.
    'edge/src/publish/download.ts': (text) =>
      text.replace("'/dl/:deploymentId/:name'", "'/gone/:deploymentId/:name'"),
  });
  const refused = upgrade();
  expect(await refused.exitCode).toBe(1);
  expect(refused.output()).toContain('It is not known where to make a backup');
  expect(refused.output()).not.toContain('Preparing');
  expect(await positionOf(clone)).toEqual(start);
  expect(existsSync(`${clone}.upgrade`)).toBe(false);
  expect(await health()).toBe('1.0.0');
}, 120_000);

test('changes that are not committed refuse an upgrade by name', async () => {
  await writeFile(join(clone, 'wrangler.toml'), '# mine\n', { flag: 'a' });
  const refused = upgrade('--no-backup');
  expect(await refused.exitCode).toBe(1);
  expect(refused.output()).toMatch(/changes that are not committed .*wrangler\.toml/);
  await execa('git', ['checkout', '--quiet', 'wrangler.toml'], { cwd: clone });
});

test('a version that fails its check is taken back, with all data and without what it did to them', async () => {
  const bytes = await bytesOf(first);
  const go = join(folder, 'go-on');
  const running = await deployed(untilThere(go));
  await client.until(running, ({ status }) => status === 'building');
  const failing = upgrade('--now', '--backup', join(folder, 'appflux.backup'));
  const code = await failing.exitCode;
  expect(failing.output()).toMatch(/Reading an artifact failed \(.* has other bytes than before\)/);
  expect(code, failing.output()).toBe(1);
  expect(failing.output()).toContain('1.0.0 runs again');
  expect(await positionOf(clone)).toEqual(start);
  expect(await health()).toBe('1.0.0');
  expect(await bytesOf(await client.deployment(first.id))).toBe(bytes);
  expect(await migrations()).not.toContain(LATER);
  expect(await maintenance()).toMatchObject({ on: false });
  expect(existsSync(join(state, 'upgrade'))).toBe(false);
  expect(existsSync(join(folder, 'appflux.backup'))).toBe(true);
  // The terminal's process has ended as after Ctrl-C.
  expect(await instance.exitCode).toBe(0);
  await untilOnline();
  // It went on while the control plane stopped and started twice. On a slow machine its lease may have expired.
  await writeFile(go, '');
  const ended = await client.untilEnded(running);
  expect(ended, JSON.stringify(ended.failure)).toMatchObject({ status: 'success' });
}, 240_000);

test('an upgrade that was killed goes back when it is asked to', async () => {
  const killed = upgrade('--now', '--no-backup');
  await vi.waitFor(() => expect(killed.output()).toContain('Starting and checking 1.1.0'), {
    timeout: 120_000,
    interval: 50,
  });
  const [child] = (
    await readFile(`/proc/${killed.process.pid}/task/${killed.process.pid}/children`, 'utf8')
  ).split(' ');
  process.kill(Number(child), 'SIGKILL');
  await killed.exitCode;
  const refused = upgrade('--no-backup');
  expect(await refused.exitCode).toBe(1);
  expect(refused.output()).toContain('An earlier upgrade from 1.0.0 broke off');

  const back = upgrade('--back');
  expect(await back.exitCode, back.output()).toBe(0);
  expect(await health()).toBe('1.0.0');
  expect(await positionOf(clone)).toEqual(start);
  expect(await migrations()).not.toContain(LATER);
  expect(await maintenance()).toMatchObject({ on: false });
  expect(await bytesOf(await client.deployment(first.id))).toBe(first.artifacts[0]?.sha256);
  for (const left of [join(state, 'upgrade'), `${clone}.upgrade`]) expect(existsSync(left)).toBe(false);
  await untilOnline();
}, 240_000);

test('an upgrade that is stopped while it waits for a build changes nothing, and the next one goes through', async () => {
  const commit = await remote.commit({
    'edge/package.json': version('1.2.0'),
    'edge/src/publish/download.ts': (text) =>
      text.replace("'/gone/:deploymentId/:name'", "'/dl/:deploymentId/:name'"),
  });
  const go = join(folder, 'go');
  const running = await deployed(untilThere(go));
  await client.until(running, ({ status }) => status === 'building');
  const stopped = upgrade('--no-backup');
  await vi.waitFor(async () => expect(await maintenance(), stopped.output()).toMatchObject({ on: true }), {
    timeout: 90_000,
    interval: 100,
  });
  stopped.process.kill('SIGTERM');
  expect(await stopped.exitCode).toBe(1);
  expect(stopped.output()).toContain('The upgrade was stopped by SIGTERM: the version before runs');
  expect(await maintenance()).toMatchObject({ on: false });

  // The target of the last backup.
  const upgrading = upgrade();
  await vi.waitFor(
    async () => expect(await maintenance(), upgrading.output()).toMatchObject({ on: true, running: 1 }),
    { timeout: 90_000, interval: 100 },
  );
  const waiting = await deployed('mkdir dist && echo four > dist/index.html');
  await expect
    .poll(async () => (await client.deployment(waiting)).waitingFor)
    .toBe('AppFlux is in maintenance: Upgrading to 1.2.0');
  await writeFile(go, '');
  expect(await upgrading.exitCode, upgrading.output()).toBe(0);
  expect(upgrading.output()).toContain('Upgraded to 1.2.0');
  expect(await health()).toBe('1.2.0');
  expect(await positionOf(clone)).toEqual([commit, 'main']);
  expect(JSON.parse(await readFile(join(state, MARK), 'utf8'))).toMatchObject({ commit });
  expect(await migrations()).toContain(LATER);
  expect(await maintenance()).toMatchObject({ on: false });
  for (const id of [running, waiting]) {
    const ended = await client.untilEnded(id);
    expect(ended, JSON.stringify(ended.failure)).toMatchObject({ status: 'success', attempt: 1 });
  }
  expect(await bytesOf(await client.deployment(first.id))).toBe(first.artifacts[0]?.sha256);
  for (const left of [join(state, 'upgrade'), `${clone}.upgrade`]) expect(existsSync(left)).toBe(false);
}, 240_000);

test('the same version again is nothing to do', async () => {
  const same = upgrade();
  expect(await same.exitCode, same.output()).toBe(0);
  expect(same.output()).toContain('Nothing to do');
});
