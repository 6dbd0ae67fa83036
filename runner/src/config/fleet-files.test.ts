/** The files for fleets in docs/runners use settings that the runner has, and leave it time to drain. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { mergeSettings } from './read-settings.ts';
import { FLAGS } from './settings.ts';

const read = (name: string) =>
  readFile(join(import.meta.dirname, '..', '..', '..', 'docs', 'runners', name), 'utf8');

const KNOWN = new Set(Object.values(FLAGS).map(({ env }) => env));
const unknownOf = (names: Iterable<string>) =>
  [...names].filter((name) => name.startsWith('APPFLUX_RUNNER_') && !KNOWN.has(name));

interface Container {
  name: string;
  args?: string[];
  env: { name: string; value?: string }[];
  volumeMounts: { name: string; mountPath: string; subPath?: string }[];
  securityContext: Record<string, unknown>;
}

test('the pods of the manifest start a runner that they leave time to drain', async () => {
  const documents = parseAllDocuments(await read('kubernetes.yaml'));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const [, set] = documents.map((document) => document.toJS());
  const spec: { containers: Container[]; terminationGracePeriodSeconds: number } = set.spec.template.spec;
  const [runner, engine] = spec.containers;
  if (runner === undefined || engine === undefined) throw new Error('a pod has a runner and an engine');
  const env = Object.fromEntries(runner.env.map(({ name, value = 'from elsewhere' }) => [name, value]));
  expect(unknownOf(Object.keys(env))).toEqual([]);
  const settings = mergeSettings({}, { ...env, APPFLUX_RUNNER_NAME: 'appflux-runner-0' }, {});
  expect(settings.drain).toBeLessThan(spec.terminationGracePeriodSeconds);
  // What the engine mounts into builds is at the same path for both.
  const state = (container: Container) =>
    container.volumeMounts.find(({ mountPath }) => mountPath === settings.state);
  expect(state(runner)).toEqual(state(engine));
  expect(state(runner)).toBeDefined();
  expect(engine.args).toContain(`--host=${env.DOCKER_HOST}`);
  expect(runner.securityContext).toMatchObject({ runAsNonRoot: true, capabilities: { drop: ['ALL'] } });
  expect(runner.securityContext).not.toHaveProperty('privileged');
});

test('the user data of a machine has an environment that the runner reads, and time to drain', async () => {
  const { write_files: files, runcmd } = parse(await read('cloud-init.yaml')) as {
    write_files: { path: string; content: string }[];
    runcmd: string[];
  };
  const contentOf = (end: string) => files.find(({ path }) => path.endsWith(end))?.content ?? '';
  const env = Object.fromEntries(
    [...contentOf('.env').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value]) => [name, value]),
  );
  expect(unknownOf(Object.keys(env))).toEqual([]);
  const settings = mergeSettings({}, env, {});
  expect(settings.ephemeral).toBe(true);
  expect(settings.drain).toBeLessThan(Number(/TimeoutStopSec=(\d+)/.exec(contentOf('once.conf'))?.[1]));
  // The token never is an argument, which every user of the machine could read.
  expect(runcmd.join('\n')).not.toContain('REGISTRATION_TOKEN');
});
