/**
 * The looks that a team has asked for, in its pool's object. A row lives for minutes: what a runner needs is in it sealed,
 * and only until the look has ended.
 */
import {
  type FailureCode,
  type Look,
  type LookError,
  LookOutcome,
  type LookTask,
  type RunnerToPool,
} from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { Sql } from '../limits/sql.ts';
import { chooseLooker, type Looker } from './choose.ts';

/** How long anything of a look is kept, in milliseconds. */
export const LOOK_KEPT_MS = 10 * 60_000;

/** How long a look waits for a runner: one that reconnects, for example after a deploy, is back by then. */
export const LOOK_WAITS_MS = 15_000;

/** How long a runner may take. It ends a look itself after 90 seconds, and may have others to do first. */
export const LOOK_TAKES_MS = 4 * 60_000;

/** How many looks of a team may be at hand. */
export const MAX_LOOKS = 20;

/** A look as it is asked for. */
export interface NewLook {
  id: string;
  /** Who asked for it: nobody else sees it. */
  callerId: string;
  /** The sealed LookTask. */
  sealed: string;
}

type Row = {
  id: string;
  callerId: string;
  sealed: string | null;
  runnerId: string | null;
  outcome: string | null;
  createdAt: number;
  takenAt: number | null;
};

export interface LooksOptions {
  sql: Sql;
  /** Opens a sealed task. */
  open: (id: string, sealed: string) => Promise<LookTask>;
  /** The runners that are connected. */
  online: () => readonly Looker[];
  send: (runnerId: string, task: LookTask) => void;
  /** Has `expire` called at this time (Unix milliseconds) at the latest. */
  expireBy: (time: number) => void;
  waitUntil: (work: Promise<unknown>) => void;
}

export class Looks {
  readonly #options: LooksOptions;
  readonly #sql: Sql;

  constructor(options: LooksOptions) {
    this.#options = options;
    this.#sql = options.sql;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS looks (id TEXT PRIMARY KEY, caller_id TEXT NOT NULL, sealed TEXT, runner_id TEXT, outcome TEXT, created_at INTEGER NOT NULL, taken_at INTEGER) WITHOUT ROWID',
    );
  }

  /** Adds a look; added again it changes nothing. False if the team has too many at hand. */
  add({ id, callerId, sealed }: NewLook): boolean {
    const now = Date.now();
    this.expire();
    const open = this.#rows().filter((row) => row.id !== id && statusOf(row, now) !== 'ended');
    if (open.length >= MAX_LOOKS) return false;
    this.#sql.exec(
      'INSERT OR IGNORE INTO looks (id, caller_id, sealed, created_at) VALUES (?, ?, ?, ?)',
      id,
      callerId,
      sealed,
      now,
    );
    this.pump();
    this.expire();
    return true;
  }

  /** A look as its caller sees it; null if there is none, or it is somebody else's. */
  get(id: string, callerId: string): Look | null {
    this.expire();
    const row = this.#rows().find((one) => one.id === id && one.callerId === callerId);
    return row === undefined ? null : shown(row, Date.now());
  }

  /** Gives looks that wait to runners that look. */
  pump(): void {
    const now = Date.now();
    for (const row of this.#rows()) {
      if (statusOf(row, now) !== 'waiting') continue;
      const busy = this.#rows().flatMap((one) =>
        statusOf(one, now) === 'looking' ? (one.runnerId ?? []) : [],
      );
      const runner = chooseLooker(this.#options.online(), busy);
      if (runner === null) return;
      this.#sql.exec('UPDATE looks SET runner_id = ?, taken_at = ? WHERE id = ?', runner.id, now, row.id);
      this.#hand({ ...row, runnerId: runner.id });
    }
  }

  /** A runner has connected and looks: it is asked again for what it has, because its answer may have been lost. */
  resume(runnerId: string): void {
    const now = Date.now();
    for (const row of this.#rows())
      if (row.runnerId === runnerId && statusOf(row, now) === 'looking') this.#hand(row);
    this.pump();
  }

  /** A runner reports how a look ended. One that it wasn't given, or that has ended already, changes nothing. */
  looked(
    runnerId: string,
    { id, outcome }: Pick<Extract<RunnerToPool, { type: 'looked' }>, 'id' | 'outcome'>,
  ): void {
    const row = this.#rows().find((one) => one.id === id && one.runnerId === runnerId);
    if (row === undefined || statusOf(row, Date.now()) !== 'looking') return;
    this.#end(id, outcome);
  }

  /** Deletes what is no longer kept, and what is sealed for a look that has ended, even if nobody asks for it again. */
  expire(): void {
    const now = Date.now();
    for (const row of this.#rows()) {
      if (Math.abs(now - row.createdAt) >= LOOK_KEPT_MS)
        this.#sql.exec('DELETE FROM looks WHERE id = ?', row.id);
      else if (row.sealed !== null && statusOf(row, now) === 'ended')
        this.#sql.exec('UPDATE looks SET sealed = NULL WHERE id = ?', row.id);
    }
    const times = this.#rows().map((row) =>
      row.sealed === null ? row.createdAt + LOOK_KEPT_MS : endOf(row),
    );
    if (times.length > 0) this.#options.expireBy(Math.min(...times));
  }

  #hand({ id, sealed, runnerId }: Row): void {
    if (sealed === null || runnerId === null) return;
    this.#options.waitUntil(
      this.#options.open(id, sealed).then(
        (task) => this.#options.send(runnerId, task),
        (error: unknown) => {
          journal.error(`look ${id}: what it needs could not be opened`, error);
          this.#end(id, { error: errorOf('internal', 'The look could not be started.', 'Try again.') });
        },
      ),
    );
  }

  #end(id: string, outcome: LookOutcome): void {
    this.#sql.exec('UPDATE looks SET outcome = ?, sealed = NULL WHERE id = ?', JSON.stringify(outcome), id);
  }

  /** Oldest first. There are few. */
  #rows(): Row[] {
    return this.#sql
      .exec<Row>(
        'SELECT id, caller_id AS callerId, sealed, runner_id AS runnerId, outcome, created_at AS createdAt, taken_at AS takenAt FROM looks ORDER BY created_at, id',
      )
      .toArray();
  }
}

