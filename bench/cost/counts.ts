/** What the counting Worker counts, and its answer. */

/** Everything about a deployment that Cloudflare bills by count. */
export interface Counts {
  /** Calls of the Worker's fetch handler. */
  workerRequests: number;
  /** Calls of its queue handler. */
  queueInvocations: number;
  /** Calls through objects' stubs, WebSocket upgrades among them. */
  objectRequests: number;
  alarms: number;
  /**
   * Milliseconds in which an object could not hibernate because something was in progress: a handler, its background
   * work, a timer. Clocks stand still while code runs, so processor time is not included.
   */
  awakeMs: number;
  /** WebSocket messages that objects received; those that the platform answers itself do not get here. */
  socketMessages: number;
  /** Rows that objects wrote with SQL, as the cursors report. */
  objectRowsWritten: number;
  /** The same by the statement that wrote them. */
  rowsByStatement: Record<string, number>;
  /** Each of these is billed as a row. */
  alarmsSet: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  /** Messages sent, received and acknowledged, each in pieces of 64 KB. */
  queueOperations: number;
  r2ClassA: number;
  r2ClassB: number;
}
