import { AppFluxError, type Page } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { PagedList } from './paged-list.svelte.ts';

interface Item {
  id: string;
}
const pageOf = (ids: string, nextCursor: string | null): Page<Item> => ({
  items: [...ids].map((id) => ({ id })),
  nextCursor,
});
const visible = { visible: () => true, onWake: () => () => undefined };

function paged(pages: Record<string, Page<Item>>) {
  const list = new PagedList<Item>({
    load: async (cursor = 'newest') => {
      const page = pages[cursor];
      if (page === undefined) throw new AppFluxError('unavailable', 'away');
      return page;
    },
    pauseAfter: () => null,
    page: visible,
  });
  return { list, ids: () => list.items?.map(({ id }) => id).join('') };
}

test('older pages stay when the newest one shifts, and each item is listed once', async () => {
  const pages = { newest: pageOf('dc', 'b'), b: pageOf('ba', null) };
  const { list, ids } = paged(pages);
  expect([list.items, list.hasMore]).toEqual([null, false]);
  list.start();
  await list.refresh();
  expect([ids(), list.hasMore]).toEqual(['dc', true]);
  await list.loadMore();
  expect([ids(), list.hasMore]).toEqual(['dcba', false]);
  pages.newest = pageOf('fe', 'd');
  await list.refresh();
  expect([ids(), list.hasMore]).toEqual(['fedcba', false]);
  await list.reset();
  expect([ids(), list.hasMore]).toEqual(['fe', true]);
});

test('an empty page with a cursor has more', async () => {
  const { list, ids } = paged({ newest: pageOf('', 'x'), x: pageOf('', 'y'), y: pageOf('a', null) });
  list.start();
  await list.refresh();
  await list.loadMore();
  expect([ids(), list.hasMore]).toEqual(['', true]);
  await list.loadMore();
  expect([ids(), list.hasMore]).toEqual(['a', false]);
});

test('an older page that fails to load leaves the list, and can be asked for again', async () => {
  const pages: Record<string, Page<Item>> = { newest: pageOf('b', 'a') };
  const { list, ids } = paged(pages);
  list.start();
  await list.refresh();
  await list.loadMore();
  expect([ids(), list.moreError?.code, list.loadingMore]).toEqual(['b', 'unavailable', false]);
  pages.a = pageOf('a', null);
  await list.loadMore();
  expect([ids(), list.moreError]).toEqual(['ba', null]);
});
