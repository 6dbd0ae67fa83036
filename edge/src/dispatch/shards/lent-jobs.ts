/**
 * The jobs of this shard's Apps that another shard has: lent to it, because it has a slot for them, or left with it when their
 * App moved here. They count as builds of their App; who has them counts them for the team. SQLite has the truth, as in jobs.ts.
 */
import type { Sql } from '../../limits/sql.ts';
import type { JobQueue } from '../job-queue.ts';
import type { Offer } from '../jobs.ts';

export interface LentJob {
  deploymentId: string;
  appId: string;
  /** Who has it. */
  shard: number;
  /** The job until it is known to be out with a runner; it may come back until then. */
  offer: Offer | null;
}

export class LentJobs {
  readonly #sql: Sql;
  readonly #queue: JobQueue;
  readonly #jobs = new Map<string, LentJob>();

  constructor(sql: Sql, queue: JobQueue) {
    this.#sql = sql;
    this.#queue = queue;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS lent (deployment_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, shard INTEGER NOT NULL, offer TEXT) WITHOUT ROWID',
    );
    const rows = sql.exec<{ deploymentId: string; appId: string; shard: number; offer: string | null }>(
      'SELECT deployment_id AS deploymentId, app_id AS appId, shard, offer FROM lent',
    );
    for (const { offer, ...row } of rows)
      this.#go({ ...row, offer: offer === null ? null : JSON.parse(offer) });
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(deploymentId: string): LentJob | undefined {
    return this.#jobs.get(deploymentId);
  }

  all(): LentJob[] {
    return [...this.#jobs.values()];
  }

  ofApp(appId: string): LentJob[] {
    return this.all().filter((job) => job.appId === appId);
  }

  /** Those that may come back. */
  waiting(): LentJob[] {
    return this.all().filter(({ offer }) => offer !== null);
  }

  /** A job has gone to another shard. */
  add(job: LentJob): void {
    this.remove(job.deploymentId);
    this.#sql.exec(
      'INSERT INTO lent (deployment_id, app_id, shard, offer) VALUES (?, ?, ?, ?)',
      job.deploymentId,
      job.appId,
      job.shard,
      job.offer === null ? null : JSON.stringify(job.offer),
    );
    this.#go(job);
  }

  /** It is out with a runner. */
  begun(deploymentId: string): void {
    const job = this.#jobs.get(deploymentId);
    if (job === undefined || job.offer === null) return;
    this.#sql.exec('UPDATE lent SET offer = NULL WHERE deployment_id = ?', deploymentId);
    this.#queue.open(job.offer);
    job.offer = null;
  }

  /** It is not lent any more. */
  remove(deploymentId: string): LentJob | undefined {
    const job = this.#jobs.get(deploymentId);
    if (job === undefined) return undefined;
    this.#sql.exec('DELETE FROM lent WHERE deployment_id = ?', deploymentId);
    this.#jobs.delete(deploymentId);
    this.#queue.countApp(job.appId, -1);
    if (job.offer !== null) this.#queue.open(job.offer);
    return job;
  }

  #go(job: LentJob): void {
    this.#jobs.set(job.deploymentId, job);
    this.#queue.countApp(job.appId, 1);
    // The next of its line does not overtake it.
    if (job.offer !== null) this.#queue.shut(job.offer);
  }
}
