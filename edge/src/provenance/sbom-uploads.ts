/**
 * The bill of materials (SBOM) of a deployment, on its way from the runner into storage. An SBOM is one PUT: unlike an
 * artifact it isn't copied to a key that no presigned URL leads to, because it is read by its SHA-256. Other bytes under
 * its key are never served (read-sbom.ts).
 */
import { MAX_SBOM_BYTES, type RunnerToDeployment } from '@appflux/protocol';
import { limitedSql, type Sql } from '../limits/sql.ts';
import type { SbomRecord } from '../metadata/metadata.ts';
import { sbomKey } from '../storage/keys.ts';
import type { ObjectStore, Presigner, UploadPlan } from '../storage/storage.ts';

type Row = { attempt: number; name: string; key: string; size: number; sha256: string; done: number };
type Announced = Pick<
  Extract<RunnerToDeployment, { type: 'upload' }>,
  'attempt' | 'name' | 'size' | 'sha256'
>;

/** Why an SBOM is not accepted. The message goes to the runner. */
export class SbomRefused extends Error {
  override readonly name = 'SbomRefused';
}

export class SbomUploads {
  readonly #sql: Sql;
  readonly #objects: ObjectStore;
  readonly #presigner: Presigner;
  #isReady = false;

  constructor(storage: DurableObjectStorage, objects: ObjectStore, presigner: Presigner) {
    this.#sql = limitedSql(storage.sql);
    this.#objects = objects;
    this.#presigner = presigner;
  }

  /** Whether the attempt has announced an SBOM of this name. */
  has(attempt: number, name: string): boolean {
    return this.#rows().some((row) => row.attempt === attempt && row.name === name);
  }

  /** Presigns the PUT of an SBOM. Announced again, it takes the place of the one before. Throws SbomRefused. */
  async begin(
    appId: string,
    deploymentId: string,
    { attempt, name, size, sha256 }: Announced,
  ): Promise<UploadPlan> {
    if (size > MAX_SBOM_BYTES) throw new SbomRefused(`The SBOM is larger than ${MAX_SBOM_BYTES} bytes`);
    const key = sbomKey(appId, deploymentId, attempt, sha256);
    this.#prepare();
    const known = this.#rows().find((row) => row.attempt === attempt);
    if (known?.key !== key || known.name !== name) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO sboms (attempt, name, key, size, sha256, done) VALUES (?, ?, ?, ?, ?, 0)',
        attempt,
        name,
        key,
        size,
        sha256,
      );
      if (known !== undefined && known.key !== key) await this.#objects.delete([known.key]);
    }
    return this.#presigner.resume(key, size, null);
  }

  /** Checks that storage has as many bytes as were announced. Throws SbomRefused. */
  async complete(attempt: number, name: string): Promise<void> {
    const row = this.#rows().find((one) => one.attempt === attempt && one.name === name);
    if (row === undefined) throw new SbomRefused(`No upload of ${name} was begun`);
    if (row.done === 1) return;
    const stored = await this.#objects.head(row.key);
    if (stored?.size !== row.size) throw new SbomRefused(`Storage has no such bytes of ${name}`);
    this.#sql.exec('UPDATE sboms SET done = 1 WHERE attempt = ? AND key = ?', attempt, row.key);
  }

  /** What the attempt has delivered; null if it has delivered no SBOM. */
  delivered(attempt: number): SbomRecord | null {
    const row = this.#rows().find((one) => one.attempt === attempt && one.done === 1);
    return row === undefined ? null : { key: row.key, size: row.size, sha256: row.sha256 };
  }

  /** Removes what attempts other than `keep` have delivered. */
  async discard(keep: number | null): Promise<void> {
    const rows = this.#rows().filter(({ attempt }) => attempt !== keep);
    if (rows.length === 0) return;
    await this.#objects.delete(rows.map(({ key }) => key));
    for (const { attempt } of rows) this.#sql.exec('DELETE FROM sboms WHERE attempt = ?', attempt);
  }

  /** Made with the first SBOM and not with the object: many deployments have none. */
  #prepare(): void {
    if (this.#isReady) return;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS sboms (attempt INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, done INTEGER NOT NULL)',
    );
    this.#isReady = true;
  }

  #rows(): Row[] {
    const isThere =
      this.#isReady ||
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sboms'").toArray().length >
        0;
    return isThere ? this.#sql.exec<Row>('SELECT * FROM sboms').toArray() : [];
  }
}
