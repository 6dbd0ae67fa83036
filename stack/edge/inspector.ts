/**
 * Where a debugger attaches to workerd. workerd itself answers everybody who reaches it, and a page in a browser of this
 * machine reaches 127.0.0.1: it could run code in the control plane. So workerd listens where no page finds it, which can't
 * be a Unix socket, and this lets through who is no page.
 */
import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf, StackProblem } from '../problem.ts';

/** Names of this machine. A page whose own name resolves to 127.0.0.1 sends that name. */
const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/** The front end of Chrome's developer tools. Browsers send an origin with each WebSocket of a page; programs send none. */
const DEVELOPER_TOOLS = /^devtools:\/\//;

const mayAttach = ({ headers: { host = '', origin } }: IncomingMessage): boolean =>
  LOCAL.test(host) && (origin === undefined || DEVELOPER_TOOLS.test(origin));

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface InspectorServer {
  /** Where workerd is to listen, as `host:port`: one of 10^12 addresses of this machine. */
  readonly runtime: string;
  close(): void;
}

/**
 * Listens on a port of 127.0.0.1.
 * @throws StackProblem `edge_failed` if the port is in use
 */
export async function serveInspector(port: number): Promise<InspectorServer> {
  const at: Address = {
    host: [127, randomInt(1, 255), randomInt(1, 255), randomInt(1, 255)].join('.'),
    port: randomInt(1024, 65_536),
  };
  const open = new Set<Duplex>();
  const server = createServer((request, response) => {
    if (mayAttach(request)) passOn(request, response, at);
    else response.writeHead(403).end();
  });
  server.on('upgrade', (request, client, head) => {
    if (!mayAttach(request)) return void client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    const runtime = connect(at);
    for (const [from, to] of [
      [client, runtime],
      [runtime, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.once('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    runtime.write(headOf(request));
    runtime.write(head);
  });
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) =>
      reject(
        new StackProblem(
          'edge_failed',
          `No debugger can attach at 127.0.0.1:${port} (${messageOf(error)})`,
          'end the program that uses it',
        ),
      );
    server.once('error', refuse);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    runtime: `${at.host}:${at.port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
      for (const stream of open) stream.destroy();
    },
  };
}

/** Asks workerd, which lists what a debugger can attach to by the host that it is asked for. */
function passOn(
  { method, url, headers: { host } }: IncomingMessage,
  response: ServerResponse,
  at: Address,
): void {
  send(
    { ...at, method, path: url, headers: { host } },
    (answer) => void answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)),
  )
    .once('error', () => response.writeHead(502).end())
    .end();
}

/** A request's line and headers as they were received. */
function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => `${rawHeaders[2 * index]}: ${rawHeaders[2 * index + 1]}\r\n`,
  );
  return `${method} ${url} HTTP/1.1\r\n${headers.join('')}\r\n`;
}
