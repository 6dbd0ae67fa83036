/**
 * Paging as every store does it: newest first by creation time, then by id, which says nothing about the order within
 * a second. The cursor is the place of the last item that was listed.
 */
import { AppFluxError, ObjectId, type Page, type PageQuery } from '@appflux/protocol';
import { madeAt } from './object-id.ts';

/** Where an item stands in a list. */
export interface Place {
  /** When it was created: ISO 8601 with milliseconds, in UTC. */
  at: string;
  id: string;
}

/** What is listed: an id, and the time that says where in the list it stands. */
export type Listed = { id: string } & ({ createdAt: string } | { at: string });

/** The place of an item. */
export const placeOf = (item: Listed): Place => ({
  at: 'createdAt' in item ? item.createdAt : item.at,
  id: item.id,
});

/** Orders places, and what has one, from newest to oldest. */
export function newestFirst(a: Place, b: Place): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** 12 digits of milliseconds since 1970, in hex, and an id. */
const CURSOR = /^([0-9a-f]{12})([0-9a-f]{24})$/;

/** The first millisecond that ISO 8601 cannot write with a year of four digits. */
const YEAR_10000 = Date.UTC(10_000, 0);

/** The cursor with which a list goes on after this place. */
export const cursorOf = ({ at, id }: Place): string => Date.parse(at).toString(16).padStart(12, '0') + id;

/**
 * The place that a page begins after, or null for the first page. Earlier versions gave the id of
 * the last item as the cursor: for those, `creationOf` looks up when that item was created, and gives null when it is
 * gone.
 * @throws AppFluxError `bad_request` for a cursor that no list gave
 */
export async function positionOf(
  page: PageQuery,
  creationOf: (id: string) => Promise<string | null>,
): Promise<Place | null> {
  const { cursor } = page;
  if (cursor === undefined) return null;
  const [, milliseconds = '', id = ''] = CURSOR.exec(cursor) ?? [];
  const time = Number.parseInt(milliseconds, 16);
  if (time < YEAR_10000) return { at: new Date(time).toISOString(), id };
  if (!ObjectId.safeParse(cursor).success) throw notFromHere();
  const at = await creationOf(cursor);
  // Of an item that is gone only the second is known: rather some items twice than one of them left out.
  return at === null
    ? { at: new Date(madeAt(cursor) + 999).toISOString(), id: 'f'.repeat(24) }
    : { at, id: cursor };
}

/** Refuses a cursor that no list gave. */
export const notFromHere = () =>
  new AppFluxError('bad_request', 'Invalid cursor: it isn’t from this list', {
    issues: [{ path: 'cursor', message: 'Not a cursor' }],
    hint: 'Pass the previous page’s nextCursor unchanged, or leave cursor out for the first page.',
  });

/**
 * A page of records that were read with one more than `limit`, to know whether there are others; with `isCut` there are,
 * because not all were read.
 */
export function toPage<Item extends Listed>(read: Item[], limit: number, isCut = false): Page<Item> {
  const items = read.slice(0, limit);
  const last = items.at(-1);
  const hasMore = isCut || read.length > limit;
  return { items, nextCursor: hasMore && last !== undefined ? cursorOf(placeOf(last)) : null };
}
