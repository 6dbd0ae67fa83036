/**
 * The signed statement of one deployment, kept in its object. It is made when somebody asks for it first, so that a
 * deployment that nobody asks about costs nothing, and it lies in a row there, not in the bucket: a row costs less than a
 * PUT. After that it never changes, unless the key was revoked that has signed it.
 */
import { type DsseEnvelope, DsseEnvelope as Envelope } from '@appflux/protocol';
import { limitedSql, type Sql } from '../limits/sql.ts';
import { sealStatement } from './envelope.ts';
import { isTrusted } from './key-ring.ts';
import { type KeyStore, readRing, signingRing } from './keys.ts';

export class Attestations {
  readonly #sql: Sql;

  constructor(storage: DurableObjectStorage) {
    this.#sql = limitedSql(storage.sql);
  }

  /**
   * The kept envelope, or a new one with the statement that `state` gives, which is asked only then; null when it gives
   * none. Simultaneous calls all get the same.
   */
  async get(keys: KeyStore, state: () => object | null): Promise<DsseEnvelope | null> {
    const kept = this.#read();
    if (kept !== null) {
      const ring = await readRing(keys);
      if (ring !== null && isTrusted(ring, signerOf(kept))) return kept;
    }
    const statement = state();
    if (statement === null) return null;
    const made = await sealStatement(statement, await signingRing(keys, Math.floor(Date.now() / 1000)));
    return this.#keep(made, kept);
  }

  #read(): DsseEnvelope | null {
    const isThere = this.#sql.exec(
      "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'attestation'",
    );
    if (isThere.toArray().length === 0) return null;
    const row = this.#sql.exec<{ envelope: string }>('SELECT envelope FROM attestation').toArray()[0];
    return row === undefined ? null : Envelope.parse(JSON.parse(row.envelope));
  }

  /** Keeps the envelope in the place of `replaced`; what was kept meanwhile stays, and is given. */
  #keep(envelope: DsseEnvelope, replaced: DsseEnvelope | null): DsseEnvelope {
    const now = this.#read();
    if (now !== null && (replaced === null || signerOf(now) !== signerOf(replaced))) return now;
    // Made here and not with the object: most deployments never need it.
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS attestation (id INTEGER PRIMARY KEY CHECK (id = 1), envelope TEXT NOT NULL)',
    );
    this.#sql.exec(
      'INSERT OR REPLACE INTO attestation (id, envelope) VALUES (1, ?)',
      JSON.stringify(envelope),
    );
    return envelope;
  }
}

const signerOf = ({ signatures }: DsseEnvelope): string => signatures[0]?.keyid ?? '';
