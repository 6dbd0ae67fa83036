/**
 * What a pool remembers: jobs that wait, and attempts that are out with a runner. SQLite has the truth; what is in
 * memory is the same, read once, and sorted by what is asked of it whenever anything happens.
 */
import type { AttemptRef } from '@appflux/protocol';
import type { Sql } from '../limits/sql.ts';
import { JobQueue } from './job-queue.ts';
import type { Pair } from './match.ts';
import type { WaitingJob } from './waiting-job.ts';

/** A job as a deployment offers it. */
export interface Offer extends WaitingJob {
  /** Whether a newer build of the same App, branch and environment makes this one pointless. */
  supersede: boolean;
  /** It waits in another shard than that of its App, which has lent it (shards/lending.ts). */
  isGuest?: boolean;
}

export interface OutAttempt extends AttemptRef {
  appId: string;
  /** Those of its job; none of a grant by an earlier version. */
  labels: readonly string[];
  runnerId: string;
  /** The process of the runner that the grant went to; null when it did not say. */
  session: string | null;
  /** The runner has said that it has the grant. */
  accepted: boolean;
}

export class Jobs {
  /** The jobs that wait. Only to be read and held: whatever comes or goes does so here. */
  readonly queue = new JobQueue();
  readonly #sql: Sql;
  /** The runner for whom a deployment's lease is being asked, so that the same can be asked again if the answer is lost. */
  readonly #claims = new Map<string, string>();
  readonly #out = new Map<string, OutAttempt>();
  readonly #outWith = new Map<string, Set<OutAttempt>>();
  readonly #changed: (runnerId: string) => void;

