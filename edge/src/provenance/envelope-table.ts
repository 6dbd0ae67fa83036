/** The envelope of a deployment in its object: a row there costs less than an object in the bucket. */
import { type DsseEnvelope, DsseEnvelope as Envelope } from '@appflux/protocol';
import { limitedSql, type Sql } from '../limits/sql.ts';

export class EnvelopeTable {
  readonly #sql: Sql;

  constructor(storage: DurableObjectStorage) {
    this.#sql = limitedSql(storage.sql);
  }

  /** The envelope that is kept; null when there is none. */
  read(): DsseEnvelope | null {
    const isThere = this.#sql.exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'attestation'",
    );
    if (isThere.toArray().length === 0) return null;
    const row = this.#sql.exec<{ envelope: string }>('SELECT envelope FROM attestation').toArray()[0];
    return row === undefined ? null : Envelope.parse(JSON.parse(row.envelope));
  }

  /** Keeps an envelope in the place of the one before. */
  write(envelope: DsseEnvelope): void {
    // Made here and not with the object: most deployments never need it.
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS attestation (id INTEGER PRIMARY KEY CHECK (id = 1), envelope TEXT NOT NULL)',
    );
    this.#sql.exec(
      'INSERT OR REPLACE INTO attestation (id, envelope) VALUES (1, ?)',
      JSON.stringify(envelope),
    );
  }
}
