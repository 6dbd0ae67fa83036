/** The WebSocket that logs are followed with. */
import { WebSocket as NodeWebSocket } from 'ws';

/** Node 20 has no WebSocket of its own. */
class QuietWebSocket extends NodeWebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    // Without a listener, an error would end the program. The client learns from the close that follows.
    this.on('error', () => undefined);
  }
}

/** The members that the client uses are those of a browser's. */
export const WebSocket = QuietWebSocket as unknown as typeof globalThis.WebSocket;
