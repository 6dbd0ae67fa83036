/**
 * What a deployment's object keeps in SQLite: what was asked for, how it stands, and which of its events have been
 * delivered.
 *
 * The spec is written once and the state with every change, so they are apart; and the spec of an App with many
 * variables and files is larger than a row may be, so it is kept in pieces.
 */
import { MAX_ARTIFACTS_RECORD_BYTES, utf8Bytes } from '@appflux/protocol';
import { limitedSql, type Sql } from '../limits/sql.ts';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import type { Spec, State } from './state.ts';

export interface Saved {
  readonly spec: Spec;
  readonly state: State;
  /** The number of the newest event. */
  readonly seq: number;
  /** The newest event that its consumer has confirmed; 0 when there is none. Those before it need no delivery either. */
  readonly confirmed: number;
}

/** A piece of the spec, in UTF-16 units: even if each is three bytes in UTF-8, half of what a row may hold. */
const PIECE_LENGTH = 300_000;

export class SavedDeployment {
  readonly #storage: DurableObjectStorage;
  readonly #sql: Sql;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = limitedSql(storage.sql);
  }

  /** Creates the tables, unless they are there. Call it before anything is written. */
  createTables(): void {
    this.#sql.exec('CREATE TABLE IF NOT EXISTS spec (piece INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, confirmed INTEGER NOT NULL, body TEXT NOT NULL)',
    );
  }

  /** What is kept; null while this object is empty, which reading leaves it. */
  read(): Saved | null {
    const tables = this.#sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('state', 'deployment')",
      )
      .toArray();
    if (tables.length === 0) return null;
    this.createTables();
    if (tables.some(({ name }) => name === 'deployment')) this.#takeOver();
    const row = this.#sql
      .exec<{ seq: number; confirmed: number; body: string }>('SELECT seq, confirmed, body FROM state')
      .toArray()[0];
    if (row === undefined) return null;
    const pieces = this.#sql.exec<{ body: string }>('SELECT body FROM spec ORDER BY piece').toArray();
    const spec: Spec = JSON.parse(pieces.map(({ body }) => body).join(''));
    return { spec, state: JSON.parse(row.body), seq: row.seq, confirmed: row.confirmed };
  }

  /** Replaces what was asked for. */
  writeSpec(spec: Spec): void {
    this.#sql.exec('DELETE FROM spec');
    for (const [piece, body] of piecesOf(JSON.stringify(spec), PIECE_LENGTH).entries())
      this.#sql.exec('INSERT INTO spec (piece, body) VALUES (?, ?)', piece, body);
  }

  writeState({ state, seq, confirmed }: Omit<Saved, 'spec'>): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO state (id, seq, confirmed, body) VALUES (1, ?, ?, ?)',
      seq,
      confirmed,
      JSON.stringify(state),
    );
  }

  writeConfirmed(confirmed: number): void {
    this.#sql.exec('UPDATE state SET confirmed = ?', confirmed);
  }

  /**
   * Objects of version 0.1.0 have one row `deployment` with all of it, and a row in `outbox` for each event that is not
   * confirmed. The new tables replace both.
   */
  #takeOver(): void {
    this.#storage.transactionSync(() => {
      const row = this.#sql.exec<{ saved: string }>('SELECT saved FROM deployment').toArray()[0];
      if (row !== undefined) {
        const { spec, state, seq } = JSON.parse(row.saved) as Omit<Saved, 'confirmed'>;
        const { oldest } = this.#sql
          .exec<{ oldest: number | null }>('SELECT min(seq) AS oldest FROM outbox')
          .one();
        this.writeSpec(spec);
        const artifacts = withinRecord(state.artifacts);
        const confirmed = oldest === null ? seq : oldest - 1;
        this.writeState({ state: { ...state, artifacts }, seq, confirmed });
      }
      this.#sql.exec('DROP TABLE deployment');
      this.#sql.exec('DROP TABLE IF EXISTS outbox');
    });
  }
}

/** Version 0.1.0 had no limit for what artifacts say of themselves: what would not fit into a record is left out. */
const withinRecord = (artifacts: readonly ArtifactRecord[]): ArtifactRecord[] =>
  utf8Bytes(JSON.stringify(artifacts)) <= MAX_ARTIFACTS_RECORD_BYTES
    ? [...artifacts]
    : artifacts.map((artifact) => ({ ...artifact, meta: {} }));

/** A text in pieces of at most `length` UTF-16 units, none of which ends within a character. */
export function piecesOf(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const piece = text.slice(from, from + length);
    const whole = piece.isWellFormed() || piece.length === 1 ? piece : piece.slice(0, -1);
    pieces.push(whole);
    from += whole.length;
  }
  return pieces;
}
