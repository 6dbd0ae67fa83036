/** What state an App has: one object per App. It knows the size of each binding, for the quota of the whole App. */
import { DurableObject } from 'cloudflare:workers';
import { limitedSql } from '../../../limits/sql.ts';
import type { StateEnv } from './env.ts';
import { quotaBytes } from './limits.ts';
import { stateOf } from './objects.ts';
import type { Kind, StatePlace } from './place.ts';

/** How many objects are asked or emptied at a time. */
const AT_ONCE = 25;

interface Row extends Record<string, SqlStorageValue> {
  scope: StatePlace['scope'];
  binding: string;
  kind: Kind;
  bytes: number;
}

/** How large an object may become, or why it may hold nothing. */
export type Admission =
  | { readonly outcome: 'ok'; readonly allowance: number }
  | { readonly outcome: 'removed' }
  | { readonly outcome: 'other_kind'; readonly kind: Kind };

/** One binding's state. Sizes are in bytes. */
export interface StateUsage extends Pick<StatePlace, 'scope' | 'binding'> {
  readonly kind: Kind;
  readonly bytes: number;
  /** Keys, or tables. */
  readonly entries: number;
}

export class StateIndexObject extends DurableObject<StateEnv> {
  readonly #sql = limitedSql(this.ctx.storage.sql);

  /** Records an object and its size. It is called before an object stores anything, and when its size has changed. */
  admit(place: StatePlace, kind: Kind, bytes: number): Admission {
    const { scope, binding } = place;
    this.#createTables();
    if (this.#isRemoved(scope)) return { outcome: 'removed' };
    const known = this.kindOf(place);
    if (known !== null && known !== kind) return { outcome: 'other_kind', kind: known };
    this.#sql.exec('INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, 0)', scope, binding, kind, bytes);
    const { all } = this.#sql.exec<{ all: number }>('SELECT sum(bytes) AS "all" FROM states').one();
    return { outcome: 'ok', allowance: quotaBytes(this.env.SERVER_STATE_MB) - (all - bytes) };
  }

  /** What there is, as the objects themselves say now. */
  async usage(appId: string): Promise<StateUsage[]> {
    const rows = this.#rows();
    const usages: StateUsage[] = [];
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const some = rows.slice(at, at + AT_ONCE).map(async ({ scope, binding, kind }) => {
        const place = { appId, scope, binding };
        return { scope, binding, kind, ...(await stateOf(this.env, place).usage(kind)) };
      });
      usages.push(...(await Promise.all(some)));
    }
    return usages;
  }

  kindOf({ scope, binding }: StatePlace): Kind | null {
    return this.#rows().find((row) => row.scope === scope && row.binding === binding)?.kind ?? null;
  }

  /** Empties one binding. Gives false if it holds nothing. A site that still runs may fill it again. */
  async removeBinding(place: StatePlace): Promise<boolean> {
    if (this.kindOf(place) === null) return false;
    await this.#empty(place);
    return true;
  }

  /**
   * Removes what a scope has, or the whole App (null), permanently: nothing can be stored there afterwards. Gives how many
   * bindings are left: with more than a few it has to be called again.
   */
  async removeAll(appId: string, scope: StatePlace['scope'] | null): Promise<number> {
    const rows = this.#rows().filter((row) => scope === null || row.scope === scope);
    // A server that still runs, as with a WebSocket, may store its first value afterwards: nothing would ever find that.
    if (scope === null) this.#createTables();
    if (!this.#hasTables()) return 0;
    this.#sql.exec('INSERT OR IGNORE INTO removed VALUES (?)', scope ?? '');
    const now = rows.slice(0, AT_ONCE);
    await Promise.all(now.map((row) => this.#empty({ appId, scope: row.scope, binding: row.binding })));
    return rows.length - now.length;
  }

  /** Nothing is created before there is something to record: every deployment of a fork that is removed is asked for here. */
  #createTables(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS states (
      scope TEXT NOT NULL, binding TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL,
      removing INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (scope, binding)) WITHOUT ROWID`);
    // Whose state was removed permanently: an isolate that is still running must not bring it back.
    this.#sql.exec('CREATE TABLE IF NOT EXISTS removed (scope TEXT PRIMARY KEY) WITHOUT ROWID');
  }

  #hasTables(): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'removed'").toArray().length > 0;
  }

  #rows(): Row[] {
    if (!this.#hasTables()) return [];
    return this.#sql.exec<Row>('SELECT * FROM states ORDER BY scope, binding').toArray();
  }

  /** Empties an object. It may be admitted again before this has ended: then it stays recorded. */
  async #empty(place: StatePlace): Promise<void> {
    const at = [place.scope, place.binding];
    this.#sql.exec('UPDATE states SET removing = 1 WHERE scope = ? AND binding = ?', ...at);
    await stateOf(this.env, place).destroy();
    this.#sql.exec('DELETE FROM states WHERE scope = ? AND binding = ? AND removing = 1', ...at);
  }

  #isRemoved(scope: string): boolean {
    return this.#sql.exec("SELECT 1 FROM removed WHERE scope IN (?, '')", scope).toArray().length > 0;
  }
}
