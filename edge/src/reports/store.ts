/**
 * What a repository's object remembers: for each thing at the host, how it shall stand and how it was last sent. Only the
 * newest state of a thing is kept. Things in one lane are sent one after the other, in the order in which they began.
 */
import type { Sql } from '../limits/sql.ts';
import type { ReportFacts } from './host-client.ts';

/** What there is at a host. */
export type Kind = 'status' | 'deployment' | 'comment';

export interface Target {
  key: string;
  kind: Kind;
  lane: string;
  /** In which order they began. */
  n: number;
  facts: ReportFacts;
  /** How it shall stand, and how it was last sent: greater is newer. */
  wanted: number;
  sent: number;
  /** The host's id of it. */
  hostId: string | null;
  attempts: number;
  since: number;
}

type Row = {
  key: string;
  kind: Kind;
  lane: string;
  n: number;
  facts: string;
  wanted: number;
  sent: number;
  host_id: string | null;
  attempts: number;
  since: number;
  next_at: number;
};

/** How long something is remembered after its last change, in milliseconds. */
export const KEPT_MS = 30 * 24 * 3600_000;

/** How many things are remembered; beyond that the oldest that were sent go. */
const MOST_TARGETS = 2000;

const PENDING = 'wanted > sent';

export class ReportStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS targets (
         n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, lane TEXT NOT NULL,
         facts TEXT NOT NULL, wanted INTEGER NOT NULL, sent INTEGER NOT NULL, host_id TEXT,
         attempts INTEGER NOT NULL, since INTEGER NOT NULL, next_at INTEGER NOT NULL, failure TEXT,
         updated_at INTEGER NOT NULL
       )`,
    );
    sql.exec(
      `CREATE TABLE IF NOT EXISTS rows (
         pull_request INTEGER NOT NULL, app_id TEXT NOT NULL, facts TEXT NOT NULL, updated_at INTEGER NOT NULL,
         PRIMARY KEY (pull_request, app_id)
       )`,
    );
    sql.exec('CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  }

  /** Takes the facts of a deployment. Those that are older than what is known change nothing. */
  take(facts: ReportFacts, now: number): void {
    const { app, environment, commit, deploymentId, pullRequest, seq } = facts;
    const group = `${app.id}:${environment}`;
    this.#want(
      { key: `status:${deploymentId}`, kind: 'status', lane: `status:${group}:${commit}` },
      facts,
      seq,
      now,
    );
    if (facts.state !== 'skipped')
      this.#want(
        { key: `deployment:${deploymentId}`, kind: 'deployment', lane: `deployment:${group}` },
        facts,
        seq,
        now,
      );
    if (pullRequest !== null && this.#row(pullRequest.number, facts, now)) {
      const key = `comment:${pullRequest.number}`;
      const version = (this.#one(key)?.wanted ?? 0) + 1;
      this.#want({ key, kind: 'comment', lane: key }, facts, version, now);
    }
  }

  #want(
    { key, kind, lane }: Pick<Target, 'key' | 'kind' | 'lane'>,
    facts: ReportFacts,
    version: number,
    now: number,
  ): void {
    this.#sql.exec(
      `INSERT INTO targets (key, kind, lane, facts, wanted, sent, host_id, attempts, since, next_at, updated_at)
       VALUES (?1, ?2, ?3, ?4, ?5, 0, NULL, 0, ?6, ?6, ?6)
       ON CONFLICT (key) DO UPDATE SET facts = excluded.facts, wanted = excluded.wanted, updated_at = ?6,
         since = CASE WHEN wanted > sent THEN since ELSE ?6 END,
         attempts = CASE WHEN wanted > sent THEN attempts ELSE 0 END,
         next_at = CASE WHEN wanted > sent THEN next_at ELSE ?6 END
       WHERE excluded.wanted > wanted`,
      key,
      kind,
      lane,
      JSON.stringify(facts),
      version,
      now,
    );
  }

  /** Notes how an app stands in a pull request; false if that is older than what is known. */
  #row(pullRequest: number, facts: ReportFacts, now: number): boolean {
    const [known] = this.#sql
      .exec<{ facts: string }>(
        'SELECT facts FROM rows WHERE pull_request = ? AND app_id = ?',
        pullRequest,
        facts.app.id,
      )
      .toArray();
    if (known !== undefined && !isNewer(facts, JSON.parse(known.facts))) return false;
    this.#sql.exec(
      `INSERT INTO rows (pull_request, app_id, facts, updated_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (pull_request, app_id) DO UPDATE SET facts = excluded.facts, updated_at = excluded.updated_at`,
      pullRequest,
      facts.app.id,
      JSON.stringify({ ...facts, annotations: [] }),
      now,
    );
    return true;
  }

  /** How the apps stand in a pull request. */
  rowsOf(pullRequest: number): ReportFacts[] {
    return this.#sql
      .exec<{ facts: string }>('SELECT facts FROM rows WHERE pull_request = ?', pullRequest)
      .toArray()
      .map(({ facts }) => JSON.parse(facts));
  }

  /** What is to be sent next: the first of its lane, and due at `now`. Null when there is none. */
  due(now: number): Target | null {
    const [row] = this.#heads('next_at <= ?', now);
    return row === undefined ? null : toTarget(row);
  }

  /** When something is due; null if nothing waits. */
  dueAt(): number | null {
    const times = this.#heads('1').map(({ next_at: at }) => at);
    return times.length === 0 ? null : Math.min(...times);
  }

  #heads(condition: string, ...values: number[]): Row[] {
    return this.#sql
      .exec<Row>(
        `SELECT targets.* FROM targets
         JOIN (SELECT min(n) AS first FROM targets WHERE ${PENDING} GROUP BY lane) ON n = first
         WHERE ${condition} ORDER BY n`,
        ...values,
      )
      .toArray();
  }

  #one(key: string): Row | null {
    return this.#sql.exec<Row>('SELECT * FROM targets WHERE key = ?', key).toArray()[0] ?? null;
  }

  /** Whether a newer deployment has a status in the same lane, which a host that keeps one for all would lose. */
  hasNewer({ lane, facts }: Target): boolean {
    return this.#sql
      .exec<Row>('SELECT * FROM targets WHERE lane = ?', lane)
      .toArray()
      .some((row) => {
        const other: ReportFacts = JSON.parse(row.facts);
        return other.deploymentId !== facts.deploymentId && isNewer(other, facts);
      });
  }

  /** It stands at the host as it did when it was read. What has changed since then still waits. */
  markSent({ key, wanted }: Target, hostId: string | null, now: number): void {
    this.#sql.exec(
      `UPDATE targets SET sent = ?2, host_id = COALESCE(?3, host_id), attempts = 0, since = ?4, next_at = ?4,
         failure = NULL, updated_at = ?4 WHERE key = ?1`,
      key,
      wanted,
      hostId,
      now,
    );
  }

  /** It is tried again at `at`. */
  retry({ key, attempts }: Target, at: number, failure: string): void {
    this.#sql.exec(
      'UPDATE targets SET attempts = ?2, next_at = ?3, failure = ?4 WHERE key = ?1',
      key,
      attempts + 1,
      at,
      failure,
    );
  }

  /** It is not tried again as it was; a later state is. */
  giveUp({ key, wanted }: Target, failure: string, now: number): void {
    this.#sql.exec(
      `UPDATE targets SET sent = ?2, attempts = 0, since = ?4, next_at = ?4, failure = ?3, updated_at = ?4
       WHERE key = ?1`,
      key,
      wanted,
      failure,
      now,
    );
  }

  note(name: string): string | null {
    const [row] = this.#sql.exec<{ value: string }>('SELECT value FROM notes WHERE name = ?', name).toArray();
    return row?.value ?? null;
  }

  setNote(name: string, value: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)', name, value);
  }

  /** When the last change was; null if nothing is remembered. */
  changedAt(): number | null {
    return this.#sql.exec<{ at: number | null }>('SELECT max(updated_at) AS at FROM targets').one().at;
  }

  /** Forgets what was sent and has not changed for long, and what is too much. */
  trim(now: number): void {
    this.#sql.exec(`DELETE FROM targets WHERE NOT (${PENDING}) AND updated_at < ?`, now - KEPT_MS);
    this.#sql.exec('DELETE FROM rows WHERE updated_at < ?', now - KEPT_MS);
    this.#sql.exec(
      `DELETE FROM targets WHERE NOT (${PENDING}) AND n <=
         (SELECT n FROM targets ORDER BY n DESC LIMIT 1 OFFSET ?)`,
      MOST_TARGETS,
    );
  }
}

/** Whether facts are of a newer deployment, or newer ones of the same. */
export function isNewer(facts: ReportFacts, than: ReportFacts): boolean {
  if (facts.deploymentId === than.deploymentId) return facts.seq > than.seq;
  if (facts.createdAt !== than.createdAt) return facts.createdAt > than.createdAt;
  return facts.deploymentId > than.deploymentId;
}

const toTarget = ({ facts, host_id: hostId, ...row }: Row): Target => ({
  ...row,
  facts: JSON.parse(facts),
  hostId,
});
