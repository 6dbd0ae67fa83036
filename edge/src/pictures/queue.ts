/** The pictures that a pool wants to be taken: kept in its SQLite, and handed to runners that do nothing else. */
import type { PictureRequest, PoolToRunner } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { Sql } from '../limits/sql.ts';
import {
  afterTry,
  assign,
  isOverdue,
  isStale,
  MOST_WAITING,
  nextLook,
  type Photographer,
  type Request,
  type Wanted,
} from './decide.ts';

export interface PictureQueueOptions {
  readonly sql: Sql;
  readonly runners: () => readonly Photographer[];
  readonly send: (runnerId: string, frame: PoolToRunner) => void;
  /** Whether nothing new is to be begun now. */
  readonly isHeld: () => Promise<boolean>;
  /** Makes the cookie that opens the site of this deployment for some minutes. */
  readonly cookieFor: (wanted: Wanted) => Promise<PictureRequest['cookie']>;
  /** Has `pump` called at this time (Unix milliseconds) at the latest. */
  readonly pumpBy: (time: number | null) => void;
}

export class PictureQueue {
  readonly #options: PictureQueueOptions;
  /** The same as in SQLite, by deployment. */
  readonly #requests = new Map<string, Request>();

  constructor(options: PictureQueueOptions) {
    this.#options = options;
    const { sql } = options;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS pictures (deployment_id TEXT PRIMARY KEY, request TEXT NOT NULL) WITHOUT ROWID',
    );
    for (const { request } of sql.exec<{ request: string }>('SELECT request FROM pictures')) {
      const parsed: Request = JSON.parse(request);
      this.#requests.set(parsed.deploymentId, parsed);
    }
  }

  /** Adds a picture. Asked for again while it is wanted, it keeps its place. */
  add(wanted: Wanted): void {
    if (this.#requests.has(wanted.deploymentId) || this.#requests.size >= MOST_WAITING) return;
    const now = Date.now();
    this.#write({ ...wanted, wantedAt: now, dueAt: now, failures: 0, out: null });
  }

  /** Whether this runner was asked for this picture by this request, and has not answered yet. */
  isOut(runnerId: string, deploymentId: string, id: string): boolean {
    const out = this.#requests.get(deploymentId)?.out;
    return out?.runnerId === runnerId && out.id === id;
  }

  /** A request has ended. One that is not out any more changes nothing. */
  end(runnerId: string, deploymentId: string, id: string, outcome: 'taken' | 'failed' | 'returned'): void {
    const request = this.#requests.get(deploymentId);
    if (request === undefined || !this.isOut(runnerId, deploymentId, id)) return;
    this.#settle(request, outcome === 'taken' ? null : afterTry(request, outcome, Date.now()));
  }

  /** Gives up what took too long, and hands out what can be taken now. Never throws. */
  async pump(): Promise<void> {
    const { isHeld, runners, pumpBy } = this.#options;
    if (this.#requests.size === 0) return;
    const now = Date.now();
    for (const request of [...this.#requests.values()]) {
      if (isStale(request, now)) this.#settle(request, null);
      else if (isOverdue(request, now)) this.#settle(request, afterTry(request, 'failed', now));
    }
    try {
      const pairs = assign([...this.#requests.values()], runners(), now);
      if (pairs.length > 0 && !(await isHeld())) await this.#handOut();
    } catch (error) {
      // Nothing is lost: they are still wanted.
      journal.error('asking for a picture failed and will be tried again', error);
      pumpBy(Date.now() + 60_000);
    }
    pumpBy(nextLook([...this.#requests.values()], Date.now()));
  }

  async #handOut(): Promise<void> {
    const { runners, send, cookieFor } = this.#options;
    const now = Date.now();
    // Noted before anything is awaited: another call must not hand the same out.
    const handed = assign([...this.#requests.values()], runners(), now).flatMap(
      ({ deploymentId, runnerId }) => {
        const request = this.#requests.get(deploymentId);
        if (request === undefined) return [];
        const out = { id: crypto.randomUUID(), runnerId, at: now };
        this.#write({ ...request, out });
        return [{ request, out }];
      },
    );
    for (const { request, out } of handed) {
      const { deploymentId, url } = request;
      const cookie = await cookieFor(request);
      send(out.runnerId, { type: 'picture', picture: { id: out.id, deploymentId, url, cookie } });
    }
  }

  #settle(before: Request, after: Request | null): void {
    if (after !== null) {
      this.#write(after);
      return;
    }
    this.#requests.delete(before.deploymentId);
    this.#options.sql.exec('DELETE FROM pictures WHERE deployment_id = ?', before.deploymentId);
  }

  #write(request: Request): void {
    this.#requests.set(request.deploymentId, request);
    this.#options.sql.exec(
      'INSERT OR REPLACE INTO pictures (deployment_id, request) VALUES (?, ?)',
      request.deploymentId,
      JSON.stringify(request),
    );
  }
}
