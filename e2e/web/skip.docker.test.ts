/** A project that says itself that it need not be built: the whole way to the deployment's record. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { zipOf } from '../source/zip.ts';

let edge: EdgeInstance;
let client: Client;
let runner: RunnerProcess;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  edge = await startInstance();
  client = new Client(edge);
  runner = await startRunner(edge);
});

afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
});

it('a deployment whose ignoreCommand succeeds ends as canceled, says why, and delivers nothing', async () => {
  const uploadId = await client.upload(
    'unchanged.zip',
    await zipOf({
      'index.html': '<h1>As before</h1>',
      'appflux.json': JSON.stringify({ ignoreCommand: 'grep -q before index.html' }),
    }),
  );
  const { slug } = await client.createApp({ name: 'unchanged' });
  const { id } = await client.deploy(slug, { uploadId });
  const deployment = await client.untilEnded(id);
  const { items } = await client.logs(id);
  const log = items.map(({ text }) => text).join('\n');
  expect(deployment, log).toMatchObject({ status: 'canceled', failure: null, artifacts: [] });
  expect(log).toContain('there is nothing to build');
  expect(items.at(-1)?.text).toContain('ignoreCommand (grep -q before index.html) ended with exit code 0');
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});
