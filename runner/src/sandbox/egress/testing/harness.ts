/** A proxy under test: names that lead where the test says, hosts that are listeners on loopback, and a raw client. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { dialDirectly } from '../dial.ts';
import { type Egress, type EgressOptions, startEgress } from '../index.ts';
import { authorityOf, type Target } from '../target.ts';

export interface Dialed {
  readonly authority: string;
  readonly addresses: readonly string[];
}

export interface Harness {
  readonly egress: Egress;
  readonly socketPath: string;
  /** What was connected to, after all checks. */
  readonly dialed: readonly Dialed[];
  readonly log: readonly string[];
  /** Opens a connection to the proxy, as a tool in the container has one. */
  connect(): Client;
  /** Sends one request and gives everything that came back until the proxy closed the connection. */
  exchange(request: string): Promise<string>;
}

export interface HarnessOptions extends Partial<EgressOptions> {
  /** What names resolve to; a name that is not here does not exist. A list of lists gives one for each time it is asked. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** `host:port` to the port on loopback where that host is played. */
  readonly hosts?: Readonly<Record<string, number>>;
}

export const PUBLIC = '203.0.113.10';

/** Starts a proxy for one test, and ends it with the test. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { names = {}, hosts = {}, ...rest } = options;
  const folder = await mkdtemp(join(tmpdir(), 'appflux-egress-'));
  const socketPath = join(folder, 'proxy.sock');
  const dialed: Dialed[] = [];
  const log: string[] = [];
  const egress = await startEgress({
    socketPath,
    allow: ['packages.test'],
    npmRegistry: null,
    log: (text) => log.push(text),
    findHostProxy: () => null,
    resolve: async (host) => {
      const addresses = names[host];
      if (addresses === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return addresses;
    },
    dial: (target, addresses, patienceMs) => {
      dialed.push({ authority: authorityOf(target), addresses });
      return dialDirectly(playedBy(target, hosts), ['127.0.0.1'], patienceMs);
    },
    ...rest,
  });
  const clients: Client[] = [];
  onTestFinished(async () => {
    for (const client of clients) client.socket.destroy();
    await egress.close();
    await rm(folder, { recursive: true });
  });
  const connectClient = (): Client => {
    const client = new Client(socketPath);
    clients.push(client);
    return client;
  };
  return {
    egress,
    socketPath,
    dialed,
    log,
    connect: connectClient,
    exchange: async (request) => {
      const client = connectClient();
      client.socket.write(request, 'latin1');
      await client.closed;
      return client.received;
    },
  };
}

function playedBy(target: Target, hosts: Readonly<Record<string, number>>): Target {
  const port = hosts[authorityOf(target)];
  if (port === undefined) throw new Error(`nothing plays ${authorityOf(target)}`);
  return { host: '127.0.0.1', port, literal: true };
}

/** A connection to the proxy that keeps what it received. */
export class Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  received = '';

  constructor(socketPath: string) {
    this.socket = connect({ path: socketPath, allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
    });
    // A reset is one way in which the proxy ends a connection.
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('end', () => {
        this.socket.end();
        resolve();
      });
      this.socket.on('close', () => resolve());
    });
  }

  /** Resolves once `text` has come back. */
  async receives(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      const more = await Promise.race([
        once(this.socket, 'data').then(() => true),
        this.closed.then(() => false),
      ]);
      if (!more && !this.received.includes(text)) {
        throw new Error(`closed before ${JSON.stringify(text)}: ${JSON.stringify(this.received)}`);
      }
    }
  }
}

/** Listens on loopback for one test. Gives the port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  onTestFinished(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** Plays a host that speaks HTTP. */
export function playHttp(listener: RequestListener): Promise<number> {
  return listen(createHttpServer(listener));
}

/** Plays a host by what it does with each connection. */
export function playRaw(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(
    createServer({ allowHalfOpen: true }, (socket) => {
      // Cut by the other side, which is what some tests are about.
      socket.on('error', () => undefined);
      onConnection(socket);
    }),
  );
}