/** A look whose time is over has ended, whether or not anything was reported. */
function statusOf({ outcome, createdAt, takenAt }: Row, now: number): 'waiting' | 'looking' | 'ended' {
  if (outcome !== null) return 'ended';
  const { since, most } = patienceWith({ createdAt, takenAt });
  if (Math.abs(now - since) >= most) return 'ended';
  return takenAt === null ? 'waiting' : 'looking';
}

/** Since when a look waits for a runner or its report, and how long it does at most, in milliseconds. */
const patienceWith = ({ createdAt, takenAt }: Pick<Row, 'createdAt' | 'takenAt'>) =>
  takenAt === null ? { since: createdAt, most: LOOK_WAITS_MS } : { since: takenAt, most: LOOK_TAKES_MS };

/** When a look ends if nothing is reported (Unix milliseconds). */
function endOf(row: Row): number {
  const { since, most } = patienceWith(row);
  return since + most;
}

function shown(row: Row, now: number): Look {
  const { id, createdAt } = row;
  const shared = { id, expiresAt: new Date(createdAt + LOOK_KEPT_MS).toISOString() };
  const status = statusOf(row, now);
  if (status !== 'ended') return { ...shared, status };
  const outcome = outcomeOf(row);
  if ('error' in outcome) return { ...shared, status: 'failed', error: outcome.error };
  const { findings } = outcome;
  const { ways, problem } = findings.candidates;
  const plan = problem === null ? (ways[0]?.plan ?? null) : null;
  return { ...shared, status: 'done', result: { ...findings, plan } };
}

function outcomeOf({ outcome, takenAt }: Row): LookOutcome {
  if (outcome !== null) return LookOutcome.parse(JSON.parse(outcome));
  if (takenAt === null)
    return {
      error: errorOf(
        'no_runner',
        'No runner is online that can look at the repository.',
        'Start or update a runner, or create the app without looking: its build detects the same.',
      ),
    };
  return {
    error: errorOf('runner_lost', 'The runner that looked at the repository did not answer.', 'Try again.'),
  };
}

const errorOf = (code: FailureCode, message: string, hint: string): LookError => ({
  code,
  message,
  hint,
});
