/** A runner as it is without settings keeps a sandbox for the next build, and dies with it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PREPARED_LABEL } from '../../runner/src/sandbox/container-spec.ts';
import { mountsWithin } from '../../runner/src/sandbox/disk/file-system.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { containersOf, ensureWebImage, whyUnpreparable } from '../../runner/src/testing/docker.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { zipOf } from '../source/zip.ts';

const engine = connectEngine();
const why = await whyUnpreparable();

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(engine);
  instance = await startWithRunner();
});
afterAll(() => instance?.stop());

/** Builds an app of its own to its success. */
async function build(name: string): Promise<void> {
  const { client } = instance;
  const files = {
    'package.json': JSON.stringify({ name, version: '1.0.0' }),
    'appflux.json': JSON.stringify({
      installCommand: 'true',
      buildCommand: 'mkdir dist && env > dist/env.txt && echo hi > dist/index.html',
      outputs: ['dist'],
    }),
  };
  const { slug } = await client.createApp({ name });
  const uploadId = await client.upload(`${name}.zip`, await zipOf(files));
  const { id } = await client.deploy(slug, { uploadId });
  const { status, failure } = await client.untilEnded(id);
  expect([status, failure]).toEqual(['success', null]);
}

/** The only container of the runner, once it waits. */
async function waiting(): Promise<string> {
  await expect.poll(() => containersOf(engine, instance.runner.id)).toHaveLength(1);
  const [id = ''] = await containersOf(engine, instance.runner.id);
  const { Config } = await engine.getContainer(id).inspect();
  expect(Config.Labels).toHaveProperty([PREPARED_LABEL]);
  return id;
}

it.skipIf(why !== null)('after it starts again, nothing of it is left, and builds go on', async () => {
  const { runner } = instance;
  await build('before');
  const first = await waiting();
  await runner.kill();
  await runner.start();
  expect(await containersOf(engine, runner.id)).toEqual([]);
  expect(await readdir(join(runner.state, 'work'))).toEqual([]);
  expect(mountsWithin(await readFile('/proc/self/mountinfo', 'utf8'), runner.state)).toEqual([]);
  await build('after');
  expect(await waiting()).not.toBe(first);
  await build('in it');
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});
