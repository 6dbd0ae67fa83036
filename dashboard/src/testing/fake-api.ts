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
  RUNTIME_SUBPROTOCOL,
  type RuntimeLine,
  type ViewerFrame,
} from '@appflux/protocol';
import { languageFor } from '@appflux/protocol/languages';
import { type WebSocket, WebSocketServer } from 'ws';
import { pageOf } from '../../bundling/languages.ts';
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
  #build: string;
  readonly #server: Server;
  readonly #storage: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      [LOGS_SUBPROTOCOL, RUNTIME_SUBPROTOCOL].find((name) => offered.has(name)) ?? false,
  });
  readonly #viewers = new Map<string, Set<WebSocket>>();
  readonly #serverViewers = new Set<WebSocket>();
  origin = '';
  /** The origin of storage, which isn't that of the page. */
  storageOrigin = '';

  /** Pages of another product that is served here instead; null for the dashboard. */
  otherProduct: string | null = null;
  /** Files that were removed from the server, and the status of every response of a server with an error. */
  readonly removed = new Set<string>();
  failing: number | null = null;

  /** Takes the folder of the built dashboard. */
  constructor(build: string, world = emptyWorld()) {
    this.#build = build;
    this.world = world;
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#storage = createServer((request, response) => void this.#store(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      if (/^\/api\/apps\/[^/]+\/runtime\/logs/.test(request.url ?? '')) {
        this.#sockets.handleUpgrade(request, socket, head, (viewer) => {
          this.#serverViewers.add(viewer);
          viewer.on('close', () => this.#serverViewers.delete(viewer));
        });
        return;
      }
      const id = /^\/api\/deployments\/([0-9a-f]{24})\/logs\/live/.exec(request.url ?? '')?.[1];
      if (id === undefined || this.world.hanging.has('WebSocket')) socket.destroy();
      else this.#sockets.handleUpgrade(request, socket, head, (viewer) => this.#view(id, request, viewer));
    });
  }

  /** Takes the port of the dashboard; any free one by default. */
  async start(port = 0): Promise<void> {
    await listen(this.#server, port);
    await listen(this.#storage, 0);
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.storageOrigin = `http://127.0.0.1:${(this.#storage.address() as AddressInfo).port}`;
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

  /** Adds lines to the log of an app's server and sends them to its viewers. */
  serverLog(lines: RuntimeLine[]): void {
    this.world.runtimeLines = [...this.world.runtimeLines, ...lines];
    const upTo = this.world.runtimeLines.at(-1)?.seq ?? 0;
    for (const viewer of this.#serverViewers) viewer.send(JSON.stringify({ type: 'lines', lines, upTo }));
  }

  /** How many browsers follow the log of a server. */
  get serverViewers(): number {
    return this.#serverViewers.size;
  }

  /** Changes a deployment and notifies the viewers of its log. */
  change(id: string, over: Partial<Deployment>): void {
    const changed = this.world.deployments.find((deployment) => deployment.id === id);
    if (!changed) throw new Error(`there is no deployment ${id}`);
    Object.assign(changed, over);
    this.#tell(id, { type: 'state', status: changed.status, phase: changed.phase });
    if (hasEnded(changed.status)) this.#tell(id, { type: 'end', status: changed.status });
  }

  /** Serves another build, as deploying the dashboard does. */
  deploy(build: string): void {
    this.#build = build;
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
        const isSentAsIs = typeof body === 'string' || body === undefined || Buffer.isBuffer(body);
        response.end(isSentAsIs ? body : JSON.stringify(body));
      } else {
        await this.#file(url.pathname, request, response);
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
      storageOrigin: this.storageOrigin,
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

  /** A file of the build, or the page in the visitor’s language for every other path, as on the edge. */
  async #file(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wanted = normalize(path);
    const content = wanted === '/' ? null : await readFile(join(this.#build, wanted)).catch(() => null);
    if (this.failing !== null) {
      response.writeHead(this.failing, { 'Content-Type': 'text/html' }).end();
      return;
    }
    if (this.otherProduct !== null) {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(this.otherProduct);
      return;
    }
    const removed = content === null || this.removed.has(wanted);
    if (removed && /^\/(?:_appflux\/|service-worker\.js$)/.test(wanted)) {
      response.writeHead(404, { 'Content-Type': 'application/json' }).end();
      return;
    }
    const type = TYPES[content ? extname(wanted) : '.html'] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type });
    const { cookie = null, 'accept-language': accepted = null } = request.headers;
    response.end(content ?? (await readFile(join(this.#build, pageOf(languageFor(cookie, accepted))))));
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}

const listen = (server: Server, port: number) =>
  new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
