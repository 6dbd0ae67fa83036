/** How log lines are gathered, sent and kept. */

export interface LogLimits {
  /** A batch goes out this long after its first line at the latest, in milliseconds, */
  readonly batchMs: number;
  /**
   * or, while anyone follows the log, this long after the batch before: a line that comes later than that goes out in the
   * turn of the event loop in which it was written. Each batch costs, so nobody else's lines go out so often.
   */
  readonly watchedMs: number;
  /** It goes out sooner when its lines reach this many bytes of JSON, */
  readonly batchBytes: number;
  /** or this many lines. */
  readonly batchLines: number;
  /**
   * Batches sent and not yet acknowledged, at most so many (more than are sent in `syncMs` while anyone follows the log,
   * which is therefore not written more often)
   */
  readonly window: number;
  /** and so many bytes of JSON, but always one batch. */
  readonly windowBytes: number;
  /**
   * The edge is asked to write and acknowledge what it has when the oldest batch has waited for this long, in
   * milliseconds, or when everything waits for it. Each write costs, so it is not asked more often.
   */
  readonly syncMs: number;
  /** Bytes kept in memory; what comes after is spooled on disk. */
  readonly memoryBytes: number;
  /** Bytes kept altogether; from here on the writer is asked to wait. */
  readonly queueBytes: number;
  /** Milliseconds without an answer after which unacknowledged batches are sent again. */
  readonly ackTimeoutMs: number;
}

export const DEFAULT_LIMITS: LogLimits = {
  batchMs: 100,
  watchedMs: 40,
  batchBytes: 64 * 1024,
  batchLines: 1000,
  window: 256,
  windowBytes: 512 * 1024,
  syncMs: 8000,
  memoryBytes: 4 * 1024 * 1024,
  queueBytes: 64 * 1024 * 1024,
  ackTimeoutMs: 15_000,
};
