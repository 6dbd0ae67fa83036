import { AppFluxError, type Deployment, type Page } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { AppOverview } from './app-overview.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };
const numbered = (number: number) => deployment({ id: idOf(number), status: 'success' });

function overview(pages: Record<string, Page<Deployment>>) {
  const calls: string[] = [];
  const made = new AppOverview(
    'harbor-web',
    {
      apps: {
        get: async () => {
          calls.push('get');
          return app({ release: idOf(2) });
        },
        update: async (_slug, change) => app({ name: change.name ?? 'Harbor' }),
        delete: async () => undefined,
        lockRelease: async () => app({ releaseLocked: true }),
        unlockRelease: async () => app({ releaseLocked: false }),
        setVariable: async (_slug, name) => {
          if (name === 'BAD') throw new AppFluxError('unprocessable', 'no');
          calls.push(`set ${name}`);
        },
        changeVariable: async (_slug, name) => void calls.push(`change ${name}`),
        deleteVariable: async (_slug, name) => void calls.push(`delete ${name}`),
        setFile: async (_slug, name) => void calls.push(`set file ${name}`),
        deleteFile: async (_slug, name) => void calls.push(`delete file ${name}`),
      },
      deployments: {
        listOf: async (_slug, query) => {
          calls.push(`list ${query?.skipped ?? 'all'}`);
          const answer = pages[query?.cursor ?? 'first'];
          if (answer === undefined) throw new AppFluxError('unavailable', 'away');
          return answer;
        },
        create: async (_slug, _body, { idempotencyKey = 'none' } = {}) => {
          calls.push(idempotencyKey);
          return deployment();
        },
      },
    },
    page,
  );
  return { made, calls };
}
const ids = (deployments: Deployment[] | null) => deployments?.map(({ id }) => id);

describe('the deployments of an app', () => {
  test('are added page by page without duplicates, even when the newest page shifts', async () => {
    const pages: Record<string, Page<Deployment>> = {
      first: { items: [numbered(4), numbered(3)], nextCursor: 'older' },
      older: { items: [numbered(2), numbered(1)], nextCursor: null },
    };
    const { made } = overview(pages);
    const stop = made.start();
    await expect.poll(() => made.deployments?.length).toBe(2);
    expect(made.hasMore).toBe(true);
    expect(made.released).toBe(null);
    await made.loadMore();
    expect(ids(made.deployments)).toEqual([4, 3, 2, 1].map(idOf));
    expect(made.hasMore).toBe(false);
    expect(made.released?.id).toBe(idOf(2));
    pages.first = { items: [numbered(5), numbered(4)], nextCursor: 'other' };
    await made.refresh();
    expect(ids(made.deployments)).toEqual([5, 4, 3, 2, 1].map(idOf));
    expect(made.hasMore).toBe(false);
    stop();
  });

  test('stay when older ones can’t be loaded, with an error', async () => {
    const { made } = overview({ first: { items: [numbered(4)], nextCursor: 'older' } });
    const stop = made.start();
    await expect.poll(() => made.deployments?.length).toBe(1);
    await made.loadMore();
    expect(made.moreError?.code).toBe('unavailable');
    expect(made.hasMore).toBe(true);
    expect(made.deployments).toHaveLength(1);
    stop();
  });
});

test('a release that someone else has changed is loaded as soon as the list knows it', async () => {
  const listed = (number: number, current: boolean) => ({ ...numbered(number), current });
  const pages = { first: { items: [listed(3, false), listed(2, true)], nextCursor: null } };
  const { made, calls } = overview(pages);
  const stop = made.start();
  await expect.poll(() => made.released?.id).toBe(idOf(2));
  await made.refresh();
  const loads = () => calls.filter((call) => call === 'get').length;
  const before = loads();
  await made.hideSkipped(true);
  expect(loads()).toBe(before);
  pages.first = { items: [listed(3, true), listed(2, false)], nextCursor: null };
  await made.hideSkipped(false);
  await expect.poll(loads).toBe(before + 1);
  stop();
});

test('each deployment has its own idempotency key', async () => {
  const { made, calls } = overview({});
  await made.deploy({});
  await made.deploy({});
  expect(new Set(calls).size).toBe(2);
});

test('variables are set in order, and those set before a failure are shown', async () => {
  const { made, calls } = overview({ first: { items: [], nextCursor: null } });
  const stop = made.start();
  await expect.poll(() => made.app).not.toBe(null);
  calls.length = 0;
  const variables = ['A', 'BAD', 'C'].map((name) => ({ name, value: '1' }));
  await expect(made.setVariables(variables, ['production'])).rejects.toThrow('no');
  expect(calls).toEqual(['set A', 'get']);
  stop();
});

test('a release and its lock are shown as soon as the server confirms them', async () => {
  const { made } = overview({ first: { items: [], nextCursor: null } });
  const stop = made.start();
  made.show(app({ release: idOf(9) }));
  expect(made.app?.release).toBe(idOf(9));
  await made.setLock(true);
  expect(made.app?.releaseLocked).toBe(true);
  await made.setLock(false);
  expect(made.app?.releaseLocked).toBe(false);
  stop();
});

test('the list leaves out skipped deployments when asked, on older pages as well', async () => {
  const { made, calls } = overview({
    first: { items: [numbered(4)], nextCursor: 'older' },
    older: { items: [numbered(3)], nextCursor: null },
  });
  const stop = made.start();
  await expect.poll(() => made.deployments?.length).toBe(1);
  await made.loadMore();
  expect(calls.filter((call) => call.startsWith('list'))).toEqual(['list all', 'list all']);
  calls.length = 0;
  await made.hideSkipped(true);
  expect(ids(made.deployments)).toEqual([idOf(4)]);
  await made.loadMore();
  expect(ids(made.deployments)).toEqual([idOf(4), idOf(3)]);
  expect(calls).toEqual(['list exclude', 'list exclude']);
  stop();
});
