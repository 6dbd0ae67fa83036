/**
 * The edge's side of the wire for tests: real HTTP and WebSockets on loopback, frames checked with the
 * protocol's schemas, and faults on demand. It keeps no rules of its own beyond the protocol.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CLOSE,
  type Grant,
  PING,
  PONG,
  type PoolToRunner,
  PROTOCOL_HEADER,
  RecoveredLines,
  RegisterRunner,
  RunnerToPool,
} from '@appflux/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { FakeAttempt, leaseHeader } from './fake-attempt.ts';
import type { FakeSites } from './fake-sites.ts';
import { newRunnerId } from './sample-job.ts';

export const FAKE_CREDENTIAL = 'runner-credential-of-the-test';

export class FakeEdge {
  /** The id that a runner gets here. */
  readonly runnerId = newRunnerId();
  /** Frames of the runner to its pool. */
  readonly poolFrames: RunnerToPool[] = [];
  /** Types of frames that it says it accepts; an edge of an earlier version says nothing. */
  accepts: string[] | undefined;
  /** Objects that were put into storage, parts by number: `name` to bytes of each part. */
  readonly stored = new Map<string, Map<number, Buffer>>();
  /** Files that can be fetched from `sourceUrl(name)`. */
  readonly sources = new Map<string, Buffer>();
  /** The sites that it publishes; an edge of an earlier version publishes none. */
  sites: FakeSites | undefined;
  /** Statuses with which the next PUTs into storage are answered, before they work again. */
  readonly storageFaults: number[] = [];
  /** What it has of attempts that no runner runs any more, as `deployment/attempt`; others are not taken. */
  readonly leftLines = new Map<string, { seq: number; texts: string[]; complete: boolean }>();
  /** Statuses with which the next requests for those are answered, after they were carried out. */
  readonly leftLinesFaults: number[] = [];
  /** Whether those are the edge's own answers, in JSON, and not a proxy's before it. */
  leftLinesFaultsAreOwn = false;
  /** Registration tokens that are good. */
  readonly tokens = new Set<string>(['registration-token']);
  /** Refuses every WebSocket with this status, and this body. */
  refuseStatus: number | undefined;
  /** How many it has refused. */
  refused = 0;
  refusal = '';
  /** The protocol that it names when a WebSocket opens; an edge of version 0.1.0 names none. */
  protocol: string | undefined;
  /** What runners named, in the order of their connections to the pool. */
  readonly protocols: (string | undefined)[] = [];
  /** What the runner is registered for; an edge of version 0.1.0 does not say it. */
  registered: { name: string; labels: string[]; slots: number } | undefined;
  /** Members of a registration that this edge refuses, as one of version 0.1.0 does. */
  readonly unknownMembers = new Set<string>();
  /** The registrations that it was asked for. */
  readonly registrations: RegisterRunner[] = [];
  /** The variables whose values are masked; undefined for an edge that doesn't name them. */
  sensitive: string[] | undefined;
  /** Answers no ping. */
  mute = false;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #attempts = new Map<string, FakeAttempt>();
  #pool: WebSocket | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    this.#sockets.on('headers', (headers) => {
      if (this.protocol !== undefined) headers.push(`${PROTOCOL_HEADER}: ${this.protocol}`);
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async start(): Promise<FakeEdge> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeEdge(server);
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  sourceUrl(name: string): string {
    return new URL(`/sources/${name}?X-Amz-Signature=${'7'.repeat(32)}`, this.url).href;
  }

  get poolConnected(): boolean {
    return this.#pool !== undefined;
  }

  /** Hands out a grant, as the pool does once the deployment has given the lease. */
  grant(grant: Grant, baseSeq = 0): FakeAttempt {
    const attempt = new FakeAttempt(grant, new URL('/storage', this.url).href, baseSeq, this.sites);
    this.#attempts.set(`${grant.deploymentId}/${grant.attempt}`, attempt);
    this.sendToPool({
      type: 'grant',
      grant,
      ...(this.sensitive === undefined ? {} : { sensitive: this.sensitive }),
    });
    return attempt;
  }

  sendToPool(frame: PoolToRunner) {
    this.#pool?.send(JSON.stringify(frame));
  }

  closePool(code: number) {
    this.#pool?.close(code);
  }

  /** Breaks every connection, as a deploy of the edge does. */
  dropAll() {
    this.#pool?.terminate();
    this.#pool = undefined;
    for (const attempt of this.#attempts.values()) attempt.drop();
  }

  /** What was wrong with attempts' frames; a runner that keeps to the protocol leaves this empty. */
  get misunderstood(): string[] {
    return [...this.#attempts.values()].flatMap(({ misunderstood }) => misunderstood);
  }

  /** The bytes that were put for an artifact, its parts joined. */
  storedBytes(name: string): Buffer {
    const parts = this.stored.get(name) ?? new Map<number, Buffer>();
    return Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
  }

  async close() {
    this.dropAll();
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    const body = await buffer(request);
    const [, folder, name = '', part = ''] = pathname.split('/').map(decodeURIComponent);
    if (folder === 'storage' && request.method === 'PUT')
      return this.#store(request, response, name, Number(part), body);
    const source = folder === 'sources' ? this.sources.get(name) : undefined;
    if (source !== undefined) {
      response.writeHead(200, { 'content-length': source.length }).end(source);
      return;
    }
    if (pathname === '/api/runners/register') return this.#register(response, JSON.parse(body.toString()));
    const left = /^\/api\/deployments\/([0-9a-f]{24})\/attempts\/(\d+)\/lines$/.exec(pathname);
    if (left !== null && request.method === 'POST')
      return this.#takeLeftLines(request, response, `${left[1]}/${left[2]}`, body);
    if (pathname === '/api/health') {
      return json(response, 200, {
        status: 'ok',
        version: '0.0.0',
        parts: { metadata: 'ok', storage: 'ok', queue: 'ok' },
      });
    }
    json(response, 404, { error: { code: 'not_found', message: 'There is nothing here' } });
  }

  #register(response: ServerResponse, body: unknown) {
    const asked = RegisterRunner.parse(body);
    const unknown = Object.keys(asked).filter((member) => this.unknownMembers.has(member));
    if (unknown.length > 0) {
      const message = `Unrecognized key: ${unknown.join(', ')}`;
      return json(response, 400, { error: { code: 'bad_request', message } });
    }
    this.registrations.push(asked);
    const { token, name } = asked;
    if (!this.tokens.delete(token)) {
      const error = { code: 'unauthorized', message: 'Invalid registration token', hint: 'Create a new one' };
      return json(response, 401, { error });
    }
    json(response, 201, { id: this.runnerId, name, credential: FAKE_CREDENTIAL });
  }

  #takeLeftLines(request: IncomingMessage, response: ServerResponse, key: string, body: Buffer) {
    const { lines, complete } = RecoveredLines.parse(JSON.parse(body.toString()));
    const attempt = this.leftLines.get(key);
    if (request.headers.authorization !== `Bearer ${FAKE_CREDENTIAL}`)
      return json(response, 401, { error: { code: 'unauthorized', message: 'Unknown credential' } });
    if (attempt === undefined)
      return json(response, 409, { error: { code: 'already_ended', message: 'The deployment has ended' } });
    for (const { seq, text } of lines) {
      if (seq !== attempt.seq + 1) continue;
      attempt.seq = seq;
      attempt.texts.push(text);
    }
    attempt.complete ||= complete;
    const fault = this.leftLinesFaults.shift();
    if (fault === undefined) return json(response, 200, { seq: attempt.seq });
    if (this.leftLinesFaultsAreOwn) return json(response, fault, { error: { code: 'unavailable' } });
    response.writeHead(fault).end();
  }

  #store(request: IncomingMessage, response: ServerResponse, name: string, part: number, body: Buffer) {
    const fault = this.storageFaults.shift();
    if (fault !== undefined) return void response.writeHead(fault).end();
    // S3 takes no chunked bodies (it needs the length up front).
    if (request.headers['content-length'] !== String(body.length)) return void response.writeHead(411).end();
    const parts = this.stored.get(name) ?? new Map<number, Buffer>();
    this.stored.set(name, parts.set(part, body));
    response.writeHead(200, { etag: `"etag-${part}"` }).end();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const authorized = request.headers.authorization === `Bearer ${FAKE_CREDENTIAL}`;
    const status = this.refuseStatus ?? (authorized ? undefined : 401);
    if (status !== undefined) {
      this.refused += 1;
      // A runner does not read a long refusal to its end.
      socket.on('error', () => undefined);
      const length = Buffer.byteLength(this.refusal);
      socket.end(
        `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${this.refusal}`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const { pathname } = new URL(request.url ?? '/', this.url);
      if (pathname === '/api/pool/connect') {
        this.protocols.push(request.headers[PROTOCOL_HEADER]?.toString());
        return this.#acceptPool(client);
      }
      const match = /^\/api\/deployments\/([0-9a-f]{24})\/attempts\/(\d+)\/connect$/.exec(pathname);
      const attempt = this.#attempts.get(`${match?.[1]}/${match?.[2]}`);
      if (attempt === undefined) return client.close(CLOSE.staleAttempt);
      const take = attempt.accept(client, request.headers[leaseHeader]?.toString());
      this.#listen(client, take, () => {
        attempt.pings += 1;
      });
    });
  }

  /** Gives on what comes, without pings: the platform answers those itself, and the objects never see them. */
  #listen(client: WebSocket, take: (text: string) => void, onPing?: () => void) {
    client.on('message', (data) => {
      const text = data.toString();
      if (text !== PING) return take(text);
      onPing?.();
      if (!this.mute) client.send(PONG);
    });
  }

  #acceptPool(client: WebSocket) {
    this.#pool?.close(CLOSE.replaced);
    this.#pool = client;
    client.on('close', () => {
      if (this.#pool === client) this.#pool = undefined;
    });
    this.#listen(client, (text) => this.poolFrames.push(RunnerToPool.parse(JSON.parse(text))));
    this.sendToPool({
      type: 'welcome',
      runnerId: this.runnerId,
      name: 'test',
      draining: false,
      ...(this.registered === undefined ? {} : { registered: this.registered }),
      ...(this.accepts === undefined ? {} : { accepts: this.accepts }),
    });
  }
}

function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
