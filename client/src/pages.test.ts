import { expect, test } from 'vitest';
import { allItems, eachItem, type ListQuery } from './pages.ts';

function list() {
  const pages = [
    { items: [1, 2], nextCursor: 'a' },
    { items: [], nextCursor: 'b' },
    { items: [3], nextCursor: null },
  ];
  const queries: ListQuery[] = [];
  const next = async (query: ListQuery) => {
    queries.push(query);
    return pages.shift() ?? { items: [], nextCursor: null };
  };
  return { queries, next };
}

test('every page is requested, in order', async () => {
  const { queries, next } = list();
  expect(await allItems(next)).toEqual([1, 2, 3]);
  expect(queries).toEqual([{ limit: 100 }, { limit: 100, cursor: 'a' }, { limit: 100, cursor: 'b' }]);
});

test('no page is requested before its items are', async () => {
  const { queries, next } = list();
  const items = eachItem(next, 2);
  expect([(await items.next()).value, (await items.next()).value]).toEqual([1, 2]);
  expect(queries).toEqual([{ limit: 2 }]);
  await items.return();
  expect(queries).toHaveLength(1);
});

test('a cursor that never ends does not go on forever', async () => {
  expect(await allItems(async () => ({ items: [1, 2], nextCursor: 'same' }), 7)).toHaveLength(7);
});

test('an error of a page reaches the caller', async () => {
  await expect(allItems(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
});
