/**
 * What a pool remembers: jobs that wait, and attempts that are out with a runner. SQLite has the truth; what is in
 * memory is the same, read once, because all of it is looked at whenever anything happens.
 */
import type { AttemptRef } from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import type { Running, WaitingJob } from './match.ts';

/** A job as a deployment offers it. */
export interface Offer extends WaitingJob {
  /** Whether a newer build of the same App, branch and environment makes this one pointless. */
  supersede: boolean;
}

export interface OutAttempt extends AttemptRef {
  appId: string;
  runnerId: string;
  /** The process of the runner that the grant went to; null when it did not say. */
  session: string | null;
  /** The runner has said that it has the grant. */
  accepted: boolean;
}

interface Waiting {
  offer: Offer;
  /** The runner for whom a claim is being asked, so that the same can be asked again if the answer is lost. */
  claimedFor: string | null;
}

export class Jobs {
  readonly #sql: Sql;
  readonly #waiting = new Map<string, Waiting>();
  readonly #out = new Map<string, OutAttempt>();

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS jobs (deployment_id TEXT PRIMARY KEY, offer TEXT NOT NULL, claimed_for TEXT) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS handed_out (deployment_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, app_id TEXT NOT NULL, runner_id TEXT NOT NULL, session TEXT, accepted INTEGER NOT NULL) WITHOUT ROWID',
    );
    const jobs = sql.exec<{ offer: string; claimedFor: string | null }>(
      'SELECT offer, claimed_for AS claimedFor FROM jobs',
    );
    for (const { offer, claimedFor } of jobs) {
      const parsed: Offer = JSON.parse(offer);
      this.#waiting.set(parsed.deploymentId, { offer: parsed, claimedFor });
    }
    const out = sql.exec<Omit<OutAttempt, 'accepted'> & { accepted: number }>(
      'SELECT deployment_id AS deploymentId, attempt, app_id AS appId, runner_id AS runnerId, session, accepted FROM handed_out',
    );
    for (const row of out) this.#out.set(row.deploymentId, { ...row, accepted: row.accepted === 1 });
  }

  /** Adds an offered job; offered again it keeps its place. Gives its earlier attempt, which is out no more. */
  add(offer: Offer): OutAttempt | null {
    const { deploymentId } = offer;
    const earlier = this.#comeBack(deploymentId);
    if (!this.#waiting.has(deploymentId)) {
      this.#sql.exec(
        'INSERT INTO jobs (deployment_id, offer) VALUES (?, ?)',
        deploymentId,
        JSON.stringify(offer),
      );
      this.#waiting.set(deploymentId, { offer, claimedFor: null });
    }
    return earlier;
  }

  /** Forgets a deployment. Gives whether it was known, and its attempt if one was out. */
  remove(deploymentId: string): { known: boolean; out: OutAttempt | null } {
    const waited = this.#unqueue(deploymentId);
    const out = this.#comeBack(deploymentId);
    return { known: waited || out !== null, out };
  }

  waiting(): Offer[] {
    return [...this.#waiting.values()].map(({ offer }) => offer);
  }

  /** The job of a deployment that waits; undefined when it does not. */
  find(deploymentId: string): Offer | undefined {
    return this.#waiting.get(deploymentId)?.offer;
  }

  depth(): number {
    return this.#waiting.size;
  }

  /** How many attempts are out with runners. */
  out(): number {
    return this.#out.size;
  }

  /** Notes for whom a claim is being asked. */
  claimFor(deploymentId: string, runnerId: string | null): void {
    const job = this.#waiting.get(deploymentId);
    if (job === undefined || job.claimedFor === runnerId) return;
    this.#sql.exec('UPDATE jobs SET claimed_for = ? WHERE deployment_id = ?', runnerId, deploymentId);
    job.claimedFor = runnerId;
  }

  /** Claims whose answer is not known. */
  openClaims(): { deploymentId: string; runnerId: string }[] {
    return [...this.#waiting].flatMap(([deploymentId, { claimedFor }]) =>
      claimedFor === null ? [] : [{ deploymentId, runnerId: claimedFor }],
    );
  }

  /** The job has gone out to a runner. */
  handOut(out: OutAttempt): void {
    this.#unqueue(out.deploymentId);
    this.#sql.exec(
      'INSERT OR REPLACE INTO handed_out (deployment_id, attempt, app_id, runner_id, session, accepted) VALUES (?, ?, ?, ?, ?, ?)',
      out.deploymentId,
      out.attempt,
      out.appId,
      out.runnerId,
      out.session,
      out.accepted ? 1 : 0,
    );
    this.#out.set(out.deploymentId, out);
  }

  /** The runner has said that it has the grant. Of an attempt that is out with another one that changes nothing. */
  accept(runnerId: string, { deploymentId, attempt }: AttemptRef): void {
    const out = this.#out.get(deploymentId);
    if (out === undefined || out.runnerId !== runnerId || out.attempt !== attempt || out.accepted) return;
    this.#sql.exec('UPDATE handed_out SET accepted = 1 WHERE deployment_id = ?', deploymentId);
    out.accepted = true;
  }

  /** The attempts that are out with runners. */
  attempts(): OutAttempt[] {
    return [...this.#out.values()];
  }

  outWith(runnerId: string): OutAttempt[] {
    return [...this.#out.values()].filter((out) => out.runnerId === runnerId);
  }

  running(): Running {
    const builds = new Map<string, number>();
    for (const { appId } of this.#out.values()) builds.set(appId, (builds.get(appId) ?? 0) + 1);
    return builds;
  }

  #unqueue(deploymentId: string): boolean {
    if (!this.#waiting.delete(deploymentId)) return false;
    this.#sql.exec('DELETE FROM jobs WHERE deployment_id = ?', deploymentId);
    return true;
  }

  #comeBack(deploymentId: string): OutAttempt | null {
    const out = this.#out.get(deploymentId);
    if (out === undefined) return null;
    this.#sql.exec('DELETE FROM handed_out WHERE deployment_id = ?', deploymentId);
    this.#out.delete(deploymentId);
    return out;
  }
}
