/**
 * The log of one deployment. Lines go one way: from the runner's socket through `take` into the store, and from here to the
 * viewers, as they came.
 *
 * A write costs the same whatever its size, so lines are gathered until the runner asks for an ack (`sync`) or until they
 * are many. Until the ack the runner keeps them, too. No timer is involved: a running timer keeps the object from
 * hibernating, and awake it is billed by the second.
 */
import type { DeploymentToRunner, LogLine, Phase, RunnerToDeployment } from '@appflux/protocol';
import { noteLogLag } from '../isolate-counts.ts';
import type { Sql } from '../limits/sql.ts';
import { isContiguous, LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';

/**
 * Lines are written after this long, in milliseconds, even if nobody asks: a runner that falls silent may never do so.
 * Shorter than the 10 seconds after which an idle object may hibernate and lose what is in memory.
 */
const WRITE_WITHIN_MS = 9_000;

/** A frame for viewers has lines of about this length, in UTF-16 units. */
const SHOWN_LENGTH = 256 * 1024;

type Lines = Extract<RunnerToDeployment, { type: 'lines' }>['lines'];

export class DeploymentLog {
  readonly #sql: Sql;
  readonly #viewers: Viewers;
  #capBytes: number | null;
  /** Opened when it is first used: most calls of the object don't need it, and opening it reads rows. */
  #store: LogStore | null = null;

  /** `capBytes`: how many bytes a build may log; null before the deployment was created. */
  constructor(sql: Sql, viewers: Viewers, capBytes: number | null) {
    this.#sql = sql;
    this.#viewers = viewers;
    this.#capBytes = capBytes;
  }

  /** The deployment was created. */
  begin(capBytes: number): void {
    this.#capBytes = capBytes;
  }

  get store(): LogStore {
    if (this.#capBytes === null) throw new Error('this deployment was never created');
    this.#store ??= new LogStore(this.#sql, this.#capBytes);
    return this.#store;
  }

  /**
   * Takes the lines of a frame. `raw` is the frame as it came, for viewers; without it, they get a new one.
   * @returns the answer to the runner, or null for none yet; `misnumbered` for a frame with gaps in it
   */
  take(lines: Lines, raw: string | undefined, now: number): DeploymentToRunner | 'misnumbered' | null {
    if (!isContiguous(lines)) return 'misnumbered';
    const { store } = this;
    const last = lines.at(-1)?.seq ?? 0;
    if (store.isCut) return { type: 'ack', seq: last };
    if (store.exceeds(lines) && (lines[0]?.seq ?? 0) <= store.lastSeq + 1) {
      const marker = store.cut(now);
      this.#viewers.lines([marker]);
      return { type: 'ack', seq: Math.max(last, marker.seq) };
    }
    const { lastSeq: before, writtenSeq } = store;
    const appended = store.append(lines, now);
    if (appended.kind === 'gap') return { type: 'resume', from: appended.expected };
    if (appended.kind === 'repeated') return { type: 'ack', seq: store.writtenSeq };
    const fresh = lines.filter((line) => line.seq > before);
    // Lines without their frame are those of a killed runner, which come when it returns.
    if (raw !== undefined) noteLogLag(lines.at(-1)?.at ?? '', now);
    this.#viewers.lines(fresh, fresh.length === lines.length ? raw : undefined);
    return store.writtenSeq > writtenSeq ? { type: 'ack', seq: store.writtenSeq } : null;
  }

  /** Writes what has been gathered, and returns the last line that is safe. */
  write(): number {
    this.store.flush();
    return this.store.writtenSeq;
  }

  /** When, as seen at `now`, lines must be written at the latest, in Unix milliseconds; null when none are waiting. */
  writeBy(now: number): number | null {
    const since = this.#store?.pendingSince ?? null;
    // A clock that was set back must not keep them waiting.
    return since === null ? null : Math.min(since, now) + WRITE_WITHIN_MS;
  }

  /** Writes a line of AppFlux's own. Call it in a transaction, and `show` the line after that. */
  say(text: string, phase: Phase | null, now: number): LogLine {
    const line = this.store.say(text, phase, now);
    this.store.flush();
    return line;
  }

  /** Sends lines that the edge has numbered to the viewers. */
  show(lines: readonly LogLine[]): void {
    let piece: LogLine[] = [];
    let length = 0;
    for (const line of lines) {
      piece.push(line);
      length += line.text.length;
      if (length < SHOWN_LENGTH) continue;
      this.#viewers.lines(piece);
      piece = [];
      length = 0;
    }
    if (piece.length > 0) this.#viewers.lines(piece);
  }

  /** Returns a function that restores the log in memory, for a transaction that is rolled back. */
  restorePoint(): () => void {
    const store = this.#store;
    const restore = store?.restorePoint();
    return () => {
      this.#store = store;
      restore?.();
    };
  }

  /** Forgets the log: its table is about to be dropped. */
  forget(): void {
    this.#store = null;
    this.#capBytes = null;
  }
}
