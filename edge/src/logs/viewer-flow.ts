/** How much may be on its way to one viewer: a connection that nobody reads must not cost memory. */
import { CLOSE, FromViewer, parseFrame, VIEWER_WINDOW } from '@appflux/protocol';
import { VIEWER } from '../sockets/allowances.ts';
import { closeQuietly, wasClosed } from '../sockets/close.ts';
import { SenderBudget, type Spent, sizeOf } from '../sockets/sender-budget.ts';

/** How a connection stands; lengths are in UTF-16 units of all its frames. */
export interface FlowState {
  sent: number;
  /** As the viewer reports. */
  seen: number;
  /** The last line it was sent, while its window is full and there are more; null while it gets lines as they come. */
  behind: number | null;
  /** What the viewer has used of its allowance. Absent in connections that are older than allowances. */
  spent?: Spent;
}

/** A viewer that never reports is given this long to do so when its window is full, in milliseconds. */
export const SILENT_MS = 5_000;

/** What is kept while the object sleeps lags behind by at most so much. */
const KEPT_EVERY = 64 * 1024;

/** A report is short; anything longer is none. */
const LONGEST_REPORT = 200;

export class ViewerFlow {
  readonly #ws: WebSocket;
  readonly #note: (state: FlowState) => void;
  readonly #state: FlowState;
  readonly #budget: SenderBudget;
  #kept: number;

  /** `note` keeps the state, where it outlives this; `from` is what was kept before. */
  constructor(
    ws: WebSocket,
    note: (state: FlowState) => void = () => undefined,
    from: Partial<FlowState> = {},
  ) {
    this.#ws = ws;
    this.#note = note;
    this.#state = { sent: 0, seen: 0, behind: null, ...from };
    this.#budget = new SenderBudget(VIEWER, from.spent);
    this.#kept = this.#state.sent;
  }

  /** The last line that the viewer was sent, while it has to catch up; else null. */
  get behind(): number | null {
    return this.#state.behind;
  }

  set behind(seq: number | null) {
    this.#state.behind = seq;
    this.#keep();
  }

  /** Whether the viewer ever reported what it has read. */
  get reports(): boolean {
    return this.#state.seen > 0;
  }

  /** Whether a frame of this length may be sent: it fits into the window, or nothing else is on its way. */
  fits(length: number): boolean {
    const { sent, seen } = this.#state;
    return sent === seen || sent - seen + length <= VIEWER_WINDOW;
  }

  /** Sends a frame; false when the connection is over. */
  send(frame: string): boolean {
    try {
      this.#ws.send(frame);
    } catch {
      // The peer has gone, or is being closed: its close event tidies up.
      return false;
    }
    this.#state.sent += frame.length;
    if (this.#state.sent - this.#kept >= KEPT_EVERY) this.#keep();
    return true;
  }

  /**
   * Takes a message of the viewer; whether it has read more since the last. What is no report is ignored. A viewer that
   * has sent more than it may is closed, and what it sends afterwards is not read.
   */
  take(message: string | ArrayBuffer): boolean {
    if (wasClosed(this.#ws)) return false;
    const now = Date.now();
    if (!this.#budget.spend(1, sizeOf(message), now)) {
      this.#budget.close(this.#ws, now);
      return false;
    }
    this.#state.spent = this.#budget.spent;
    if (this.#budget.takeUnsaved()) this.#keep();
    const length = reportIn(message);
    const { sent, seen } = this.#state;
    if (length === null || length <= seen) return false;
    this.#state.seen = Math.min(sent, length);
    this.#keep();
    return true;
  }

  /** Closes the connection of a viewer that does not read enough. */
  drop(): void {
    closeQuietly(this.#ws, CLOSE.tooSlow, 'Not enough was read: connect again with after');
  }

  #keep(): void {
    this.#kept = this.#state.sent;
    this.#note(this.#state);
  }
}

/** How much a viewer reports to have read; null when the message is no report. */
function reportIn(message: string | ArrayBuffer): number | null {
  const parsed = parseFrame(FromViewer, message, { maxLength: LONGEST_REPORT });
  return parsed.outcome === 'ok' ? parsed.frame.length : null;
}
