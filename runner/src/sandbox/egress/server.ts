/** The HTTP server that a build talks to: routes requests, answers refused ones, and never throws. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { forward } from './forward.ts';
import type { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { EgressLimits, EgressTimeouts } from './options.ts';
import { REFUSED, Refusal, shown } from './refusal.ts';
import type { RegistryProxy } from './registry/reverse-proxy.ts';
import { parseAbsolute, parsePath, type Target } from './target.ts';
import { serveTunnel, TUNNEL_ANSWER } from './tunnel.ts';

export interface ProxyServerOptions {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly registry: RegistryProxy | null;
  readonly limits: EgressLimits;
  readonly timeouts: EgressTimeouts;
  /** The proxy's own `host:port` as the build sees it. */
  readonly proxyAuthority: string;
}

const MAX_HEADER_BYTES = 16_384;
const CLIENT = 'a connection of the build';

/** Makes the server; it is the caller's to listen with. `clients` are the connections that are open. */
export function createProxyServer(options: ProxyServerOptions): {
  server: Server;
  clients: ReadonlySet<Duplex>;
} {
  const { gate, ledger, registry, limits, timeouts, proxyAuthority } = options;
  const clients = new Set<Duplex>();
  /** Tunnels whose requests are served here: plain HTTP to a host, or (null) to the proxy itself. */
  const plainTunnels = new WeakMap<Duplex, Target | null>();

  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headMs,
    requestTimeout: Math.max(timeouts.headMs, timeouts.idleMs),
    keepAliveTimeout: timeouts.halfOpenMs,
    connectionsCheckingInterval: Math.min(timeouts.headMs, 5_000),
    // The target is in the request line: a CONNECT of an old tool may come without the field.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  });
  server.maxConnections = limits.connections;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    const tunneled = plainTunnels.get(request.socket);
    const path = parsePath(url);
    if (tunneled) {
      if (path === null) throw new Refusal('malformed', shown(url));
      return await forward(request, response, tunneled, path, { gate, ledger, idleMs: timeouts.idleMs });
    }
    if (path !== null) {
      if (registry === null) throw new Refusal('registry_absent', shown(url));
      return await registry.serve(request, response);
    }
    const absolute = parseAbsolute(url);
    if (absolute === null || tunneled === null) throw new Refusal('malformed', shown(url));
    await forward(request, response, absolute.target, absolute.path, {
      gate,
      ledger,
      idleMs: timeouts.idleMs,
    });
  }

  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => refuseRequest(error, response, ledger));
  });

  server.on('connect', (request, stream, head) => {
    // A client on a Unix socket: the server was given no other kind of stream.
    const client = stream as Socket;
    const serveHttp = (socket: Socket, target: Target | null): void => {
      plainTunnels.set(socket, target);
      server.emit('connection', socket);
    };
    if (plainTunnels.has(client)) {
      refuseTunnel(new Refusal('malformed', 'a tunnel inside a tunnel'), client, ledger);
      return;
    }
    if (request.url === proxyAuthority) {
      // A tool that knows of no exceptions asks the proxy for a way to the proxy.
      client.write(TUNNEL_ANSWER);
      if (head.length > 0) client.unshift(head);
      serveHttp(client, null);
      return;
    }
    serveTunnel(request, client, head, {
      gate,
      ledger,
      serveHttp,
      timeouts: { ...timeouts, helloMs: timeouts.headMs },
    }).catch((error: unknown) => refuseTunnel(error, client, ledger));
  });

  server.on('connection', (client) => {
    if (clients.has(client)) return;
    clients.add(client);
    client.once('close', () => clients.delete(client));
    // Resets by the build's tools are normal. The connection's user handles its close.
    client.on('error', () => client.destroy());
  });

  server.on('drop', () => ledger.refuse(new Refusal('too_many_connections', CLIENT)));

  server.on('clientError', (error: NodeJS.ErrnoException, client) => {
    if (error.code === 'ECONNRESET' || !client.writable) {
      client.destroy();
      return;
    }
    const status = CLIENT_ERROR_STATUS[error.code ?? ''] ?? '400 Bad Request';
    ledger.refuse(new Refusal('malformed', CLIENT, status));
    client.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
      client.destroy(),
    );
  });

  return { server, clients };
}

const CLIENT_ERROR_STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Turns whatever stopped a request into its answer, or cuts off an answer that has begun. */
function refuseRequest(error: unknown, response: ServerResponse, ledger: Ledger): void {
  if (error instanceof Refusal) ledger.refuse(error);
  // Otherwise one side broke off in the middle of an answer: to the build that shows as a cut connection.
  if (!(error instanceof Refusal) || response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(error.status, REFUSED, refusalFields(error));
  response.end(refusalBody(error));
}

function refuseTunnel(error: unknown, client: Socket, ledger: Ledger): void {
  if (!(error instanceof Refusal)) {
    client.destroy();
    return;
  }
  ledger.refuse(error);
  const fields = Object.entries(refusalFields(error)).map(([name, value]) => `${name}: ${value}\r\n`);
  client.end(`HTTP/1.1 ${error.status} ${REFUSED}\r\n${fields.join('')}\r\n${refusalBody(error)}`);
  // What the client goes on to send is thrown away until it has read the answer.
  client.resume();
  client.setTimeout(10_000, () => client.destroy());
}

function refusalBody(error: Refusal): string {
  return `AppFlux: ${error.message}\n`;
}

function refusalFields(error: Refusal): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(refusalBody(error))),
    Connection: 'close',
  };
}
