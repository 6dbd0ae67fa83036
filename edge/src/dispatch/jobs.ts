/** What a pool remembers: jobs that wait, and attempts that are out with a runner. */
import type { AttemptRef } from '@appflux/protocol';
import type { Running, WaitingJob } from './match.ts';

/** A job as a deployment offers it. */
export interface Offer extends WaitingJob {
  /** Whether a newer build of the same App, branch and environment makes this one pointless. */
  supersede: boolean;
}

export interface OutAttempt extends AttemptRef {
  appId: string;
  runnerId: string;
  /** The runner has said that it has the grant. */
  accepted: boolean;
}

export class Jobs {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS jobs (deployment_id TEXT PRIMARY KEY, offer TEXT NOT NULL, claimed_for TEXT)',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS out (deployment_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, app_id TEXT NOT NULL, runner_id TEXT NOT NULL, accepted INTEGER NOT NULL DEFAULT 0)',
    );
  }

  /** Adds an offered job; offered again it keeps its place. Its earlier attempt, if any, is out no more. */
  add(offer: Offer): void {
    this.#sql.exec('DELETE FROM out WHERE deployment_id = ?', offer.deploymentId);
    this.#sql.exec(
      'INSERT OR IGNORE INTO jobs (deployment_id, offer) VALUES (?, ?)',
      offer.deploymentId,
      JSON.stringify(offer),
    );
  }

  /** Forgets a deployment; false when it was not known. */
  remove(deploymentId: string): boolean {
    const jobs = this.#sql.exec('DELETE FROM jobs WHERE deployment_id = ?', deploymentId);
    const out = this.#sql.exec('DELETE FROM out WHERE deployment_id = ?', deploymentId);
    return jobs.rowsWritten + out.rowsWritten > 0;
  }

  waiting(): Offer[] {
    return this.#sql
      .exec<{ offer: string }>('SELECT offer FROM jobs')
      .toArray()
      .map((row) => JSON.parse(row.offer));
  }

  depth(): number {
    return this.#sql.exec<{ depth: number }>('SELECT count(*) AS depth FROM jobs').one().depth;
  }

  /** Notes for whom a claim is being asked, so that the same can be asked again if the answer is lost. */
  claimFor(deploymentId: string, runnerId: string | null): void {
    this.#sql.exec('UPDATE jobs SET claimed_for = ? WHERE deployment_id = ?', runnerId, deploymentId);
  }

  /** Claims whose answer is not known. */
  openClaims(): { deploymentId: string; runnerId: string }[] {
    return this.#sql
      .exec<{ deploymentId: string; runnerId: string }>(
        'SELECT deployment_id AS deploymentId, claimed_for AS runnerId FROM jobs WHERE claimed_for IS NOT NULL',
      )
      .toArray();
  }

  /** The job has gone out to a runner. */
  handOut(ref: AttemptRef, appId: string, runnerId: string): void {
    this.#sql.exec('DELETE FROM jobs WHERE deployment_id = ?', ref.deploymentId);
    this.#sql.exec(
      'INSERT OR REPLACE INTO out (deployment_id, attempt, app_id, runner_id) VALUES (?, ?, ?, ?)',
      ref.deploymentId,
      ref.attempt,
      appId,
      runnerId,
    );
  }

  accept(ref: AttemptRef): void {
    this.#sql.exec(
      'UPDATE out SET accepted = 1 WHERE deployment_id = ? AND attempt = ?',
      ref.deploymentId,
      ref.attempt,
    );
  }

  outWith(runnerId: string): OutAttempt[] {
    return this.#sql
      .exec<{ deploymentId: string; attempt: number; appId: string; runnerId: string; accepted: number }>(
        'SELECT deployment_id AS deploymentId, attempt, app_id AS appId, runner_id AS runnerId, accepted FROM out WHERE runner_id = ?',
        runnerId,
      )
      .toArray()
      .map((row) => ({ ...row, accepted: row.accepted === 1 }));
  }

  running(): Running {
    const rows = this.#sql.exec<{ appId: string; builds: number }>(
      'SELECT app_id AS appId, count(*) AS builds FROM out GROUP BY app_id',
    );
    return new Map(rows.toArray().map((row) => [row.appId, row.builds]));
  }
}
