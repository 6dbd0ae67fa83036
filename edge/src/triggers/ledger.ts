/**
 * What the object of a repository's triggers remembers, in its SQLite: which deliveries it has received, which event each
 * one was, what was decided, and what is left to be done. Deliveries, events and what was built are kept for a week.
 */
import type { PullRequestRef } from '@appflux/protocol';
import type { PushEvent, RepositoryBound, Sha } from '../git-hosts/event.ts';
import type { Sql } from '../limits/sql.ts';
import type { SkipCode } from './rules.ts';
import type { Task, Work } from './work.ts';

/** How long a delivery is recognized when it is sent again, in milliseconds. */
export const REMEMBERED_MS = 7 * 24 * 3600_000;

/** How many events are decided together: each may have a megabyte. */
const TOGETHER = 20;

/** What a webhook is answered with. */
export type Answer = { deployments: string[] } | { ignored: string };

export interface StoredEvent {
  readonly seq: number;
  readonly ownerId: string;
  readonly event: RepositoryBound;
}

/** What became of a commit on a branch, or in a fork's pull request, for one app. */
export interface Built {
  readonly deploymentId: string;
  /** Null if it is built. */
  readonly skipped: SkipCode | null;
  /** A push has named it; otherwise only a pull request has so far. */
  readonly pushed: boolean;
}

type BuiltRow = { deployment_id: string; skipped: string | null; pushed: number };
type WorkRow = {
  id: number;
  event: number;
  app_id: string;
  deployment_id: string | null;
  task: string;
  attempts: number;
};

/**
 * Work is done in order for each app. A preview that ends may have to wait for a build, and doesn't hold up what comes
 * after it.
 */
const IN_TURN = `(task ->> '$.kind' = 'end' OR NOT EXISTS (
  SELECT 1 FROM work AS earlier
  WHERE earlier.app_id = work.app_id AND earlier.id < work.id AND earlier.task ->> '$.kind' <> 'end'))`;

