/** The state of an app's store of sites, in the SQLite of its object. Tables are created by the first write. */
import { limitedSql, type Sql } from '../../limits/sql.ts';
import type { SiteRows } from './site-store.ts';
import { EMPTY_SITE_STATE, type Pack, type Pin, type Publication, type SiteState } from './state.ts';

/** Each table has an item's key, and the item as JSON: they are only read together. */
const TABLES = ['publications', 'packs', 'pins'] as const;

export class SqlSiteRows implements SiteRows {
  readonly #storage: DurableObjectStorage;
  readonly #sql: Sql;
  #state: SiteState | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = limitedSql(storage.sql);
  }

  read(): SiteState {
    this.#state ??= this.#hasTables()
      ? {
          publications: this.#items<Publication>('publications'),
          packs: this.#items<Pack>('packs'),
          pins: this.#items<Pin>('pins'),
        }
      : EMPTY_SITE_STATE;
    return this.#state;
  }

  write(before: SiteState, after: SiteState): void {
    if (TABLES.every((table) => isSame(before[table], after[table]))) return;
    this.#storage.transactionSync(() => {
      if (!this.#hasTables()) this.#createTables();
      for (const table of TABLES) this.#save(table, before[table], after[table]);
    });
    this.#state = after;
  }

  /** The object's storage was emptied. */
  forget(): void {
    this.#state = null;
  }

  #save(table: string, before: ReadonlyMap<string, object>, after: ReadonlyMap<string, object>): void {
    for (const id of before.keys())
      if (!after.has(id)) this.#sql.exec(`DELETE FROM ${table} WHERE id = ?`, id);
    for (const [id, item] of after) {
      if (before.get(id) === item) continue;
      this.#sql.exec(`INSERT OR REPLACE INTO ${table} (id, item) VALUES (?, ?)`, id, JSON.stringify(item));
    }
  }

  #createTables(): void {
    for (const table of TABLES)
      this.#sql.exec(`CREATE TABLE ${table} (id TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID`);
  }

  #hasTables(): boolean {
    const tables = this.#sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'packs'");
    return tables.toArray().length > 0;
  }

  #items<Item>(table: string): Map<string, Item> {
    const rows = this.#sql.exec<{ id: string; item: string }>(`SELECT id, item FROM ${table}`);
    return new Map(rows.toArray().map(({ id, item }) => [id, JSON.parse(item)]));
  }
}

const isSame = (a: ReadonlyMap<string, object>, b: ReadonlyMap<string, object>) =>
  a === b || (a.size === b.size && [...b].every(([id, item]) => a.get(id) === item));
