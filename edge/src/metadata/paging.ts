/** Paging as every keeper does it: newest first by id, and the cursor is the last id seen. */
import { AppFluxError, ObjectId, type Page, type PageQuery } from '@appflux/protocol';

/** The id that a page begins below, or null for the first page. A cursor that no list gave is `bad_request`. */
export function positionOf(page: PageQuery): string | null {
  if (page.cursor === undefined) return null;
  if (!ObjectId.safeParse(page.cursor).success) {
    throw new AppFluxError('bad_request', 'The cursor does not come from this list', {
      issues: [{ path: 'cursor', message: 'Not a cursor' }],
      hint: 'Pass nextCursor of the page before as it is, or leave cursor out for the first page.',
    });
  }
  return page.cursor;
}

/** A page of records that were read with one more than `limit`, to know whether there are others. */
export function toPage<Item extends { id: string }>(read: Item[], limit: number): Page<Item> {
  const items = read.slice(0, limit);
  return { items, nextCursor: read.length > limit ? (items.at(-1)?.id ?? null) : null };
}
