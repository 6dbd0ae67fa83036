/** Delivers numbered log lines to the edge: in order, without a gap, over any number of connections. */
import type { LogLine, RunnerToDeployment } from '@appflux/protocol';
import { BatchTimer } from './batch-timer.ts';
import { DEFAULT_LIMITS, type LogLimits } from './log-limits.ts';
import { LogQueue } from './log-queue.ts';
import { Spool, type SpoolEntry } from './spool.ts';

export interface LogSenderOptions {
  readonly attempt: number;
  /** The last line that the edge has of this deployment; numbering goes on from the next. */
  readonly ackedSeq: number;
  /** The file of this attempt's lines (spool.ts). */
  readonly spoolPath: string;
  /** The log cannot be delivered any more: edge and runner disagree about what was written. */
  readonly onFault: (message: string) => void;
  /** The disk takes no more. Lines stay in memory, and are lost if the process is killed. */
  readonly onSpoolError: (error: unknown) => void;
  readonly limits?: Partial<LogLimits>;
}

/** Sends one frame. False when it could not, because the connection is not open. */
export type SendFrame = (frame: string) => boolean;

/**
 * The lines of one attempt, from their numbering to their acknowledgement. What the edge has not acknowledged is
 * kept, in memory and then on disk, and sent again on the next connection.
 */
