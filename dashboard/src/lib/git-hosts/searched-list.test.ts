import { AppFluxError, type Page } from '@appflux/protocol';
import { expect, test, vi } from 'vitest';
import { SearchedList } from './searched-list.svelte.ts';

test('pages are added, and a new search starts over', async () => {
  const names = ['harbor', 'tide', 'hull'];
  const list = new SearchedList<string>(async ({ search = '', cursor = '0' }) => {
    const found = names.filter((name) => name.startsWith(search));
    const at = Number(cursor);
    return { items: found.slice(at, at + 1), nextCursor: at + 1 < found.length ? String(at + 1) : null };
  }, 0);
  await list.load();
  await list.loadMore();
  expect(list.items).toEqual(['harbor', 'tide']);
  expect(list.hasMore).toBe(true);
  list.search = 'h';
  await vi.waitFor(() => expect(list.items).toEqual(['harbor']));
  await list.loadMore();
  expect(list.items).toEqual(['harbor', 'hull']);
  expect(list.hasMore).toBe(false);
});

test('a slow answer to an earlier search doesn’t replace that of a later one', async () => {
  const answers = new Map<string, (page: Page<string>) => void>();
  const list = new SearchedList<string>(
    ({ search = '' }) => new Promise((resolve) => void answers.set(search, resolve)),
    0,
  );
  list.search = 'h';
  await vi.waitFor(() => expect(answers.has('h')).toBe(true));
  list.search = 'ha';
  await vi.waitFor(() => expect(answers.has('ha')).toBe(true));
  answers.get('ha')?.({ items: ['harbor'], nextCursor: null });
  await vi.waitFor(() => expect(list.items).toEqual(['harbor']));
  answers.get('h')?.({ items: ['hull'], nextCursor: null });
  await Promise.resolve();
  expect(list.items).toEqual(['harbor']);
});

test('a failure keeps what is loaded', async () => {
  let fails = false;
  const list = new SearchedList<string>(async () => {
    if (fails) throw new AppFluxError('unavailable', 'GitHub doesn’t respond');
    return { items: ['harbor'], nextCursor: 'next' };
  }, 0);
  await list.load();
  fails = true;
  await list.loadMore();
  expect(list.error?.code).toBe('unavailable');
  expect(list.items).toEqual(['harbor']);
  expect(list.loading).toBe(false);
});

test('pages without items are passed over', async () => {
  const list = new SearchedList<string>(
    async ({ cursor = '0' }) =>
      cursor === '3'
        ? { items: ['tide'], nextCursor: null }
        : { items: [], nextCursor: String(Number(cursor) + 1) },
    0,
  );
  await list.load();
  expect(list.items).toEqual(['tide']);
  expect(list.hasMore).toBe(false);
});
