/** A site of a private app, pictured by a real runner through a real instance, while the deployment is long over. */
import { PictureSize, pictureBytes } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { ensureImages } from '../kinds/container.ts';
import { zipOf } from '../source/zip.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  await ensureImages('pictures');
  instance = await startWithRunner({ env: { APPFLUX_RUNNER_PICTURES: 'auto' } });
}, 600_000);

afterAll(() => instance?.stop());

it('a private site gets its picture after it was published', async () => {
  const { client } = instance;
  const uploadId = await client.upload('site.zip', await zipOf({ 'index.html': '<h1>For the team 🚀</h1>' }));
  const { slug } = await client.createApp({ name: 'pictured' });
  await client.api.apps.update(slug, { access: { production: 'team' } });
  const { id } = await client.deploy(slug, { uploadId });
  const ended = await client.untilEnded(id);
  expect(ended).toMatchObject({ status: 'success', picture: null });
  await expect
    .poll(async () => (await client.api.deployments.get(id)).picture, { timeout: 240_000, interval: 1000 })
    .not.toBeNull();
  for (const size of PictureSize.options) {
    const blob = await client.api.deployments.picture(id, { size });
    expect(pictureBytes(Buffer.from(await blob.arrayBuffer()).toString('base64'), size)).not.toBeNull();
  }
  const { picture } = await client.api.apps.get(slug);
  expect(picture).toBe((await client.api.deployments.get(id)).picture);
  expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
}, 300_000);
