/** How much may pile up for one viewer: a connection that nobody reads must not cost the object its memory. */
import { CLOSE, FromViewer, VIEWER_WINDOW } from '@appflux/protocol';
import { closeQuietly } from '../sockets/close.ts';

/** How a connection stands, in UTF-16 units of all its frames. */
interface Flow {
  sent: number;
  /** As the viewer says. */
  seen: number;
}

/** What is remembered while the object sleeps lags behind by at most so much. */
const NOTED_EVERY = 64 * 1024;

/** A word of a viewer is short; anything longer is none. */
const LONGEST_WORD = 200;

export class ViewerFlow {
  readonly #ws: WebSocket;
  readonly #note: (flow: Flow) => void;
  readonly #flow: Flow;
  #noted: number;

  /** `note` keeps how the connection stands, where it outlives this; `from` is what was kept before. */
  constructor(
    ws: WebSocket,
    note: (flow: Flow) => void = () => undefined,
    from: Flow = { sent: 0, seen: 0 },
  ) {
    this.#ws = ws;
    this.#note = note;
    this.#flow = from;
    this.#noted = from.sent;
  }

  /** Sends a frame; false when the connection is over, because the viewer has not read enough, or has gone. */
  send(frame: string): boolean {
    const { sent, seen } = this.#flow;
    if (sent > seen && sent - seen + frame.length > VIEWER_WINDOW) {
      closeQuietly(this.#ws, CLOSE.tooSlow, 'Not enough was read: connect again with after');
      return false;
    }
    try {
      this.#ws.send(frame);
    } catch {
      // The peer has gone, or is being closed: its close event tidies up.
      return false;
    }
    this.#flow.sent += frame.length;
    if (this.#flow.sent - this.#noted >= NOTED_EVERY) {
      this.#noted = this.#flow.sent;
      this.#note(this.#flow);
    }
    return true;
  }

  /** Takes a word of the viewer; what is none of the protocol's is left alone. */
  heard(message: string | ArrayBuffer): void {
    if (typeof message !== 'string' || message.length > LONGEST_WORD) return;
    let json: unknown;
    try {
      json = JSON.parse(message);
    } catch {
      // Not JSON, so no word of the protocol.
      return;
    }
    const word = FromViewer.safeParse(json);
    if (!word.success) return;
    const { sent, seen } = this.#flow;
    this.#flow.seen = Math.min(sent, Math.max(seen, word.data.length));
    this.#note(this.#flow);
  }
}
