import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app, deployment } from '../../testing/fixtures.ts';
import { AppList } from './app-list.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };
const shop = app({ slug: 'shop', name: 'Shop', type: 'android' });
const harbor = app({ slug: 'harbor-web', name: 'Harbor' });

describe('the list of apps', () => {
  test('has every page of them', async () => {
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

  test('asks again sooner of an app that is being built, and keeps what it knows when that fails', async () => {
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
    const soon = await list.look('shop');
    expect(list.latest('shop')?.status).toBe('building');
    expect(await list.look('shop')).toBeGreaterThan(soon);
    expect(list.latest('shop')?.status).toBe('building');
    expect(await list.look('shop')).toBeGreaterThan(soon);
    await list.look('shop');
    expect(list.latest('shop')).toBe(null);
  });
});
