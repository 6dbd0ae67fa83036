/** The ways in which a program reads a finished log. */
import { type FromViewer, LOGS_SUBPROTOCOL, SEEN_EVERY, TOKEN_SUBPROTOCOL_PREFIX } from '@appflux/protocol';
import { WebSocket } from 'ws';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';

export interface Reading {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** One GET, its body read whole. */
export async function get({ url, token }: EdgeInstance, path: string): Promise<Reading> {
  const startedAt = performance.now();
  const answer = await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } });
  const { length } = await answer.bytes();
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
  return { milliseconds: performance.now() - startedAt, bytes: length };
}

/** Follows the log to its end over WebSockets, and reconnects when it is disconnected. */
export async function follow(
  edge: EdgeInstance,
  id: string,
): Promise<Reading & { connections: number; lines: number }> {
  const startedAt = performance.now();
  const read = { connections: 0, bytes: 0, lines: 0 };
  while (!(await connect(edge, id, read)));
  return { ...read, milliseconds: performance.now() - startedAt };
}

/** One connection, starting after the lines that were read; whether it reached the end. */
function connect(
  { url, token }: EdgeInstance,
  id: string,
  read: { connections: number; bytes: number; lines: number },
): Promise<boolean> {
  read.connections += 1;
  const address = `${url.replace(/^http/, 'ws')}/api/deployments/${id}/logs/live?after=${read.lines}`;
  const socket = new WebSocket(address, [LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token]);
  let length = 0;
  let reported = 0;
  let ended = false;
  return new Promise((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      read.bytes += data.length;
      length += text.length;
      if (length - reported >= SEEN_EVERY) {
        reported = length;
        socket.send(JSON.stringify({ type: 'seen', length } satisfies FromViewer));
      }
      if (text.startsWith('{"type":"lines"')) read.lines = lastSeqIn(text);
      else if (text.startsWith('{"type":"end"')) ended = true;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(ended));
  });
}

/** The number of a frame's last line, without parsing the lines. */
const lastSeqIn = (frame: string) =>
  Number(/^"seq":(\d+)/.exec(frame.slice(frame.lastIndexOf('"seq":')))?.[1]);
