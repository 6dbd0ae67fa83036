/** A client that follows a log live, as the dashboard does. */
import {
  type FromViewer,
  LOGS_SUBPROTOCOL,
  type LogLine,
  SEEN_EVERY,
  TOKEN_SUBPROTOCOL_PREFIX,
  ViewerFrame,
} from '@appflux/protocol';
import { WebSocket } from 'ws';
import { pause } from './client.ts';

export class Viewer {
  readonly socket: WebSocket;
  readonly lines: LogLine[] = [];
  /** The last line that was kept after a request to discard those after it. */
  rewoundTo: number | null = null;
  /** The status that the log ended with, or null if the connection broke before it did. */
  readonly ended: Promise<string | null>;

  /** `silent`: it never reports how much it has read. */
  constructor(
    instance: { url: string; token: string },
    deploymentId: string,
    after = 0,
    { silent = false }: { silent?: boolean } = {},
  ) {
    const address = `${instance.url.replace(/^http/, 'ws')}/api/deployments/${deploymentId}/logs/live?after=${after}`;
    this.socket = new WebSocket(address, [LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + instance.token]);
    // A connection that fails also closes, which is what tests check.
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      let length = 0;
      let reported = 0;
      this.socket.on('message', (data) => {
        length += data.toString().length;
        if (!silent && length - reported >= SEEN_EVERY) {
          reported = length;
          this.socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
        }
        const frame = ViewerFrame.parse(JSON.parse(data.toString()));
        if (frame.type === 'lines') this.lines.push(...frame.lines);
        else if (frame.type === 'rewind') this.rewoundTo = frame.lastSeq;
        else if (frame.type === 'end') resolve(frame.status);
      });
      this.socket.once('close', () => resolve(null));
    });
  }

  /** The lines that a viewer has after this connection, given those from before. */
  continue(before: readonly LogLine[]): LogLine[] {
    const kept = this.rewoundTo ?? Number.POSITIVE_INFINITY;
    return [...before.filter(({ seq }) => seq <= kept), ...this.lines];
  }

  /**
   * Waits until the edge closes the connection, and returns the code. It does not wait for the connection's end:
   * workerd ends a closed connection only when the object hibernates.
   */
  async toldToLeave(): Promise<number> {
    const closed = new Promise<number>((resolve) => this.socket.once('close', resolve));
    while (this.socket.readyState < WebSocket.CLOSING) await pause(10);
    this.socket.terminate();
    return closed;
  }

  /** Resolves when it is connected. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('close', (code, reason) =>
        reject(new Error(`closed with ${code} ${reason.toString()}`)),
      );
    });
  }
}
