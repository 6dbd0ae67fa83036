import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app, deployment } from '../../testing/fixtures.ts';
import { AppList } from './app-list.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };
const shop = app({ slug: 'shop', name: 'Shop', type: 'android' });
const harbor = app({ slug: 'harbor-web', name: 'Harbor' });

describe('the list of apps', () => {
  test('has all pages', async () => {
    const asked: (string | undefined)[] = [];
    const list = new AppList(
      {
        apps: {
          list: async ({ cursor } = {}) => {
            asked.push(cursor);
            return cursor === undefined
              ? { items: [harbor], nextCursor: 'more' }
              : { items: [shop], nextCursor: null };
          },
        },
        deployments: { listOf: async () => ({ items: [], nextCursor: null }) },
      },
      page,
    );
    const stop = list.start();
    await expect.poll(() => list.all).toEqual([harbor, shop]);
    expect(asked).toEqual([undefined, 'more']);
    list.search = 'SHOP android';
    expect(list.found).toEqual([shop]);
    list.search = 'northwind/harbor';
    expect(list.found).toEqual([harbor, shop]);
    list.search = 'nothing';
    expect(list.found).toEqual([]);
    stop();
  });

  test('reloads an app sooner while it is being built, and keeps the last deployment after a failure', async () => {
    const answers = [
      { items: [deployment({ status: 'building' })], nextCursor: null },
      new AppFluxError('unavailable', 'away'),
      { items: [deployment({ status: 'success' })], nextCursor: null },
      { items: [], nextCursor: null },
    ];
    const list = new AppList(
      {
        apps: { list: async () => ({ items: [], nextCursor: null }) },
        deployments: {
          listOf: async () => {
            const answer = answers.shift();
            if (answer === undefined || answer instanceof AppFluxError) throw answer;
            return answer;
          },
        },
      },
      page,
    );
    expect(list.latest('shop')).toBe(undefined);
    const soon = await list.loadLatest('shop');
    expect(list.latest('shop')?.status).toBe('building');
    expect(await list.loadLatest('shop')).toBeGreaterThan(soon);
    expect(list.latest('shop')?.status).toBe('building');
    expect(await list.loadLatest('shop')).toBeGreaterThan(soon);
    await list.loadLatest('shop');
    expect(list.latest('shop')).toBe(null);
  });
});
