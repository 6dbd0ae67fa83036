/** Artifacts of the current attempt on their way from the runner into storage. */
import {
  type DeploymentSite,
  isAppFluxError,
  type RunnerToDeployment,
  SITE_PACK_TYPE,
  type UploadedPart,
} from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import { baseGone, SiteRefused } from '../sites/packs/site-refused.ts';
import { artifactAgainKey, artifactKey, attemptPrefix } from '../storage/keys.ts';
import { settleUpload } from '../storage/settle.ts';
import type { ObjectStore, Presigner, UploadPlan } from '../storage/storage.ts';
import { publishedOf, type Row, requireRecordable, toRecord } from './artifact-rows.ts';
import type { SitePacks } from './site-packs.ts';

type UploadFrame = Extract<RunnerToDeployment, { type: 'upload' }>;

type Packs = Pick<SitePacks, 'newKey' | 'waitFor' | 'publish' | 'drop' | 'discard'>;

/** Columns that objects of version 0.1.0 do not have. */
const ADDED_COLUMNS = ['kept_key', 'kept_etag', 'published'];

/** In place of its SHA-256: this upload was refused, and the name begins another one. */
const REFUSED = '';

/** Why storage does not have what the runner says it put there. The message goes to the runner. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  /** Asking again later may help. */
  readonly again: boolean;

  constructor(message: string, again = false) {
    super(message);
    this.again = again;
  }
}

/**
 * How many requests of an attempt are handled at a time; a runner sends one, and repeats it when it reconnects.
 * Each holds a call of storage.
 */
const MAX_IN_PROGRESS = 16;

export class ArtifactUploads {
  readonly #sql: Sql;
  readonly #objects: ObjectStore;
  readonly #presigner: Presigner;
  readonly #sites: Packs;
  /** What is under way for an artifact, by its attempt and name; what comes next for the same one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** How much is under way or waits. */
  #inProgress = 0;

  constructor(sql: Sql, objects: ObjectStore, presigner: Presigner, sites: Packs) {
    this.#sql = sql;
    this.#objects = objects;
    this.#presigner = presigner;
    this.#sites = sites;
  }

