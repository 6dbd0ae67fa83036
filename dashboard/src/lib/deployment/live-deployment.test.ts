import { type Deployment, failure, type UpdateApp } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app, deployment } from '../../testing/fixtures.ts';
import { LiveDeployment } from './live-deployment.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };

function live(...answers: Deployment[]) {
  let asked = 0;
  const changes: { slug: string; change: UpdateApp }[] = [];
  const made = new LiveDeployment(
    deployment().id,
    {
      deployments: {
        get: async () => answers[Math.min(asked++, answers.length - 1)] ?? deployment(),
        approve: async () => deployment({ approval: { state: 'approved', by: 'ada@harbor.example' } }),
        cancel: async () => deployment({ status: 'canceling' }),
        redeploy: async () => deployment(),
        pin: async () => deployment({ status: 'success', pinned: true }),
        unpin: async () => deployment({ status: 'success', pinned: false }),
      },
      apps: {
        get: async () => app({ source: { provider: 'upload', rootDirectory: './' }, type: 'android' }),
        update: async (slug, change) => {
          changes.push({ slug, change });
          return app();
        },
      },
    },
    page,
  );
  return { made, changes, asked: () => asked };
}

describe('a live deployment', () => {
  test('shows a phase as soon as the log reports it, and loads the rest', async () => {
    const building = deployment({ status: 'building', phase: 'preparing' });
    const { made, asked } = live(building, { ...building, phase: 'building', attempt: 1 });
    const stop = made.start();
    await expect.poll(() => made.value?.phase).toBe('preparing');
    made.applyStatus('building', 'building');
    expect(made.value?.phase).toBe('building');
    await expect.poll(() => made.value?.attempt).toBe(1);
    expect(asked()).toBe(2);
    stop();
  });

  test('shows a failure together with its reason', async () => {
    const building = deployment({ status: 'building', phase: 'building' });
    const failed = deployment({ status: 'failed', failure: failure('build_failed', 'exit 1', 'building') });
    const { made } = live(building, failed);
    const stop = made.start();
    await expect.poll(() => made.value?.status).toBe('building');
    made.applyStatus('failed', null);
    expect(made.value?.status).toBe('building');
    await expect.poll(() => made.value?.failure?.code).toBe('build_failed');
    stop();
  });

  test('does not go back once it has ended', async () => {
    const { made, asked } = live(deployment({ status: 'success' }));
    const stop = made.start();
    await expect.poll(() => made.ended).toBe(true);
    made.applyStatus('building', 'uploading');
    expect(made.value?.status).toBe('success');
    expect(asked()).toBe(1);
    stop();
  });

  test('is canceling as soon as the server confirms it', async () => {
    const { made } = live(deployment({ status: 'building', phase: 'building' }));
    const stop = made.start();
    await made.cancel();
    expect(made.value?.status).toBe('canceling');
    stop();
  });

  test('is pinned and unpinned as soon as the server confirms it', async () => {
    const { made } = live(deployment({ status: 'success' }));
    const stop = made.start();
    await made.setPin(true);
    expect(made.value?.pinned).toBe(true);
    await made.setPin(false);
    expect(made.value?.pinned).toBe(false);
    stop();
  });

  test('that failed is rebuilt with the settings of a candidate, which change nothing else of the app', async () => {
    const { made, changes } = live();
    await made.buildCandidate('tides', { rootDirectory: 'apps/web', type: null, framework: null });
    await made.buildCandidate('tides', { rootDirectory: null, type: 'web', framework: 'html' });
    const { build } = app();
    expect(changes).toEqual([
      {
        slug: 'tides',
        change: { type: null, build, source: { provider: 'upload', rootDirectory: 'apps/web' } },
      },
      { slug: 'tides', change: { type: 'web', build: { ...build, framework: 'html' } } },
    ]);
  });
});
