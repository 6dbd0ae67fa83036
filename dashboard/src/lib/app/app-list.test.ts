import { type ActiveApp, AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { app, deployment, latestOf, plan } from '../../testing/fixtures.ts';
import { chooseApps, isMoving, parseChoice, queryOf, stateOf } from './app-choice.ts';
import { AppList } from './app-list.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };

type Over = Parameters<typeof app>[0] & {
  latest?: Parameters<typeof deployment>[0] | null;
  isFavourite?: boolean;
};

function activeApp({ latest = null, isFavourite = false, ...over }: Over = {}): ActiveApp {
  const activity = {
    latest: latest === null ? null : latestOf(deployment(latest)),
    builds: [],
    isFavourite,
  };
  return { ...app(over), activity };
}

const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T08:00:00.000Z`;
const shop = activeApp({ slug: 'shop', name: 'Shop', type: 'android' });
const harbor = activeApp({
  slug: 'harbor-web',
  name: 'Harbor',
  latest: { status: 'success', branch: 'release/1', plan: plan({ framework: 'astro' }), createdAt: at(9) },
});
const docs = activeApp({ slug: 'docs', name: 'Docs', latest: { status: 'failed', createdAt: at(20) } });
const held = activeApp({
  slug: 'held',
  name: 'Held',
  latest: { status: 'queued', approval: { state: 'required', by: null }, createdAt: at(1) },
});
const building = activeApp({ slug: 'tide', name: 'Tide', latest: { status: 'building', createdAt: at(2) } });
const all = [shop, harbor, docs, held, building];

const names = (query: string, apps: readonly ActiveApp[] = all) =>
  chooseApps(apps, parseChoice(new URLSearchParams(query))).map(({ name }) => name);

describe('the choice of apps', () => {
  test('the ones deployed last come first, and favourites before them', () => {
    expect(names('')).toEqual(['Docs', 'Harbor', 'Tide', 'Held', 'Shop']);
    const favourite = { ...held, activity: { ...held.activity, isFavourite: true } };
    expect(names('', [shop, harbor, docs, favourite])).toEqual(['Held', 'Docs', 'Harbor', 'Shop']);
    expect(names('sort=name')).toEqual(['Docs', 'Harbor', 'Held', 'Shop', 'Tide']);
    expect(names('sort=created')).toEqual(['Shop', 'Harbor', 'Docs', 'Held', 'Tide']);
  });

  test.each([
    ['q=SHOP+android', ['Shop']],
    ['q=release/1', ['Harbor']],
    ['q=astro', ['Harbor']],
    ['q=shop+astro', []],
    ['state=ready', ['Harbor']],
    ['state=failed', ['Docs']],
    ['state=active', ['Tide', 'Held']],
    ['state=new', ['Shop']],
    ['state=failed&q=harbor-web', []],
  ])('%s', (query, expected) => {
    expect(names(query)).toEqual(expected);
  });

  test('is kept in the URL, without what is the default', () => {
    for (const query of ['', '?q=a+b', '?state=failed&sort=name']) {
      expect(queryOf(parseChoice(new URLSearchParams(query)))).toBe(query);
    }
    expect(queryOf(parseChoice(new URLSearchParams('?state=broken&sort=__proto__')))).toBe('');
  });

  test('a canceled deployment is in none of the states, and one that waits for approval doesn’t move', () => {
    expect(stateOf(activeApp({ latest: { status: 'canceled' } }))).toBe('canceled');
    expect([building, held, harbor, shop].map(isMoving)).toEqual([true, false, false, false]);
  });
});

describe('the list of apps', () => {
  const calls = {
    listActive: async () => ({ items: all, nextCursor: null }),
    addFavourite: async () => undefined,
    removeFavourite: async () => undefined,
  };

  test('has all pages', async () => {
    const asked: (string | undefined)[] = [];
    const listActive = async ({ cursor }: { cursor?: string | undefined } = {}) => {
      asked.push(cursor);
      return cursor === undefined
        ? { items: [harbor], nextCursor: 'more' }
        : { items: [shop], nextCursor: null };
    };
    const list = new AppList({ apps: { ...calls, listActive } }, page);
    const stop = list.start();
    await expect.poll(() => list.all).toEqual([harbor, shop]);
    expect(asked).toEqual([undefined, 'more']);
    stop();
  });

  test('shows a favourite immediately, and takes it back when the call fails', async () => {
    const refused = new AppFluxError('unavailable', 'away');
    const removeFavourite = () => Promise.reject(refused);
    const list = new AppList({ apps: { ...calls, removeFavourite } }, page);
    const stop = list.start();
    await expect.poll(() => list.all?.length).toBe(all.length);
    const marked = () => list.all?.filter(({ activity }) => activity.isFavourite).map(({ slug }) => slug);
    await list.setFavourite('shop', true);
    expect(marked()).toEqual(['shop']);
    const removal = list.setFavourite('shop', false);
    expect(marked()).toEqual([]);
    await expect(removal).rejects.toBe(refused);
    expect(marked()).toEqual(['shop']);
    stop();
  });
});
