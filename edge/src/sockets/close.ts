/** Ending a WebSocket. */
import { CLOSE, type CloseCode } from '@appflux/protocol';
import { journal } from '../journal.ts';

/** Closes a connection, should it still be open. */
export function closeQuietly(ws: WebSocket, code: CloseCode, reason: string): void {
  try {
    ws.close(code, reason);
  } catch {
    // Closed already, by either side.
  }
}

/**
 * Handles a frame. When that fails, by a fault of ours, the connection is closed: whoever sent the frame connects again
 * and sends it again, instead of waiting for an answer that never comes. `name` is for the Worker's log.
 */
export async function handling(
  ws: WebSocket,
  name: () => string,
  work: () => void | Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    journal.error(`${name()}: a frame could not be handled`, error);
    closeQuietly(ws, CLOSE.fault, 'The frame could not be handled: connect again and send it again');
  }
}
