/** What the handlers of the in-memory API get and return. */
import { AppFluxError, type Deployment } from '@appflux/protocol';
import { idOf } from './fixtures.ts';
import type { World } from './world.ts';

/** The context of all calls. */
export interface Surroundings {
  world: World;
  storageOrigin: string;
  /** The origin of the API. */
  origin: string;
  /** Bytes in storage, by path. */
  stored: ReadonlyMap<string, number>;
  change(id: string, over: Partial<Deployment>): void;
}

/** A call: the parts of the path after `/api/resource`, its query, and its body. */
export interface Call extends Surroundings {
  id: string;
  name: string;
  /** The part of the path after the name, if any. */
  rest: string;
  query: URLSearchParams;
  body: unknown;
}

/** A status and a body; text and bytes are sent as they are. */
export type Answer = [status: number, body?: unknown];

/** Handlers by method and path, with `:id` and `:name` as parameters. */
export type Routes = Readonly<Record<string, (call: Call) => Answer>>;

let lastId = 9000;
/** An id that no other record has. */
export const newId = () => {
  lastId += 1;
  return idOf(lastId);
};

/** Refuses the call if there is no such item. */
export function requireFound<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new AppFluxError('not_found', 'Not found');
  return item;
}

/** A page of a list; the cursor is an index. */
export function page<Item>(items: Item[], query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 30);
  const from = Number(query.get('cursor') ?? 0);
  const next = from + limit < items.length ? String(from + limit) : null;
  return { items: items.slice(from, from + limit), nextCursor: next };
}
