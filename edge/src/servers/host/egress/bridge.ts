/** Passes on what another server answers, and gives its place back when the connection has ended. */

/** The response, and a promise that resolves when its body was read, canceled or broke off. */
export function watchedBody(response: Response): { response: Response; ended: Promise<void> } {
  if (response.body === null) return { response, ended: Promise.resolve() };
  const { readable, writable } = new IdentityTransformStream();
  // Anyone who reads the other end gets the error; here only the end counts.
  const ended = response.body.pipeTo(writable).catch(() => undefined);
  return { response: new Response(readable, response), ended };
}

/**
 * Carries bytes between a site's server and a remote one. Resolves when the remote one has ended, or either has broken
 * off. The server's own end only says that it has nothing more to send.
 */
export async function carried(site: Socket, remote: Socket): Promise<void> {
  site.readable.pipeTo(remote.writable).catch(() => remote.close());
  try {
    await remote.readable.pipeTo(site.writable);
  } finally {
    await Promise.allSettled([remote.close(), site.close()]);
  }
}

/** The WebSocket that a site gets in place of `remote`. `onEnd` is called once when either has closed. */
export function bridgedSocket(remote: WebSocket, onEnd: () => void): WebSocket {
  const { 0: site, 1: ours } = new WebSocketPair();
  for (const socket of [remote, ours]) {
    // A Blob could not be sent on.
    socket.binaryType = 'arraybuffer';
    socket.accept();
  }
  link(ours, remote, onEnd);
  link(remote, ours, onEnd);
  return site;
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