  /** Creates the table of uploads, unless it is there. Call it before anything else. */
  createTables(): void {
    const sql = this.#sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS artifacts (attempt INTEGER NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, content_type TEXT NOT NULL, meta TEXT NOT NULL, multipart_id TEXT, done INTEGER NOT NULL DEFAULT 0, kept_key TEXT, kept_etag TEXT, published TEXT, PRIMARY KEY (attempt, name)) WITHOUT ROWID',
    );
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('artifacts')").toArray();
    for (const added of ADDED_COLUMNS) {
      if (!columns.some(({ name }) => name === added))
        sql.exec(`ALTER TABLE artifacts ADD COLUMN ${added} TEXT`);
    }
  }

  /**
   * Presigned requests for an artifact's bytes. Asked again for the same file, the same upload goes on.
   * Throws UploadRefused when the attempt would deliver more than `maxBytes` in all, and DeliveryInvalid when it would
   * deliver more artifacts, or say more of them, than a record holds.
   */
  begin(appId: string, deploymentId: string, frame: UploadFrame, maxBytes: number): Promise<UploadPlan> {
    return this.#inTurn(frame.attempt, frame.name, () => this.#begin(appId, deploymentId, frame, maxBytes));
  }

  /** Joins an artifact's parts, and checks that storage has the bytes that were announced; else UploadRefused. */
  complete(attempt: number, name: string, parts: UploadedPart[]): Promise<void> {
    return this.#inTurn(attempt, name, () => this.#complete(attempt, name, parts));
  }

  /** A frame may be heard twice: beginning an upload beside itself would leave one of the two behind. */
  #inTurn<Result>(attempt: number, name: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#inProgress >= MAX_IN_PROGRESS) {
      return Promise.reject(
        new UploadRefused('Too many uploads at the same time: send one after the other', true),
      );
    }
    this.#inProgress += 1;
    const key = `${attempt} ${name}`;
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(work, work);
    this.#turns.set(key, turn);
    const leave = () => {
      this.#inProgress -= 1;
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    };
    turn.then(leave, leave);
    return turn;
  }

  async #begin(
    appId: string,
    deploymentId: string,
    frame: UploadFrame,
    maxBytes: number,
  ): Promise<UploadPlan> {
    const known = this.#row(frame.attempt, frame.name);
    if (known !== undefined && (await this.#goesOn(known, frame)))
      return this.#presigner.resume(known.key, known.size, known.multipart_id);
    const others = this.#sql
      .exec<Row>('SELECT * FROM artifacts WHERE attempt = ? AND name <> ?', frame.attempt, frame.name)
      .toArray();
    if (others.reduce((sum, { size }) => sum + size, frame.size) > maxBytes) {
      throw new UploadRefused(`The artifacts are larger than ${Math.round(maxBytes / 1e6)} MB in all`);
    }
    const isPack = frame.contentType === SITE_PACK_TYPE;
    if (isPack && others.some(({ content_type: type }) => type === SITE_PACK_TYPE))
      throw new UploadRefused('A deployment publishes one site');
    const keyOf = known === undefined ? artifactKey : artifactAgainKey;
    const key = isPack
      ? await this.#sites.newKey(frame.attempt)
      : keyOf(appId, deploymentId, frame.attempt, frame.name);
    const { name, size, sha256, contentType, meta } = frame;
    requireRecordable([...others.map(toRecord), { name, key, size, sha256, contentType, meta }]);
    const plan = await this.#presigner.begin(key, frame.size, frame.contentType);
    if (known?.multipart_id) await this.#presigner.abort(known.key, known.multipart_id);
    // What it has published goes now: `discard` finds it by the row of its pack, which is replaced.
    if (known?.content_type === SITE_PACK_TYPE && !isPack) await this.#sites.discard(null);
    this.#sql.exec(
      'INSERT OR REPLACE INTO artifacts (attempt, name, key, size, sha256, content_type, meta, multipart_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      frame.attempt,
      frame.name,
      plan.key,
      frame.size,
      frame.sha256,
      frame.contentType,
      JSON.stringify(frame.meta),
      plan.multipartId,
    );
    return plan;
  }

  /** Whether a frame asks for an upload again that was begun. */
  async #goesOn(known: Row, { size, sha256 }: UploadFrame): Promise<boolean> {
    if (known.size !== size || known.sha256 !== sha256) return false;
    return known.content_type !== SITE_PACK_TYPE || known.done === 1 || (await this.#isWaitedFor(known));
  }

  #isWaitedFor = ({ key, attempt }: Row) => this.#sites.waitFor(key, attempt);

  async #complete(attempt: number, name: string, parts: UploadedPart[]): Promise<void> {
    const row = this.#row(attempt, name);
    if (row === undefined || row.sha256 === REFUSED)
      throw new UploadRefused(`No upload of ${name} was begun`);
    if (row.done === 1) return;
    const isPack = row.content_type === SITE_PACK_TYPE;
    if (isPack && !(await this.#sites.waitFor(row.key, attempt))) throw await this.#refuse(row, baseGone());
    const { key, multipart_id: multipartId, size, sha256 } = row;
    const storage = { objects: this.#objects, presigner: this.#presigner };
    try {
      const kept = await settleUpload(storage, { key, multipartId, size, sha256 }, parts);
      const published = isPack ? await this.#sites.publish(attempt, { key: kept.key, size }) : null;
      this.#sql.exec(
        'UPDATE artifacts SET done = 1, kept_key = ?, kept_etag = ?, published = ? WHERE attempt = ? AND name = ?',
        kept.key,
        kept.etag,
        published && JSON.stringify(published),
        attempt,
        name,
      );
    } catch (error) {
      if (!(error instanceof SiteRefused) && !isAppFluxError(error, 'upload_incomplete')) throw error;
      throw await this.#refuse(row, error);
    }
  }

  /**
   * Drops an upload that was refused: announced again, the artifact gets one of its own. The row of a pack stays, because
   * `discard` finds by it that the deployment may have published.
   */
  async #refuse(row: Row, error: Error): Promise<UploadRefused> {
    if (row.multipart_id !== null) await this.#presigner.abort(row.key, row.multipart_id);
    if (row.content_type === SITE_PACK_TYPE) await this.#sites.drop(row.key);
    this.#forget(row);
    return error instanceof SiteRefused
      ? new UploadRefused(error.message, error.again)
      : new UploadRefused(`${row.name}: ${error.message}`);
  }

  #forget({ attempt, name, content_type: type }: Row): void {
    const change =
      type === SITE_PACK_TYPE ? "UPDATE artifacts SET sha256 = '' WHERE" : 'DELETE FROM artifacts WHERE';
    this.#sql.exec(`${change} attempt = ? AND name = ?`, attempt, name);
  }

  /** The attempt's delivered artifacts in the given order, once each; null when one of the names was not delivered. */
  delivered(attempt: number, names: readonly string[]): ArtifactRecord[] | null {
    const records = [...new Set(names)].map((name) => {
      const row = this.#row(attempt, name);
      return row?.done === 1 ? toRecord(row) : null;
    });
    return records.every((record) => record !== null) ? records : null;
  }

  /** What the attempt has published as a site, if it is among these artifacts; null otherwise. */
  site(attempt: number, names: readonly string[]): DeploymentSite | null {
    const published = names.map((name) => publishedOf(this.#row(attempt, name)));
    return published.find((site) => site !== null)?.site ?? null;
  }

  /** Removes whatever attempts other than `keep` have put into storage. */
  async discard(appId: string, deploymentId: string, keep: number | null): Promise<void> {
    const rows = this.#sql.exec<Row>('SELECT * FROM artifacts WHERE attempt IS NOT ?', keep).toArray();
    for (const row of rows) {
      if (row.multipart_id !== null && row.done === 0) await this.#presigner.abort(row.key, row.multipart_id);
    }
    if (rows.some((row) => row.content_type === SITE_PACK_TYPE)) await this.#sites.discard(keep);
    for (const attempt of new Set(rows.map((row) => row.attempt))) {
      const { keys } = await this.#objects.list(attemptPrefix(appId, deploymentId, attempt));
      if (keys.length > 0) await this.#objects.delete(keys);
      this.#sql.exec('DELETE FROM artifacts WHERE attempt = ?', attempt);
    }
  }

  /**
   * Drops what is only half put: parts that nobody will put together any more. What is under way is waited for, so
   * that nothing is begun after this. Objects that are whole are removed with all that the deployment has in storage.
   */
  async abortAll(): Promise<void> {
    while (this.#turns.size > 0) await Promise.allSettled(this.#turns.values());
    const rows = this.#sql
      .exec<Row>('SELECT * FROM artifacts WHERE multipart_id IS NOT NULL AND done = 0')
      .toArray();
    for (const { key, multipart_id: id } of rows) if (id !== null) await this.#presigner.abort(key, id);
  }

  #row(attempt: number, name: string): Row | undefined {
    return this.#sql
      .exec<Row>('SELECT * FROM artifacts WHERE attempt = ? AND name = ?', attempt, name)
      .toArray()[0];
  }
}
