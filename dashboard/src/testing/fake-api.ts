/**
 * An in-memory edge for tests of the built dashboard and for screenshots. It listens on loopback, serves the build, the
 * API, the sign-in, live logs, and uploads. The dashboard parses its responses with the protocol's schemas.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import {
  AppFluxError,
  type Deployment,
  hasEnded,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type ViewerFrame,
} from '@appflux/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { SESSION_KEY } from '../lib/session/storage-key.ts';
import { authAnswerTo } from './fake-auth.ts';
import type { Answer } from './fake-call.ts';
import { answerTo } from './fake-routes.ts';
import { emptyWorld, type World } from './world.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export class FakeApi {
  readonly world: World;
  /** Each call as `METHOD path`, and the number of bytes uploaded to storage, by path. */
  readonly calls: string[] = [];
  readonly stored = new Map<string, number>();
  readonly #build: string;
  readonly #server: Server;
  readonly #storage: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(LOGS_SUBPROTOCOL) ? LOGS_SUBPROTOCOL : false),
  });
  readonly #viewers = new Map<string, Set<WebSocket>>();
  origin = '';
  #storageOrigin = '';

  /** Takes the folder of the built dashboard. */
  constructor(build: string, world = emptyWorld()) {
    this.#build = build;
    this.world = world;
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#storage = createServer((request, response) => void this.#store(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      const id = /^\/api\/deployments\/([0-9a-f]{24})\/logs\/live/.exec(request.url ?? '')?.[1];
      if (id === undefined || this.world.hanging.has('WebSocket')) socket.destroy();
      else this.#sockets.handleUpgrade(request, socket, head, (viewer) => this.#view(id, request, viewer));
    });
  }

  async start(): Promise<void> {
    for (const server of [this.#server, this.#storage]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#storageOrigin = `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.dropViewers();
    for (const server of [this.#server, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** The one-time link that signs a browser in. */
  get signInLink(): string {
    return `${this.origin}/sign-in#token_hash=good`;
  }

  /** What the dashboard stores in a signed-in browser, in Playwright's format. */
  get signedIn(): { origin: string; localStorage: { name: string; value: string }[] } {
    const [, session] = authAnswerTo('POST', '/auth/v1/verify', { token_hash: 'good' }, this.world);
    return { origin: this.origin, localStorage: [{ name: SESSION_KEY, value: JSON.stringify(session) }] };
  }

  /** Adds lines to a deployment's log and sends them to its viewers. */
  log(id: string, lines: LogLine[]): void {
    this.world.logs.set(id, [...(this.world.logs.get(id) ?? []), ...lines]);
    this.#tell(id, { type: 'lines', lines });
  }

  /** Changes a deployment and notifies the viewers of its log. */
  change(id: string, over: Partial<Deployment>): void {
    const changed = this.world.deployments.find((deployment) => deployment.id === id);
    if (!changed) throw new Error(`there is no deployment ${id}`);
    Object.assign(changed, over);
    this.#tell(id, { type: 'state', status: changed.status, phase: changed.phase });
    if (hasEnded(changed.status)) this.#tell(id, { type: 'end', status: changed.status });
  }

  /** Drops all live connections, as deploying the Worker does. */
  dropViewers(): void {
    for (const viewer of this.#sockets.clients) viewer.terminate();
  }

  #tell(id: string, frame: ViewerFrame): void {
    for (const viewer of this.#viewers.get(id) ?? []) viewer.send(JSON.stringify(frame));
  }

  #view(id: string, request: IncomingMessage, viewer: WebSocket): void {
    const send = (frame: ViewerFrame) => viewer.send(JSON.stringify(frame));
    const deployment = this.world.deployments.find((candidate) => candidate.id === id);
    if (!deployment) {
      viewer.close(4404);
      return;
    }
    const { status, phase } = deployment;
    send({ type: 'state', status, phase });
    const after = Number(new URL(request.url ?? '/', this.origin).searchParams.get('after'));
    const lines = (this.world.logs.get(id) ?? []).filter(({ seq }) => seq > after);
    for (let at = 0; at < lines.length; at += 2000)
      send({ type: 'lines', lines: lines.slice(at, at + 2000) });
    if (hasEnded(status)) {
      send({ type: 'end', status });
      viewer.close(1000);
      return;
    }
    const viewers = this.#viewers.get(id) ?? new Set();
    this.#viewers.set(id, viewers.add(viewer));
    viewer.on('close', () => viewers.delete(viewer));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    const call = `${request.method} ${url.pathname}`;
    if ([...this.world.hanging].some((key) => call.startsWith(key))) return;
    try {
      if (/^\/(?:api|auth\/v1)\//.test(url.pathname)) {
        const [status, body] = await this.#answer(request, call, url);
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
      } else {
        await this.#file(url.pathname, response);
      }
    } catch (error) {
      const refusal = error instanceof AppFluxError ? error : new AppFluxError('bad_request', String(error));
      response.writeHead(refusal.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(refusal.toBody()));
    }
  }

  async #answer(request: IncomingMessage, call: string, url: URL): Promise<Answer> {
    const body = await bodyOf(request);
    if (url.pathname.startsWith('/auth/'))
      return authAnswerTo(request.method ?? '', url.pathname, body, this.world);
    this.calls.push(call);
    const refusal = [...this.world.refusals].find(([key]) => call.startsWith(key))?.[1];
    if (refusal) throw refusal;
    const open = /^\/api\/(?:config|invitations\/look)$/.test(url.pathname);
    if (open) return this.#routed(request, url, body);
    if (this.world.sessionEnded || !/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
      throw new AppFluxError('unauthorized', 'Sign in first');
    }
    return this.#routed(request, url, body);
  }

  #routed(request: IncomingMessage, url: URL, body: unknown): Answer {
    const { world, stored, origin } = this;
    const change = (id: string, over: Partial<Deployment>) => this.change(id, over);
    return answerTo(request.method ?? '', url, body, {
      world,
      stored,
      change,
      origin,
      storageOrigin: this.#storageOrigin,
    });
  }

  /** Storage on another origin, so browsers need CORS headers to read the ETag. */
  async #store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Methods', 'PUT');
    response.setHeader('Access-Control-Allow-Headers', '*');
    response.setHeader('Access-Control-Expose-Headers', 'ETag');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    await new Promise((resolve) => setTimeout(resolve, this.world.storageDelay));
    this.stored.set(request.url ?? '', size);
    response.writeHead(200, { ETag: `"${randomBytes(8).toString('hex')}"` }).end();
  }

  /** A file of the build, or the page for every other path, as on the edge. */
  async #file(path: string, response: ServerResponse): Promise<void> {
    const wanted = normalize(path).replace(/^\/$/, '/index.html');
    const content = await readFile(join(this.#build, wanted)).catch(() => null);
    const type = TYPES[content ? extname(wanted) : '.html'] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type });
    response.end(content ?? (await readFile(join(this.#build, 'index.html'))));
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}
