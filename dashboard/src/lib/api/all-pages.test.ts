import { expect, test } from 'vitest';
import { allPages } from './all-pages.ts';

test('every page is asked for, in order', async () => {
  const pages = [
    { items: [1, 2], nextCursor: 'a' },
    { items: [3], nextCursor: null },
  ];
  const cursors: (string | undefined)[] = [];
  const items = await allPages(async ({ cursor }) => {
    cursors.push(cursor);
    return pages.shift() ?? { items: [], nextCursor: null };
  });
  expect(items).toEqual([1, 2, 3]);
  expect(cursors).toEqual([undefined, 'a']);
});

test('a cursor that never ends does not ask for ever', async () => {
  const items = await allPages(async () => ({ items: [1, 2], nextCursor: 'same' }), 7);
  expect(items).toHaveLength(8);
});
