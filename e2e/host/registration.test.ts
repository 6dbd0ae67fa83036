/** A runner's registration reaches its process: while it runs, and after a restart. */
import type { UpdateRunner } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  instance = await startWithRunner({
    name: 'mini',
    labels: ['macos'],
    env: { APPFLUX_RUNNER_EXECUTOR: 'host' },
  });
});
afterAll(() => instance?.stop());

const shown = async () => {
  const runners = await instance.client.runners();
  return runners.find(({ id }) => id === instance.runner.id);
};

const change = (body: UpdateRunner) => instance.client.api.runners.update(instance.runner.id, body);

it('a change takes effect immediately, is logged, and is kept after a kill', async () => {
  expect(await shown()).toMatchObject({ labels: ['macos'], slots: 1, executor: 'host' });
  await change({ name: 'maxi', labels: ['macos', 'arm64'], slots: 2 });
  await expect.poll(shown).not.toHaveProperty('announced');
  await expect
    .poll(() => instance.runner.output())
    .toContain('The registration of this runner has changed name=maxi labels=');
  await instance.runner.kill();
  await instance.runner.start();
  expect(await shown()).toMatchObject({ name: 'maxi', labels: ['macos', 'arm64'], slots: 2 });
  expect((await shown())?.announced).toBeUndefined();
});

it('it gets no jobs for a label that it no longer has', async () => {
  await change({ labels: ['arm64'] });
  const source = { provider: 'git' as const, repoUrl: 'https://git.example/team/site.git' };
  const { slug } = await instance.client.createApp({ name: 'Mac', source, build: { labels: ['macos'] } });
  const { id } = await instance.client.deploy(slug);
  const waiting = await instance.client.until(id, ({ waitingFor }) => waitingFor !== null);
  expect(waiting.waitingFor).toBe('No online runner has the label `macos`');
  await change({ labels: ['arm64', 'macos'] });
  await instance.client.until(id, ({ status }) => status !== 'queued');
  await instance.client.untilEnded(id);
});
