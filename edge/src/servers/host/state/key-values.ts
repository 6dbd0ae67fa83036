/** Key-value pairs in an object's SQLite. */
import type { Sql } from '../../../limits/sql.ts';
import type { RemoteEntry, RemoteKey, RemoteList } from '../facades/remote.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { CHUNK_BYTES, KV_LIMITS } from './limits.ts';
import { StateRefusal } from './refusal.ts';

interface EntryRow extends Record<string, SqlStorageValue> {
  id: number;
  value: ArrayBuffer;
  size: number;
  metadata: string | null;
}

interface KeyRow extends Record<string, SqlStorageValue> {
  key: ArrayBuffer;
  expiration: number | null;
  metadata: string | null;
}

/** An entry as it is exported. */
export interface ExportedEntry extends RemoteEntry {
  readonly key: string;
  readonly expiration: number | null;
}

export interface Write {
  readonly value: ArrayBuffer;
  /** In seconds since 1970. */
  readonly expiration: number | null;
  readonly metadata: string | null;
}

/**
 * Keys are stored as bytes: they are compared as such, which is the order of Workers KV, whatever characters they have. A
 * value's first part is in the row of its key and the others in rows of their own.
 */
export class KeyValues {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS entries (
      id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, expiration INTEGER, metadata TEXT, size INTEGER NOT NULL,
      value BLOB NOT NULL)`);
    sql.exec('CREATE INDEX IF NOT EXISTS expirations ON entries (expiration) WHERE expiration IS NOT NULL');
    sql.exec(`CREATE TABLE IF NOT EXISTS parts (
      entry INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (entry, part))`);
  }

  /** The entry of `key`, unless it has expired. `now` is in seconds. */
  read(key: string, now: number): RemoteEntry | null {
    const [row] = this.#sql.exec<EntryRow>(
      `SELECT id, value, size, metadata FROM entries
       WHERE key = ? AND (expiration IS NULL OR expiration > ?)`,
      bytesOf(key),
      now,
    );
    return row === undefined ? null : { value: this.#valueOf(row), metadata: row.metadata };
  }

  write(key: string, { value, expiration, metadata }: Write): void {
    const { id } = this.#sql
      .exec<{ id: number }>(
        `INSERT INTO entries (key, expiration, metadata, size, value) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET expiration = excluded.expiration, metadata = excluded.metadata,
           size = excluded.size, value = excluded.value RETURNING id`,
        bytesOf(key),
        expiration,
        metadata,
        value.byteLength,
        value.slice(0, CHUNK_BYTES),
      )
      .one();
    this.#sql.exec('DELETE FROM parts WHERE entry = ?', id);
    for (let at = CHUNK_BYTES, part = 1; at < value.byteLength; at += CHUNK_BYTES, part += 1) {
      const bytes = value.slice(at, at + CHUNK_BYTES);
      this.#sql.exec('INSERT INTO parts (entry, part, bytes) VALUES (?, ?, ?)', id, part, bytes);
    }
  }

  remove(key: string): void {
    this.#removeWhere('key = ?', bytesOf(key));
  }

  /** Keys in order of their bytes. A cursor is of an earlier page; the prefix may be any. */
  list(prefix: string, limit: number, cursor: string | null, now: number): RemoteList {
    const first = bytesOf(prefix);
    const end = firstAfter(first);
    const rows = [
      ...this.#sql.exec<KeyRow>(
        `SELECT key, expiration, metadata FROM entries
         WHERE key >= ?1 AND (?2 IS NULL OR key < ?2) AND (?3 IS NULL OR key > ?3)
           AND (expiration IS NULL OR expiration > ?4)
         ORDER BY key LIMIT ?5`,
        first,
        end,
        cursor === null ? null : bytesOfCursor(cursor),
        now,
        limit + 1,
      ),
    ];
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      keys: page.map(
        ({ key, expiration, metadata }): RemoteKey => ({ name: textOf(key), expiration, metadata }),
      ),
      cursor: rows.length > limit && last !== undefined ? cursorOf(last.key) : null,
    };
  }

  count(): number {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM entries').one().n;
  }

  /** When the next entry expires, in seconds; null if none does. */
  nextExpiration(): number | null {
    return this.#sql
      .exec<{ at: number | null }>('SELECT min(expiration) AS at FROM entries WHERE expiration IS NOT NULL')
      .one().at;
  }

  /** Removes at most `most` entries that have expired, and gives whether there may be more. */
  removeExpired(now: number, most: number): boolean {
    const ids = [
      ...this.#sql.exec<{ id: number }>(
        'SELECT id FROM entries WHERE expiration <= ? ORDER BY expiration LIMIT ?',
        now,
        most,
      ),
    ];
    for (const { id } of ids) this.#removeWhere('id = ?', id);
    return ids.length === most;
  }

  /** Entries one after the other, each read when it is asked for: others may be written meanwhile. */
  *entries(now: number): Generator<ExportedEntry> {
    let after: ArrayBuffer | null = null;
    for (;;) {
      const rows: (EntryRow & KeyRow)[] = this.#sql
        .exec<EntryRow & KeyRow>(
          `SELECT id, key, value, size, metadata, expiration FROM entries
         WHERE (?1 IS NULL OR key > ?1) AND (expiration IS NULL OR expiration > ?2) ORDER BY key LIMIT 1`,
          after,
          now,
        )
        .toArray();
      const [row] = rows;
      if (row === undefined) return;
      const { key, metadata, expiration } = row;
      yield { key: textOf(key), value: this.#valueOf(row), metadata, expiration };
      after = key;
    }
  }

  #valueOf({ id, value, size }: EntryRow): ArrayBuffer {
    if (size <= CHUNK_BYTES) return value;
    const whole = new Uint8Array(size);
    whole.set(new Uint8Array(value));
    const parts = this.#sql.exec<{ part: number; bytes: ArrayBuffer }>(
      'SELECT part, bytes FROM parts WHERE entry = ?',
      id,
    );
    for (const { part, bytes } of parts) whole.set(new Uint8Array(bytes), part * CHUNK_BYTES);
    return whole.buffer;
  }

  #removeWhere(condition: 'key = ?' | 'id = ?', value: SqlStorageValue): void {
    this.#sql.exec(`DELETE FROM parts WHERE entry IN (SELECT id FROM entries WHERE ${condition})`, value);
    this.#sql.exec(`DELETE FROM entries WHERE ${condition}`, value);
  }
}

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;
const textOf = (bytes: ArrayBuffer): string =>
  new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes);

/** The first byte string after all that begin with `prefix`; null when every byte string does. */
function firstAfter(prefix: ArrayBuffer): ArrayBuffer | null {
  const bytes = new Uint8Array(prefix);
  const last = bytes.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return null;
  const end = bytes.slice(0, last + 1);
  end[last] = (end[last] as number) + 1;
  return end.buffer;
}

const cursorOf = (key: ArrayBuffer): string => toBase64(new Uint8Array(key));

function bytesOfCursor(cursor: string): ArrayBuffer {
  const bytes = fromBase64(cursor);
  if (bytes === null) throw new StateRefusal(400, 'Invalid cursor.');
  return bytes.buffer;
}

/**
 * When an entry expires, in seconds since 1970; null for never. Throws a StateRefusal for what Workers KV refuses.
 */
export function expirationOf(
  { expiration, expirationTtl }: { expiration?: number | undefined; expirationTtl?: number | undefined },
  now: number,
): number | null {
  const { expirationTtlSeconds: least } = KV_LIMITS;
  if (expirationTtl !== undefined) {
    const seconds = Math.trunc(expirationTtl);
    if (!(seconds > 0)) {
      throw invalid('expiration_ttl', expirationTtl, 'Please specify integer greater than 0.');
    }
    if (seconds < least) {
      throw invalid('expiration_ttl', expirationTtl, `Expiration TTL must be at least ${least}.`);
    }
    return now + seconds;
  }
  if (expiration === undefined) return null;
  const at = Math.trunc(expiration);
  if (!(at > now)) {
    throw invalid(
      'expiration',
      expiration,
      'Please specify integer greater than the current number of seconds since the UNIX epoch.',
    );
  }
  if (at < now + least) {
    throw invalid(
      'expiration',
      expiration,
      `Expiration times must be at least ${least} seconds in the future.`,
    );
  }
  return at;
}

const invalid = (what: string, value: unknown, rule: string) =>
  new StateRefusal(400, `Invalid ${what} of ${value}. ${rule}`);
