/** The clock of a runner's machine jumps by an hour while it builds. The edge's is in edge/src/deployment/clock-jump.test.ts. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPackages } from '../../stack/debian.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { zipOf } from '../source/zip.ts';

const HOUR_MS = 3_600_000;

let edge: EdgeInstance;
let client: Client;
let runner: RunnerProcess;
let folder: string;

/** Debian's libfaketime, installed if it is not there. It shows a process another time than the machine's. */
async function faketime(): Promise<string> {
  const find = async () => {
    for (const name of await readdir('/usr/lib')) {
      const path = join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1');
      const found = await readdir(join(path, '..')).catch(() => []);
      if (found.length > 0) return path;
    }
    return null;
  };
  const quiet = () => undefined;
  const task = { detail: quiet, done: quiet, failed: quiet };
  if ((await find()) === null) await installPackages(['libfaketime'], task);
  const path = await find();
  if (path === null) throw new Error('libfaketime is not where Debian puts it');
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-clock-'));
  await setClock(0);
  edge = await startInstance();
  client = new Client(edge);
  runner = await startRunner(edge, {
    labels: ['macos'],
    env: {
      APPFLUX_RUNNER_EXECUTOR: 'host',
      LD_PRELOAD: await faketime(),
      FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
      FAKETIME_NO_CACHE: '1',
      // As on a machine whose wall clock is set: the monotonic one goes on.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });
});
afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
  await rm(folder, { recursive: true, force: true });
});

const setClock = (hours: number) =>
  writeFile(join(folder, 'clock'), `${hours < 0 ? '-' : '+'}${Math.abs(hours)}h`);

it('a runner whose clock is set an hour forward and two back keeps its lease, its build and its time limit', async () => {
  const done = join(folder, 'done');
  const build = `
    import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
    const timer = setInterval(() => {
      console.log('still here');
      if (!existsSync(${JSON.stringify(done)})) return;
      clearInterval(timer);
      mkdirSync('dist', { recursive: true });
      writeFileSync('dist/index.html', 'hello');
    }, 200);`;
  const uploadId = await client.upload(
    'patient.zip',
    await zipOf({
      'package.json': JSON.stringify({ name: 'patient', version: '1.0.0' }),
      'appflux.json': JSON.stringify({
        installCommand: 'true',
        buildCommand: 'node build.mjs',
        outputs: ['dist'],
      }),
      'build.mjs': build,
    }),
  );
  const { slug } = await client.createApp({
    name: 'Patient',
    build: { labels: ['macos'], timeoutSeconds: 600 },
  });
  const { id } = await client.deploy(slug, { uploadId });
  for (const hours of [0, 1, -1]) {
    await setClock(hours);
    // The runner's clock shows that time, and the build has gone on for some seconds since.
    const lines = async () => {
      const { items } = await client.logs(id);
      const off = (at: string) => Math.round((Date.parse(at) - Date.now()) / HOUR_MS);
      return items.filter(({ text, at }) => text === 'still here' && off(at) === hours).length;
    };
    await expect.poll(lines, { timeout: 30_000 }).toBeGreaterThan(15);
  }
  await writeFile(done, '');
  expect(await client.untilEnded(id)).toMatchObject({ status: 'success', attempt: 1 });
  expect(await runner.output()).not.toContain('abandoned');
});
