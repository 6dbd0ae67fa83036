/** How log lines are gathered, sent and kept. */

export interface LogLimits {
  /** A batch goes out after this long at the latest, in milliseconds, */
  readonly batchMs: number;
  /** or when its lines reach this many bytes of JSON, */
  readonly batchBytes: number;
  /** or this many lines. */
  readonly batchLines: number;
  /** Batches sent and not yet acknowledged. */
  readonly window: number;
  /** Bytes kept in memory; what comes after is spooled on disk. */
  readonly memoryBytes: number;
  /** Bytes kept altogether; from here on the writer is asked to wait. */
  readonly queueBytes: number;
  /** Milliseconds without an answer after which unacknowledged batches are sent again. */
  readonly ackTimeoutMs: number;
}

export const DEFAULT_LIMITS: LogLimits = {
  batchMs: 100,
  batchBytes: 64 * 1024,
  batchLines: 1000,
  window: 8,
  memoryBytes: 4 * 1024 * 1024,
  queueBytes: 64 * 1024 * 1024,
  ackTimeoutMs: 10_000,
};
