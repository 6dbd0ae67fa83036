/** A project that reports itself that it need not be built: from its source to the deployment's record. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { zipOf } from '../source/zip.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  instance = await startWithRunner();
});

afterAll(() => instance?.stop());

it('a deployment whose ignoreCommand succeeds ends as canceled, says why, and delivers nothing', async () => {
  const uploadId = await instance.client.upload(
    'unchanged.zip',
    await zipOf({
      'index.html': '<h1>As before</h1>',
      'appflux.json': JSON.stringify({ ignoreCommand: 'grep -q before index.html' }),
    }),
  );
  const { slug } = await instance.client.createApp({ name: 'unchanged' });
  const { id } = await instance.client.deploy(slug, { uploadId });
  const deployment = await instance.client.untilEnded(id);
  const { items } = await instance.client.logs(id);
  const log = items.map(({ text }) => text).join('\n');
  expect(deployment, log).toMatchObject({ status: 'canceled', failure: null, artifacts: [] });
  expect(log).toContain('skipping the build');
  expect(items.at(-1)?.text).toContain('ignoreCommand (grep -q before index.html) ended with exit code 0');
  expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
});
