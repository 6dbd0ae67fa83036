/** Lists that come in pages. */
import type { Page } from '@appflux/protocol';

/** Which part of a list: its length (1 to 100), and where the previous one ended. */
export interface ListQuery {
  limit?: number;
  cursor?: string;
}

/** The largest page that the server gives. */
const PAGE = 100;

/**
 * Every item of a list, page after page: `for await (const app of eachItem(client.apps.list))`.
 * @param list a page of it; to filter, pass `(query) => client.deployments.list({ ...query, status })`
 */
export async function* eachItem<Item>(
  list: (query: ListQuery) => Promise<Page<Item>>,
  limit = PAGE,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await list(cursor === undefined ? { limit } : { limit, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** Every item of a list that is known to be short. Stops at `most`, so a faulty cursor can't keep it going forever. */
export async function allItems<Item>(
  list: (query: ListQuery) => Promise<Page<Item>>,
  most = 1000,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of eachItem(list)) {
    items.push(item);
    if (items.length >= most) break;
  }
  return items;
}
