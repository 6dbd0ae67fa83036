import type { Page } from '@appflux/protocol';
import type { ListQuery } from './api.ts';

/**
 * Every item of a list that is known to stay short (runners, tokens), page after page, up to a bound that
 * keeps a faulty cursor from asking for ever.
 */
export async function allPages<Item>(
  list: (query: ListQuery) => Promise<Page<Item>>,
  most = 1000,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor === undefined ? { limit: 100 } : { limit: 100, cursor });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return items;
}
