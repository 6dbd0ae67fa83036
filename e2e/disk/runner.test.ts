/** The disk of a runner runs full, on a real file system: builds wait, return to the queue, and go on by themselves. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { zipOf } from '../source/zip.ts';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const MIB = 1024 ** 2;
const MIN_FREE = 64 * MIB;
/** Builds end when less is free. */
const KEEP_FREE = 16 * MIB;

const possible = canMount();

let disk: SmallDisk;
let edge: EdgeInstance;
let client: Client;
let runner: RunnerProcess;

beforeAll(async () => {
  if (!possible) return;
  disk = mountSmallDisk(192);
  edge = await startInstance();
  client = new Client(edge);
  runner = await startRunner(edge, {
    name: 'tight',
    labels: ['macos'],
    within: disk.folder,
    env: {
      APPFLUX_RUNNER_EXECUTOR: 'host',
      APPFLUX_RUNNER_MIN_FREE: '64m',
      APPFLUX_RUNNER_KEEP_FREE: '16m',
    },
  });
});
afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
  disk?.unmount();
});

/** Deploys a project with this build command, as an app of its own. */
async function deploy(name: string, buildCommand: string): Promise<string> {
  const files = {
    'package.json': JSON.stringify({ name, version: '1.0.0' }),
    'appflux.json': JSON.stringify({ installCommand: 'true', buildCommand, outputs: ['dist'] }),
  };
  const uploadId = await client.upload(`${name}.zip`, await zipOf(files));
  const { slug } = await client.createApp({ name, build: { labels: ['macos'] } });
  return (await client.deploy(slug, { uploadId })).id;
}

const PAGE = 'mkdir -p dist && echo hello > dist/index.html';
const SHORT_OF_SPACE = /^tight has too little disk space: \d+(\.\d)? Mi?B free, 64 MiB needed$/;
const logOf = async (id: string) => (await client.logs(id)).items.map(({ text }) => text).join('\n');

test.skipIf(!possible)(
  'below the threshold it takes no builds, the page says so, and then they go by themselves',
  async () => {
    disk.fill(MIN_FREE - 8 * MIB);
    onTestFinished(() => disk.empty());
    await expect.poll(() => runner.output(), { timeout: 30_000 }).toContain('Too little disk space');
    const id = await deploy('waiting', PAGE);
    await client.until(id, ({ waitingFor }) => SHORT_OF_SPACE.test(waitingFor ?? ''));
    disk.empty();
    expect(await client.untilEnded(id)).toMatchObject({ status: 'success', attempt: 1 });
  },
);

test.skipIf(!possible)(
  'a build whose machine runs full is no failure of the project: it returns to the queue',
  async () => {
    const id = await deploy('interrupted', `echo begun; sleep 600; ${PAGE}`);
    await expect.poll(() => logOf(id), { timeout: 60_000 }).toMatch(/^begun$/m);
    disk.fill(KEEP_FREE - 8 * MIB);
    onTestFinished(() => disk.empty());
    const waiting = await client.until(
      id,
      ({ status, waitingFor }) => status === 'queued' && SHORT_OF_SPACE.test(waitingFor ?? ''),
    );
    expect(waiting.failure).toBeNull();
    expect(await logOf(id)).toContain('The disk of this runner is full. The build returns to the queue');
    await client.cancel(id);
    expect(await client.untilEnded(id)).toMatchObject({ status: 'canceled' });
  },
);