export class LogSender {
  readonly #attempt: number;
  readonly #limits: LogLimits;
  readonly #queue: LogQueue;
  readonly #spool: Spool;
  readonly #onFault: (message: string) => void;
  #lastSeq: number;
  #ackedSeq: number;
  #sentSeq: number;
  #faulty = false;
  /** Lines of the batch that is being filled, as JSON. */
  #open: string[] = [];
  #openBytes = 0;
  /** Where the open batch's lines are on disk; undefined if one of them isn't there. */
  #openEntry: SpoolEntry | undefined;
  readonly #batchTimer: BatchTimer;
  #send: SendFrame | undefined;
  /** How many batches from the head of the queue have been sent on this connection. */
  #inFlight = 0;
  /** A caller waits until the edge has everything. */
  #draining = false;
  /** The last line that was sent when the edge was last asked to write, on this connection. */
  #syncedSeq = 0;
  #syncTimer: NodeJS.Timeout | undefined;
  /** Where the last `resume` went back to, until an acknowledgement shows progress. */
  #resumedFrom: number | undefined;
  #ackTimer: NodeJS.Timeout | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: LogSenderOptions) {
    this.#attempt = options.attempt;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#lastSeq = options.ackedSeq;
    this.#ackedSeq = options.ackedSeq;
    this.#sentSeq = options.ackedSeq;
    this.#onFault = options.onFault;
    this.#spool = new Spool(options.spoolPath, options.onSpoolError);
    this.#queue = new LogQueue(this.#spool, this.#limits.memoryBytes);
    this.#batchTimer = new BatchTimer(this.#limits, () => this.#closeBatch());
  }

  /**
   * Numbers a line, takes it in and returns its number; the text is masked and at most MAX_LINE_LENGTH long. After
   * `close` or a fault there is nobody to deliver to, and a step that stops late may still write: that returns null.
   */
  write(line: Omit<LogLine, 'seq'>): number | null {
    if (this.#faulty) return null;
    const json = JSON.stringify({ seq: this.#lastSeq + 1, ...line } satisfies LogLine);
    const bytes = Buffer.byteLength(json) + 1;
    if (this.#openBytes + bytes > this.#limits.batchBytes) this.#closeBatch();
    this.#lastSeq += 1;
    const entry = this.#spool.append(json);
    this.#openEntry = this.#open.length === 0 ? entry : joined(this.#openEntry, entry);
    this.#open.push(json);
    this.#openBytes += bytes;
    if (this.#open.length >= this.#limits.batchLines) this.#closeBatch();
    else this.#batchTimer.gathered();
    return this.#lastSeq;
  }

  /** Resolves when there is room for more: immediately, unless the edge accepts lines more slowly than they arrive. */
  async ready(): Promise<void> {
    while (this.#queue.bytes >= this.#limits.queueBytes && !this.#faulty) await this.#change();
  }

  /** Resolves when the edge has every line written so far, or never will (see `onFault`). */
  async drained(): Promise<void> {
    this.#draining = true;
    this.#closeBatch();
    this.#pump();
    while (this.#ackedSeq < this.#lastSeq && !this.#faulty) await this.#change();
    this.#draining = false;
  }

  /** The highest number of a line that was ever sent. */
  get sentSeq(): number {
    return this.#sentSeq;
  }

  /** A connection is open and the edge has lines up to `ackedSeq`. */
  connected(ackedSeq: number, send: SendFrame) {
    if (this.#faulty) return;
    this.#send = send;
    this.#startOver();
    this.#resumedFrom = undefined;
    this.acked(ackedSeq);
  }

  /** Whether anyone follows the log, on this connection: lines go out sooner then (LogLimits). */
  watched(isWatched: boolean) {
    if (this.#faulty) return;
    this.#batchTimer.isWatched = isWatched;
    if (isWatched) this.#closeBatch();
  }

  disconnected() {
    this.#batchTimer.isWatched = false;
    this.#send = undefined;
    this.#startOver();
    clearTimeout(this.#ackTimer);
    clearTimeout(this.#syncTimer);
  }

  /** The edge has every line up to `seq`. */
  acked(seq: number) {
    // When the edge has cut the log, its own marker line may be counted into an acknowledgement.
    const known = Math.min(seq, this.#lastSeq);
    if (known > this.#ackedSeq) {
      const dropped = this.#onDisk(() => this.#queue.dropThrough(known));
      if (dropped === undefined) return;
      this.#ackedSeq = known;
      if (known === this.#lastSeq) this.#onDisk(() => this.#spool.clear());
      this.#resumedFrom = undefined;
      this.#inFlight = Math.max(0, this.#inFlight - dropped);
      this.#restartTimers();
      this.#wake();
    }
    this.#pump();
  }

  /** The edge has a gap: lines have to come again from `from`. */
  resume(from: number) {
    if (from <= this.#ackedSeq) {
      return this.#fault(`The edge requests line ${from} again, although it acknowledged it.`);
    }
    // Each batch that was under way behind the gap is answered like this; going back once is enough.
    if (this.#resumedFrom === from) return;
    this.acked(from - 1);
    this.#resumedFrom = from;
    this.#startOver();
    this.#pump();
  }

  /**
   * Frees timers and the spool.
   * @returns whether the spool's file is left, because it has lines that were not delivered
   */
  close(): boolean {
    const isOpen = this.#ackedSeq < this.#lastSeq && !this.#faulty;
    this.disconnected();
    this.#batchTimer.stop();
    this.#faulty = true;
    this.#wake();
    this.#spool.close(isOpen);
    return isOpen;
  }

  #closeBatch() {
    if (this.#open.length === 0) return;
    this.#batchTimer.sent();
    this.#queue.push(
      this.#lastSeq - this.#open.length + 1,
      this.#lastSeq,
      this.#open.join(','),
      this.#openEntry,
    );
    this.#open = [];
    this.#openBytes = 0;
    this.#pump();
  }

  /** Everything that is not acknowledged is to be sent (again). */
  #startOver() {
    this.#inFlight = 0;
    this.#syncedSeq = 0;
  }

  #pump() {
    while (this.#send !== undefined && this.#inFlight < this.#queue.length && this.#hasRoom()) {
      const body = this.#onDisk(() => this.#queue.bodyAt(this.#inFlight));
      if (body === undefined || !this.#send(linesFrame(this.#attempt, body))) return;
      this.#sentSeq = Math.max(this.#sentSeq, this.#queue.lastSeqAt(this.#inFlight) ?? 0);
      this.#inFlight += 1;
      if (this.#inFlight === 1) this.#restartTimers();
    }
    if (this.#draining || !this.#hasRoom()) this.#sync();
  }

  /** Whether one more batch may be sent before there is an acknowledgement. */
  #hasRoom(): boolean {
    const { window, windowBytes } = this.#limits;
    if (this.#inFlight === 0) return true;
    let bytes = 0;
    for (let index = 0; index <= this.#inFlight; index += 1) bytes += this.#queue.bytesAt(index);
    return this.#inFlight < window && bytes <= windowBytes;
  }

  /** Asks the edge to write and acknowledge what was sent, unless it was asked to already. */
  #sync() {
    if (this.#send === undefined || this.#inFlight === 0) return;
    const last = this.#queue.lastSeqAt(this.#inFlight - 1) ?? 0;
    if (last > this.#syncedSeq && this.#send(syncFrame(this.#attempt))) this.#syncedSeq = last;
  }

  #restartTimers() {
    clearTimeout(this.#ackTimer);
    clearTimeout(this.#syncTimer);
    if (this.#inFlight === 0 || this.#send === undefined) return;
    this.#syncTimer = setTimeout(() => this.#sync(), this.#limits.syncMs);
    // Should an answer be lost by a fault of the edge, the log must not stand still for ever.
    this.#ackTimer = setTimeout(() => {
      this.#startOver();
      this.#resumedFrom = undefined;
      this.#pump();
    }, this.#limits.ackTimeoutMs);
  }

  /** Does what may have to read the spool. A spool that cannot be read is the end of this log. */
  #onDisk<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#fault(`The log on disk cannot be read: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  #fault(message: string) {
    if (this.#faulty) return;
    this.#faulty = true;
    this.disconnected();
    this.#wake();
    this.#onFault(message);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The place of lines and of those that follow them. */
const joined = (before: SpoolEntry | undefined, next: SpoolEntry | undefined): SpoolEntry | undefined =>
  before && next && { offset: before.offset, length: before.length + next.length };

/** A `lines` frame around lines that are JSON already: encoding them once is enough. */
function linesFrame(attempt: number, body: string): string {
  type Lines = Extract<RunnerToDeployment, { type: 'lines' }>;
  const head = { type: 'lines', attempt } satisfies Omit<Lines, 'lines'>;
  return `${JSON.stringify(head).slice(0, -1)},"lines":[${body}]}`;
}

const syncFrame = (attempt: number): string =>
  JSON.stringify({ type: 'sync', attempt } satisfies RunnerToDeployment);
