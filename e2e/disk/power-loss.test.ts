/** A loss of power, with the instance's data on a real file system: what was acknowledged is there afterwards. */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';
import { canCutPower, mountPoweredDisk } from './powered-disk.ts';

const possible = canCutPower();
const MIB = 1024 ** 2;

test.skipIf(!possible)('the file system loses what was not synced', async () => {
  const disk = mountPoweredDisk(32);
  onTestFinished(() => disk.unmount());
  const synced = join(disk.folder, 'synced');
  writeFileSync(synced, 'a');
  const file = openSync(synced, 'r');
  fsyncSync(file);
  closeSync(file);
  const unsynced = join(disk.folder, 'unsynced');
  writeFileSync(unsynced, 'b');
  disk.cutPower();
  disk.restore();
  expect(readFileSync(synced, 'utf8')).toBe('a');
  // The name may be there, if the journal was written meanwhile.
  expect(existsSync(unsynced) ? readFileSync(unsynced, 'utf8') : '').toBe('');
});

test.skipIf(!possible)(
  'apps, sources, log lines, artifacts and ends of builds survive it',
  { timeout: 120_000 },
  async () => {
    const disk = mountPoweredDisk(400);
    const edge = await startInstance({ config: { persist: join(disk.folder, 'edge') } });
    onTestFinished(async () => {
      await edge.stop();
      disk.unmount();
    });
    const client = new Client(edge);
    const registered = await client.registerRunner('powered', ['linux'], 2);
    const runner = await SimulatedRunner.connect(edge.url, registered, { slots: 2 });
    const source = randomBytes(200_000);
    const large = randomBytes(20 * MIB);
    const { slug } = await client.createApp({ name: 'Powered', build: { supersede: false, concurrency: 2 } });
    const uploadId = await client.upload('small.zip', source);
    const largeId = await client.upload('large.zip', large);

    const ended = await client.deploy(slug, { uploadId });
    const first = await runner.begin();
    first.lines(1, 50);
    expect(await first.acked()).toBe(50);
    const bytes = randomBytes(300_000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await first.deliver({ name: 'a.bin', sha256 }, bytes);
    first.finish({ status: 'success', artifacts: ['a.bin'] });
    await first.socket.next('finished');
    runner.free(first.grant);
    await client.archived(ended.id);

    const running = await client.deploy(slug, { uploadId: largeId });
    const second = await runner.begin();
    second.lines(1, 30);
    expect(await second.acked()).toBe(30);
    const waiting = await client.deploy(slug, { uploadId: largeId });
    disk.cutPower();
    await edge.crash(() => disk.restore());

    expect((await client.app(slug)).slug).toBe(slug);
    expect(await client.untilEnded(ended.id)).toMatchObject({ status: 'success' });
    expect((await client.logs(ended.id)).items).toHaveLength(50);
    const { artifacts } = await client.deployment(ended.id);
    const downloaded = Buffer.from(await (await fetch(artifacts[0]?.url ?? '')).arrayBuffer());
    expect(downloaded.equals(bytes)).toBe(true);

    second.connect();
    expect(await second.socket.next('welcome')).toMatchObject({ ackedSeq: 30 });
    expect((await client.deployment(running.id)).status).toBe('building');
    second.fail();
    await second.socket.next('finished');
    const again = await SimulatedRunner.connect(edge.url, registered, { slots: 2 });
    const third = await again.begin();
    expect(third.grant.deploymentId).toBe(waiting.id);
    const { source: job } = third.grant.job;
    const fetched = job.kind === 'upload' ? Buffer.from(await (await fetch(job.url)).arrayBuffer()) : null;
    expect(fetched?.equals(large)).toBe(true);
    third.fail();
    await third.socket.next('finished');
  },
);
