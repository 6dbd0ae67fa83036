/** What the counting Worker counts, and what it says when it is asked. */

/** Everything that Cloudflare bills by the piece, as far as a deployment makes it happen. */
export interface Counts {
  /** Calls of the Worker's fetch handler. */
  workerRequests: number;
  /** Calls of its queue handler. */
  queueInvocations: number;
  /** Calls through objects' stubs, WebSocket upgrades among them. */
  objectRequests: number;
  alarms: number;
  /**
   * Milliseconds in which an object could not hibernate because something had begun and not ended: a handler, what it
   * left in the background, a timer. Clocks stand still while code runs, so processor time is not in it.
   */
  awakeMs: number;
  /** WebSocket messages that objects received; those that the platform answers by itself do not get here. */
  socketMessages: number;
  /** Rows that objects wrote with SQL, as the cursors say. */
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
