import { RunnerMachine } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { connectEngine } from './engine.ts';
import { machineOf } from './machine.ts';

test('a runner without an engine has a version of Node', async () => {
  expect(await machineOf(null)).toEqual({ node: process.version, docker: null, images: [] });
});

test('with an engine there is its version, and each builder image by its kind', async () => {
  const engine = connectEngine();
  const { Version } = await engine.version();
  const machine = RunnerMachine.parse(await machineOf(engine));
  expect(machine.docker).toBe(Version);
  const names = machine.images.map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  const tagged = await engine.listImages({ filters: { reference: ['appflux/web-builder'] } });
  expect(names.includes('web')).toBe(tagged.length > 0);
});
