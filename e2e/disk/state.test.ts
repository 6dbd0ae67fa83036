/** The disk of an instance's data runs full, on a real file system. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../instance/simulated-runner.ts';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts';

const MIB = 1024 ** 2;

/** New work needs so much; the disk has three times as much. */
const MIN_FREE = 32 * MIB;

const possible = canMount();
const FULL = {
  status: 507,
  body: { error: { code: 'storage_full', message: 'The disk of this instance is full' } },
};

let disk: SmallDisk;
let edge: EdgeInstance;
let client: Client;
let slug: string;
let uploadId: string;
let runner: SimulatedRunner;

beforeAll(async () => {
  if (!possible) return;
  disk = mountSmallDisk(96);
  edge = await startInstance({ config: { persist: join(disk.folder, 'edge'), minFreeBytes: MIN_FREE } });
  client = new Client(edge);
  uploadId = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
  ({ slug } = await client.createApp({ name: 'Filled', build: { supersede: false, concurrency: 5 } }));
  const registered = await client.registerRunner('filled', ['linux'], 5);
  runner = await SimulatedRunner.connect(edge.url, registered, { slots: 5 });
});
afterAll(async () => {
  await edge?.stop();
  disk?.unmount();
});

async function answerOf(method: string, path: string, body?: unknown) {
  const response = await client.fetch(method, path, body);
  return { status: response.status, body: await response.json(), retry: response.headers.get('Retry-After') };
}

const deploy = () => answerOf('POST', `/api/apps/${slug}/deployments`, { uploadId });

/** Begins a build and has some lines of its log acknowledged. */
async function building(lines: number): Promise<SimulatedAttempt> {
  await client.deploy(slug, { uploadId });
  const attempt = await runner.begin();
  attempt.lines(1, lines);
  expect(await attempt.acked()).toBe(lines);
  return attempt;
}

/** Ends a build with an artifact and waits until its log is archived. Returns the numbers of its lines. */
async function end(attempt: SimulatedAttempt): Promise<number[]> {
  const sha256 = createHash('sha256').update('hello').digest('hex');
  await attempt.deliver({ name: 'a.bin', sha256 }, 'hello');
  attempt.finish({ status: 'success', artifacts: ['a.bin'] });
  await attempt.socket.next('finished');
  runner.free(attempt.grant);
  const id = attempt.grant.deploymentId;
  expect(await client.untilEnded(id)).toMatchObject({ status: 'success', attempt: 1 });
  await client.archived(id);
  return (await client.logs(id)).items.map(({ seq }) => seq);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test.skipIf(!possible)('below the threshold new work is refused, and what runs goes on', async () => {
  const attempt = await building(5);
  disk.fill(MIN_FREE - 4 * MIB);
  onTestFinished(() => disk.empty());
  const refused = {
    status: 507,
    retry: '60',
    body: {
      error: {
        code: 'storage_full',
        message: expect.stringMatching(
          /^The disk of this instance has only \d+(\.\d)? Mi?B free, and 32 MiB have to stay free$/,
        ),
        hint: expect.stringContaining('free disk space'),
      },
    },
  };
  expect(await deploy()).toMatchObject(refused);
  expect(await answerOf('POST', '/api/uploads', { name: 'b.zip', size: 10 })).toMatchObject(refused);
  expect(await answerOf('GET', `/api/deployments/${attempt.grant.deploymentId}`)).toMatchObject({
    status: 200,
  });
  attempt.lines(6, 10);
  expect(await attempt.acked()).toBe(10);
  expect(await end(attempt)).toEqual(upTo(10));

  disk.empty();
  expect(await deploy()).toMatchObject({ status: 202 });
  await end(await runner.begin());
});

test.skipIf(!possible)(
  'an upload that would take the space that has to stay free is refused, a small one is not',
  async () => {
    disk.fill(MIN_FREE + 8 * MIB);
    onTestFinished(() => disk.empty());
    expect(await answerOf('POST', '/api/uploads', { name: 'b.zip', size: 20 * MIB })).toMatchObject({
      status: 507,
    });
    expect(await answerOf('POST', '/api/uploads', { name: 'b.zip', size: 10 })).toMatchObject({
      status: 201,
    });
  },
);

test.skipIf(!possible)(
  'a job that waits is not handed out below the threshold, says why, and then goes by itself',
  async () => {
    const busy: SimulatedAttempt[] = [];
    for (let slot = 0; slot < 5; slot += 1) busy.push(await building(1));
    const { id } = await client.deploy(slug, { uploadId });
    disk.fill(MIN_FREE - 4 * MIB);
    onTestFinished(() => disk.empty());
    for (const attempt of busy) await end(attempt);
    await client.until(id, ({ waitingFor }) => /^The disk of this instance has only/.test(waitingFor ?? ''));
    disk.empty();
    expect((await end(await runner.begin())).length).toBe(0);
  },
);

test.skipIf(!possible)(
  'on a full disk every refusal says so, nothing acknowledged is lost, and all goes on when there is room',
  async () => {
    const attempt = await building(5);
    disk.fill();
    onTestFinished(() => disk.empty());
    expect(await deploy()).toMatchObject({ status: 507, body: { error: { code: 'storage_full' } } });
    expect(
      await answerOf('POST', '/api/apps', { name: 'More', source: { provider: 'upload' } }),
    ).toMatchObject(FULL);
    // More than is gathered in memory: it has to be written, which fails, so it is not acknowledged.
    attempt.lines(6, 500, () => 'x'.repeat(200));
    await expect(attempt.acked()).rejects.toThrow(/closed with/);

    disk.empty();
    expect(
      await answerOf('POST', '/api/apps', { name: 'More', source: { provider: 'upload' } }),
    ).toMatchObject({ status: 201 });
    attempt.connect();
    expect(await attempt.socket.next('welcome')).toMatchObject({ ackedSeq: 5 });
    attempt.lines(6, 500, () => 'x'.repeat(200));
    expect(await attempt.acked()).toBe(500);
    expect(await end(attempt)).toEqual(upTo(500));
  },
);

test.skipIf(!possible)(
  'an artifact that does not fit is refused with the reason, and accepted when there is room',
  async () => {
    const attempt = await building(1);
    const bytes = Buffer.alloc(MIB, 7);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    disk.fill();
    onTestFinished(() => disk.empty());
    const put = await attempt.put({ name: 'b.bin', sha256 }, bytes).catch((error: unknown) => error);
    expect(put).toBeInstanceOf(Error);
    expect(String(put)).toMatch(/507|closed with/);
    disk.empty();
    if (attempt.socket.socket.readyState !== 1) {
      attempt.connect();
      await attempt.socket.next('welcome');
    }
    await attempt.deliver({ name: 'b.bin', sha256 }, bytes);
    attempt.finish({ status: 'success', artifacts: ['b.bin'] });
    await attempt.socket.next('finished');
  },
);