  /** `changed` is called when another attempt is out with a runner, or one less is. */
  constructor(sql: Sql, changed: (runnerId: string) => void) {
    this.#sql = sql;
    this.#changed = changed;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS jobs (deployment_id TEXT PRIMARY KEY, offer TEXT NOT NULL, claimed_for TEXT) WITHOUT ROWID',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS handed_out (deployment_id TEXT PRIMARY KEY, attempt INTEGER NOT NULL, app_id TEXT NOT NULL, runner_id TEXT NOT NULL, session TEXT, accepted INTEGER NOT NULL, labels TEXT) WITHOUT ROWID',
    );
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('handed_out')").toArray();
    if (!columns.some(({ name }) => name === 'labels'))
      sql.exec('ALTER TABLE handed_out ADD COLUMN labels TEXT');
    const jobs = sql.exec<{ offer: string; claimedFor: string | null }>(
      'SELECT offer, claimed_for AS claimedFor FROM jobs',
    );
    for (const { offer, claimedFor } of jobs) {
      const parsed: Offer = JSON.parse(offer);
      this.queue.add(parsed);
      if (claimedFor !== null) this.#claims.set(parsed.deploymentId, claimedFor);
    }
    const out = sql.exec<
      Omit<OutAttempt, 'accepted' | 'labels'> & { accepted: number; labels: string | null }
    >(
      'SELECT deployment_id AS deploymentId, attempt, app_id AS appId, runner_id AS runnerId, session, accepted, labels FROM handed_out',
    );
    for (const row of out) {
      const labels: string[] = row.labels === null ? [] : JSON.parse(row.labels);
      this.#goOut({ ...row, labels, accepted: row.accepted === 1 });
    }
  }

  /** Adds an offered job; offered again it keeps its place. Gives its earlier attempt, which is out no more. */
  add(offer: Offer): OutAttempt | null {
    const { deploymentId } = offer;
    const earlier = this.#comeBack(deploymentId);
    if (!this.queue.has(deploymentId)) {
      this.#sql.exec(
        'INSERT INTO jobs (deployment_id, offer) VALUES (?, ?)',
        deploymentId,
        JSON.stringify(offer),
      );
      this.queue.add(offer);
    }
    return earlier;
  }

  /** A job that waits as it was offered; null when it does not. */
  offerOf(deploymentId: string): Offer | null {
    if (!this.queue.has(deploymentId)) return null;
    const [row] = this.#sql.exec<{ offer: string }>(
      'SELECT offer FROM jobs WHERE deployment_id = ?',
      deploymentId,
    );
    return row === undefined ? null : JSON.parse(row.offer);
  }

  /** Takes a job out that waits, to be given to another shard; null when it does not wait. */
  take(deploymentId: string): Offer | null {
    const offer = this.offerOf(deploymentId);
    this.#unqueue(deploymentId);
    return offer;
  }

  /** A job that has waited as a guest belongs here from now on. */
  settle(deploymentId: string): void {
    const offer = this.offerOf(deploymentId);
    if (offer?.isGuest !== true) return;
    const { isGuest: _, ...own } = offer;
    this.#sql.exec('UPDATE jobs SET offer = ? WHERE deployment_id = ?', JSON.stringify(own), deploymentId);
    this.queue.remove(deploymentId);
    this.queue.add(own);
  }

  /** Forgets a deployment. Gives whether it was known, and its attempt if one was out. */
  remove(deploymentId: string): { known: boolean; out: OutAttempt | null } {
    const waited = this.#unqueue(deploymentId);
    const out = this.#comeBack(deploymentId);
    return { known: waited || out !== null, out };
  }

  /** The job of a deployment that waits; undefined when it does not. */
  find(deploymentId: string): WaitingJob | undefined {
    return this.queue.find(deploymentId);
  }

  depth(): number {
    return this.queue.size;
  }

  /** How many attempts are out with runners. */
  out(): number {
    return this.#out.size;
  }

  /** Notes for whom a claim is being asked. */
  claimFor(deploymentId: string, runnerId: string | null): void {
    const before = this.claimedFor(deploymentId);
    if (!this.queue.has(deploymentId) || before === runnerId) return;
    this.#sql.exec('UPDATE jobs SET claimed_for = ? WHERE deployment_id = ?', runnerId, deploymentId);
    if (runnerId === null) this.#claims.delete(deploymentId);
    else this.#claims.set(deploymentId, runnerId);
  }

  /** The runner for whom a claim is being asked, or was, without an answer; null if there is none. */
  claimedFor(deploymentId: string): string | null {
    return this.#claims.get(deploymentId) ?? null;
  }

  /** Claims whose answer is not known. */
  openClaims(): Pair[] {
    return [...this.#claims].map(([deploymentId, runnerId]) => ({ deploymentId, runnerId }));
  }

  /** The job has gone out to a runner. */
  handOut(out: OutAttempt): void {
    this.#comeBack(out.deploymentId);
    this.#sql.exec(
      'INSERT INTO handed_out (deployment_id, attempt, app_id, runner_id, session, accepted, labels) VALUES (?, ?, ?, ?, ?, ?, ?)',
      out.deploymentId,
      out.attempt,
      out.appId,
      out.runnerId,
      out.session,
      out.accepted ? 1 : 0,
      JSON.stringify(out.labels),
    );
    this.#goOut(out);
    this.#changed(out.runnerId);
    this.#unqueue(out.deploymentId);
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
    return [...(this.#outWith.get(runnerId) ?? [])];
  }

  /** The labels of a job that waits or is out with a runner; none of others. */
  labelsOf(deploymentId: string): readonly string[] {
    return this.#out.get(deploymentId)?.labels ?? this.queue.demandOf(deploymentId).labels;
  }

  /** Whether a deployment is out with a runner. */
  isOut(deploymentId: string): boolean {
    return this.#out.has(deploymentId);
  }

  #unqueue(deploymentId: string): boolean {
    if (!this.queue.has(deploymentId)) return false;
    this.#sql.exec('DELETE FROM jobs WHERE deployment_id = ?', deploymentId);
    this.queue.remove(deploymentId);
    this.#claims.delete(deploymentId);
    return true;
  }

  #goOut(out: OutAttempt): void {
    this.#out.set(out.deploymentId, out);
    const together = this.#outWith.get(out.runnerId) ?? new Set();
    this.#outWith.set(out.runnerId, together.add(out));
    this.queue.count(out, 1);
  }

  #comeBack(deploymentId: string): OutAttempt | null {
    const out = this.#out.get(deploymentId);
    if (out === undefined) return null;
    this.#sql.exec('DELETE FROM handed_out WHERE deployment_id = ?', deploymentId);
    this.#out.delete(deploymentId);
    const together = this.#outWith.get(out.runnerId);
    together?.delete(out);
    if (together?.size === 0) this.#outWith.delete(out.runnerId);
    this.queue.count(out, -1);
    this.#changed(out.runnerId);
    return out;
  }
}
