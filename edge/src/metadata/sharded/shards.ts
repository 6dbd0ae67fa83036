/**
 * The databases of an instance, and which one has the records of a team. Database 0 is the directory: it has what is global,
 * all apps, and this table. A team is assigned to a database when it is first asked about, and stays there.
 */
import type { D1Database } from '@cloudflare/workers-types';
import { number, numberOrNull, text } from '../d1/columns.ts';
import { Database } from '../d1/database.ts';
import { metadataIn } from '../d1/index.ts';
import type { Metadata } from '../metadata.ts';
import { notBound } from '../not-bound.ts';
import { leastFull } from './least-full.ts';
import { Remembered } from './remembered.ts';

/** How many databases are asked at the same time: a Worker has six connections. */
const AT_ONCE = 4;

/** Assigns a team to a database: to the directory if it has records there, from when there was no other. */
const ASSIGN = `
  INSERT INTO team_databases (owner_id, number)
  SELECT ?1, CASE WHEN EXISTS (SELECT 1 FROM apps WHERE owner_id = ?1)
    OR EXISTS (SELECT 1 FROM uploads WHERE owner_id = ?1)
    OR EXISTS (SELECT 1 FROM audit WHERE owner_id = ?1)
    OR EXISTS (SELECT 1 FROM idempotency_keys WHERE owner_id = ?1) THEN 0 ELSE ?2 END
  WHERE true ON CONFLICT (owner_id) DO NOTHING`;

const ASSIGNED = 'SELECT number FROM team_databases WHERE owner_id = ?1';

/** One of the databases, and the backend in it. */
export interface Shard {
  readonly number: number;
  readonly database: Database;
  readonly metadata: Metadata;
}

export class Shards {
  readonly directory: Shard;
  readonly #shards: readonly (Shard | null)[];
  readonly #choose: (sizes: readonly number[]) => number;
  readonly #teams = new Remembered<number>();
  readonly #apps = new Remembered<number>();

  /**
   * @param bindings the databases by their numbers; the first one is the directory. One that is missing is an error only for
   *   the teams that are in it.
   * @param choose gives the number for a new team, by the sizes of all databases in bytes
   */
  constructor(
    bindings: readonly [D1Database, ...(D1Database | undefined)[]],
    choose = (sizes: readonly number[]) => leastFull(sizes, Math.random()),
  ) {
    this.directory = shardOf(bindings[0], 0);
    this.#shards = bindings.map((binding, at) =>
      at === 0 ? this.directory : binding === undefined ? null : shardOf(binding, at),
    );
    this.#choose = choose;
  }

  /** @throws AppFluxError `unavailable` when that database isn't bound */
  shard(number: number): Shard {
    const shard = this.#shards[number];
    if (shard != null) return shard;
    throw notBound(number);
  }

  /** The same, but the directory in place of one that isn't bound: where to look first by a mark, which proves nothing. */
  likely(number: number): Shard {
    return this.#shards[number] ?? this.directory;
  }

  /** Asks all databases, few at a time. The results are in the order of their numbers. */
  async each<Result>(ask: (shard: Shard) => Promise<Result>): Promise<Result[]> {
    return inTurn(
      this.#shards.filter((shard) => shard !== null),
      ask,
    );
  }

  /** The database of a team, which is assigned to one if it has none. */
  async ofTeam(ownerId: string): Promise<Shard> {
    const known = this.#teams.get(ownerId);
    if (known !== undefined) return this.shard(known);
    const { database } = this.directory;
    const row = (await database.first(ASSIGNED, ownerId)) ?? (await this.#assign(ownerId));
    return this.shard(this.#teams.keep(ownerId, number(row, 'number')));
  }

  async #assign(ownerId: string) {
    const sizes = await this.each(async (shard) => [shard.number, await shard.database.size()] as const);
    // A gap is never chosen.
    const bySize = Array.from(this.#shards, (_, at) => new Map(sizes).get(at) ?? Number.POSITIVE_INFINITY);
    const [, assigned] = await this.directory.database.batch([
      { sql: ASSIGN, values: [ownerId, this.#choose(bySize)] },
      { sql: ASSIGNED, values: [ownerId] },
    ]);
    const row = assigned?.rows[0];
    if (row === undefined) throw new Error('A team was just assigned to a database and is not there');
    return row;
  }

  /** Teams by their databases. A team without one counts as one of the directory, which has nothing of it. */
  async ofTeams(ownerIds: readonly string[]): Promise<Map<Shard, string[]>> {
    const numbers = await this.#teams.all(ownerIds, async (unknown) => {
      const rows = await this.directory.database.all(
        'SELECT owner_id, number FROM team_databases WHERE owner_id IN (SELECT value FROM json_each(?))',
        JSON.stringify(unknown),
      );
      return rows.map((row) => [text(row, 'owner_id'), number(row, 'number')]);
    });
    return Map.groupBy(ownerIds, (id) => this.shard(numbers.get(id) ?? 0));
  }

  /** The database of an app; null when there is no such app. */
  async ofApp(appId: string): Promise<Shard | null> {
    const [found] = (await this.ofApps([appId])).keys();
    return found ?? null;
  }

  /** Apps by their databases, without those that are not there. */
  async ofApps(appIds: readonly string[]): Promise<Map<Shard, string[]>> {
    const numbers = await this.#apps.all(appIds, async (unknown) => {
      const rows = await this.directory.database.all(
        `SELECT apps.id, team_databases.number FROM apps
         LEFT JOIN team_databases ON team_databases.owner_id = apps.owner_id
         WHERE apps.id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(unknown),
      );
      // An app whose team was never assigned is from before there were several databases.
      return rows.map((row) => [text(row, 'id'), numberOrNull(row, 'number') ?? 0]);
    });
    return Map.groupBy(
      appIds.filter((id) => numbers.has(id)),
      (id) => this.shard(numbers.get(id) ?? 0),
    );
  }

  forgetApp(appId: string): void {
    this.#apps.forget(appId);
  }
}

function shardOf(binding: D1Database, at: number): Shard {
  const database = new Database(binding);
  return { number: at, database, metadata: metadataIn(database) };
}

/** Asks each, AT_ONCE at a time, and gives the answers in their order. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(ask))));
  }
  return results;
}
