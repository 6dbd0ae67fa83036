/** A WebSocket in place of another one, whose messages and end pass through this Worker. */

/** The WebSocket that another side gets in place of `remote`. `onEnd` is called when either has closed. */
export function bridgedSocket(remote: WebSocket, onEnd: () => void): WebSocket {
  const { 0: given, 1: ours } = new WebSocketPair();
  for (const socket of [remote, ours]) {
    // A Blob could not be sent on.
    socket.binaryType = 'arraybuffer';
    socket.accept();
  }
  link(ours, remote, onEnd);
  link(remote, ours, onEnd);
  return given;
}

function link(from: WebSocket, to: WebSocket, onEnd: () => void): void {
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.READY_STATE_OPEN) to.send(data);
  });
  from.addEventListener('close', ({ code, reason }) => {
    close(to, code, reason);
    onEnd();
  });
  from.addEventListener('error', () => {
    close(to, 1011, '');
    onEnd();
  });
}

/** Codes that a program may send (RFC 6455 §7.4); the others say how a connection was found to have ended. */
const isSendable = (code: number): boolean => code === 1000 || (code >= 3000 && code < 5000) || code === 1011;

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.READY_STATE_CLOSED) return;
  try {
    if (isSendable(code)) socket.close(code, reason);
    else socket.close();
  } catch {
    // It was closed from its other end in the meantime.
  }
}
