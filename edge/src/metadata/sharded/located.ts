/** Finds the database of deployments, or of uploads, of which only the ids are known. */
import { text } from '../d1/columns.ts';
import { markOf } from './mark.ts';
import { Remembered } from './remembered.ts';
import type { Shard, Shards } from './shards.ts';

export class Located {
  readonly #shards: Shards;
  readonly #table: 'deployments' | 'uploads';
  readonly #numbers = new Remembered<number>();

  constructor(shards: Shards, table: 'deployments' | 'uploads') {
    this.#shards = shards;
    this.#table = table;
  }

  /** Notes where records are that were just read. Gives them. */
  seen<Item extends string | { id: string }>(shard: Shard, items: readonly Item[]): readonly Item[] {
    for (const item of items) this.#numbers.keep(typeof item === 'string' ? item : item.id, shard.number);
    return items;
  }

  /**
   * Reads something of one record: in the database that its id is marked for, and then, for ids of earlier versions and those
   * that somebody else has chosen, in all others.
   */
  async first<Result>(id: string, read: (shard: Shard) => Promise<Result | null>): Promise<Result | null> {
    const known = this.#numbers.get(id);
    const likely = this.#likely(id);
    const found = await read(likely);
    if (found !== null) this.#numbers.keep(id, likely.number);
    if (found !== null || known !== undefined) return found;
    const others = await this.#shards.each(async (shard) =>
      shard.number === likely.number ? null : ([shard, await read(shard)] as const),
    );
    for (const answer of others) {
      if (answer === null || answer[1] === null) continue;
      this.#numbers.keep(id, answer[0].number);
      return answer[1];
    }
    return null;
  }

  /** The database of a record; null when there is no such record. */
  async one(id: string): Promise<Shard | null> {
    const [found] = (await this.find([id])).keys();
    return found ?? null;
  }

  /** Ids by the databases of their records, without those that are not there. */
  async find(ids: readonly string[]): Promise<Map<Shard, string[]>> {
    const numbers = await this.#numbers.all(ids, async (unknown) => {
      const marked = Map.groupBy(unknown, (id) => this.#likely(id));
      const found = (await Promise.all([...marked].map(([shard, own]) => this.#look(shard, own)))).flat();
      const there = new Set(found.map(([id]) => id));
      const others = unknown.filter((id) => !there.has(id));
      if (others.length === 0) return found;
      const elsewhere = await this.#shards.each((shard) =>
        this.#look(
          shard,
          others.filter((id) => this.#likely(id) !== shard),
        ),
      );
      return [...found, ...elsewhere.flat()];
    });
    return Map.groupBy(
      ids.filter((id) => numbers.has(id)),
      (id) => this.#shards.shard(numbers.get(id) ?? 0),
    );
  }

  async #look(shard: Shard, ids: readonly string[]): Promise<[string, number][]> {
    if (ids.length === 0) return [];
    const rows = await shard.database.all(
      `SELECT id FROM ${this.#table} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    return rows.map((row) => [text(row, 'id'), shard.number]);
  }

  /** Where a record is, or else probably is. */
  #likely(id: string): Shard {
    return this.#shards.likely(this.#numbers.get(id) ?? markOf(id));
  }
}
