/** Ending a WebSocket. */
import { CLOSE, type CloseCode } from '@appflux/protocol';
import { journal } from '../journal.ts';

/**
 * The connections that were closed from here. Their state does not tell: what the other side has sent before it closed
 * itself still comes, and is to be handled.
 */
const closedHere = new WeakSet<WebSocket>();

/** Whether a connection was closed from here: what comes on it is not to be handled. */
export const wasClosed = (ws: WebSocket): boolean => closedHere.has(ws);

/** Closes a connection, should it still be open. */
export function closeQuietly(ws: WebSocket, code: CloseCode, reason: string): void {
  closedHere.add(ws);
  try {
    ws.close(code, reason);
  } catch {
    // Closed already, by either side.
  }
}

/**
 * Handles a frame. When that fails, by a fault of ours, the connection is closed: the sender of the frame connects again
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
