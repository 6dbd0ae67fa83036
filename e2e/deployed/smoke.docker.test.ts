/** The proof with which a deploy ends, on an instance with a real runner that builds in a container. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { proveDeploy } from '../../stack/deploy/prove.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  await ensureDashboard(ROOT, process.env, SILENT);
  instance = await startWithRunner({ name: 'prover' });
});
afterAll(() => instance?.stop());

test('the runner builds one deployment, and nothing of it is left', async () => {
  const { edge, client, runner } = instance;
  const said: string[] = [];
  const progress = { ...SILENT, say: (line: string) => said.push(line) };
  const settings = { public_url: edge.url, name: 'appflux' };
  expect(await proveDeploy(settings, edge.operatorSecret, null, progress), said.join('\n')).toBe(0);
  expect(said).toContain('Passed: a deployment by a runner');
  expect(said).toContain(`The instance works: ${edge.url}`);
  expect(await runner.output()).toContain('app=smoke-test');
  expect((await client.api.apps.list()).items).toEqual([]);
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});