export class Ledger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, event INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS deliveries_by_age ON deliveries (at);
      CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, owner_id TEXT NOT NULL, ref TEXT, before TEXT, after TEXT, event TEXT,
        answer TEXT, at INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS events_by_ref ON events (ref, before, after);
      CREATE INDEX IF NOT EXISTS events_undecided ON events (seq) WHERE answer IS NULL;
      CREATE INDEX IF NOT EXISTS events_by_age ON events (at);
      CREATE TABLE IF NOT EXISTS built (
        app_id TEXT NOT NULL, target TEXT NOT NULL, sha TEXT NOT NULL, seq INTEGER NOT NULL, deployment_id TEXT NOT NULL,
        skipped TEXT, pushed INTEGER NOT NULL, closed INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL,
        PRIMARY KEY (app_id, target, sha, seq)
      ) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS built_by_age ON built (at);
      CREATE TABLE IF NOT EXISTS pulls (branch TEXT PRIMARY KEY, pull TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS work (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL, app_id TEXT NOT NULL, deployment_id TEXT, task TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, at INTEGER NOT NULL
      );
      CREATE INDEX IF NOT EXISTS work_due ON work (next_at);
      CREATE INDEX IF NOT EXISTS work_of_app ON work (app_id, id);
    `);
  }

  /** The event that a delivery was; null if it wasn't received. */
  eventOf(deliveryId: string): number | null {
    return (
      this.#first<{ event: number }>('SELECT event FROM deliveries WHERE id = ?', deliveryId)?.event ?? null
    );
  }

  /** Remembers a delivery, and its event unless another webhook has delivered that. Gives the event's number. */
  receive(deliveryId: string, ownerId: string, event: RepositoryBound, now: number): number {
    const seq = (event.kind === 'push' ? this.#samePush(event) : null) ?? this.#addEvent(ownerId, event, now);
    this.#sql.exec('INSERT INTO deliveries (id, event, at) VALUES (?, ?, ?)', deliveryId, seq, now);
    return seq;
  }

  /**
   * The same push, delivered by another webhook of the repository. A ref that was moved back to where it was before may be
   * pushed to the same commit again; and some hosts don't say where a deleted ref was, so it is deleted again only after it
   * was there again.
   */
  #samePush({ ref, before, after }: PushEvent): number | null {
    const name = refName(ref);
    const same = this.#first<{ seq: number }>(
      'SELECT seq FROM events WHERE ref = ? AND before = ? AND after = ? ORDER BY seq DESC LIMIT 1',
      name,
      before ?? '',
      after ?? '',
    );
    if (same === null) return null;
    const isBack = before === null && after === null ? "after <> ''" : 'after = ?2';
    const back = this.#first(
      `SELECT seq FROM events WHERE ref = ?1 AND ${isBack} AND seq > ?3 LIMIT 1`,
      name,
      before ?? '',
      same.seq,
    );
    return back === null ? same.seq : null;
  }

  #addEvent(ownerId: string, event: RepositoryBound, now: number): number {
    const push = event.kind === 'push' ? event : null;
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        'INSERT INTO events (owner_id, ref, before, after, event, at) VALUES (?, ?, ?, ?, ?, ?) RETURNING seq',
        ownerId,
        push && refName(push.ref),
        push && (push.before ?? ''),
        push && (push.after ?? ''),
        JSON.stringify(event),
        now,
      )
      .one();
    return seq;
  }

  /** What an event is answered with; null while that isn't decided. */
  answerOf(seq: number): Answer | null {
    const row = this.#first<{ answer: string | null }>('SELECT answer FROM events WHERE seq = ?', seq);
    return row?.answer == null ? null : (JSON.parse(row.answer) as Answer);
  }

  /** The events that aren't decided, oldest first, as many as are decided together. */
  undecided(): StoredEvent[] {
    return this.#sql
      .exec<{ seq: number; owner_id: string; event: string }>(
        'SELECT seq, owner_id, event FROM events WHERE answer IS NULL ORDER BY seq LIMIT ?',
        TOGETHER,
      )
      .toArray()
      .map(({ seq, owner_id: ownerId, event }) => ({
        seq,
        ownerId,
        event: JSON.parse(event) as RepositoryBound,
      }));
  }

  /** The event is decided: its payload isn't needed any more. */
  decide(seq: number, answer: Answer): void {
    this.#sql.exec('UPDATE events SET answer = ?, event = NULL WHERE seq = ?', JSON.stringify(answer), seq);
  }

  /**
   * What became of a commit last, unless its pull request was closed since. One of the two names may be shortened, as
   * Bitbucket's are in pull requests.
   */
  built(appId: string, target: string, sha: Sha): Built | null {
    const row = this.#first<BuiltRow>(
      `SELECT deployment_id, skipped, pushed FROM built
       WHERE app_id = ? AND target = ? AND substr(sha, 1, length(?)) = substr(?, 1, length(sha)) AND closed = 0
       ORDER BY seq DESC LIMIT 1`,
      appId,
      target,
      sha,
      sha,
    );
    return (
      row && {
        deploymentId: row.deployment_id,
        skipped: row.skipped as SkipCode | null,
        pushed: row.pushed === 1,
      }
    );
  }

  addBuilt(appId: string, target: string, sha: Sha, seq: number, built: Built, now: number): void {
    this.#sql.exec(
      'INSERT INTO built (app_id, target, sha, seq, deployment_id, skipped, pushed, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      appId,
      target,
      sha,
      seq,
      built.deploymentId,
      built.skipped,
      built.pushed ? 1 : 0,
      now,
    );
  }

  /** The newest deployments that earlier events than `seq` caused for a target, the last one first. */
  causedBefore(appId: string, target: string, seq: number): string[] {
    return this.#sql
      .exec<{ deployment_id: string }>(
        'SELECT deployment_id FROM built WHERE app_id = ? AND target = ? AND seq < ? ORDER BY seq DESC LIMIT 20',
        appId,
        target,
        seq,
      )
      .toArray()
      .map(({ deployment_id: id }) => id);
  }

  /** A push has named what a pull request was deployed for first. */
  markPushed(appId: string, deploymentId: string): void {
    this.#sql.exec('UPDATE built SET pushed = 1 WHERE app_id = ? AND deployment_id = ?', appId, deploymentId);
  }

  /** A pull request of this target was closed, or its branch deleted: opened again, it is deployed again. */
  close(appId: string, target: string): void {
    this.#sql.exec('UPDATE built SET closed = 1 WHERE app_id = ? AND target = ?', appId, target);
  }

  /** The open pull request of a branch. */
  pullRequestOf(branch: string): PullRequestRef | null {
    const row = this.#first<{ pull: string }>('SELECT pull FROM pulls WHERE branch = ?', branch);
    return row && (JSON.parse(row.pull) as PullRequestRef);
  }

  setPullRequest(branch: string, pull: PullRequestRef | null): void {
    if (pull === null) this.#sql.exec('DELETE FROM pulls WHERE branch = ?', branch);
    else
      this.#sql.exec(
        'INSERT OR REPLACE INTO pulls (branch, pull) VALUES (?, ?)',
        branch,
        JSON.stringify(pull),
      );
  }

  addWork(seq: number, appId: string, deploymentId: string | null, task: Task, now: number): void {
    this.#sql.exec(
      'INSERT INTO work (event, app_id, deployment_id, task, next_at, at) VALUES (?, ?, ?, ?, ?, ?)',
      seq,
      appId,
      deploymentId,
      JSON.stringify(task),
      now,
      now,
    );
  }

  /** The next work that is due. What is left of an app's earlier work that keeps its order goes first. */
  due(now: number): Work | null {
    const row = this.#first<WorkRow>(
      `SELECT id, event, app_id, deployment_id, task, attempts FROM work
       WHERE next_at <= ? AND ${IN_TURN} ORDER BY id LIMIT 1`,
      now,
    );
    return (
      row && {
        id: row.id,
        seq: row.event,
        appId: row.app_id,
        deploymentId: row.deployment_id,
        task: JSON.parse(row.task) as Task,
        attempts: row.attempts,
      }
    );
  }

  /** Whether a later event builds the same target, which makes this work's build pointless. Gives that commit. */
  newerBuild(id: number, appId: string, target: string): Sha | null {
    const row = this.#first<{ commit_id: string }>(
      `SELECT task ->> '$.target.commit' AS commit_id FROM work
       WHERE app_id = ? AND id > ? AND task ->> '$.kind' IN ('build', 'ask') AND task ->> '$.target.branch' = ?
         AND task ->> '$.target.tag' IS NULL ORDER BY id DESC LIMIT 1`,
      appId,
      id,
      target,
    );
    return row?.commit_id ?? null;
  }

  /** What isn't built yet of a branch is skipped instead, for this reason. */
  skipWaiting(appId: string, branch: string, reason: string): void {
    this.#sql.exec(
      `UPDATE work SET task = json_set(task, '$.kind', 'skip', '$.reason', ?)
       WHERE app_id = ? AND task ->> '$.kind' IN ('build', 'ask') AND task ->> '$.target.branch' = ?
         AND task ->> '$.target.tag' IS NULL`,
      reason,
      appId,
      branch,
    );
  }

  finish(id: number): void {
    this.#sql.exec('DELETE FROM work WHERE id = ?', id);
  }

  postpone(id: number, nextAt: number): void {
    this.#sql.exec('UPDATE work SET attempts = attempts + 1, next_at = ? WHERE id = ?', nextAt, id);
  }

  /** When something is due next: work, an event to decide (immediately), or old rows to forget; null for nothing. */
  nextDue(now: number): number | null {
    if (this.#first('SELECT seq FROM events WHERE answer IS NULL LIMIT 1') !== null) return now;
    const work =
      this.#first<{ at: number | null }>(`SELECT MIN(next_at) AS at FROM work WHERE ${IN_TURN}`)?.at ?? null;
    if (work !== null) return work;
    const oldest = this.#first<{ at: number | null }>('SELECT MIN(at) AS at FROM deliveries')?.at ?? null;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }

  /** Forgets what is older than a week and has nothing left to do. */
  forget(now: number): void {
    const before = now - REMEMBERED_MS;
    this.#sql.exec('DELETE FROM deliveries WHERE at < ?', before);
    this.#sql.exec('DELETE FROM events WHERE at < ? AND answer IS NOT NULL', before);
    this.#sql.exec('DELETE FROM built WHERE at < ?', before);
  }

  #first<Row extends Record<string, SqlStorageValue>>(
    statement: string,
    ...values: SqlStorageValue[]
  ): Row | null {
    return this.#sql.exec<Row>(statement, ...values).toArray()[0] ?? null;
  }
}

const refName = ({ kind, name }: PushEvent['ref']) => `${kind}:${name}`;
