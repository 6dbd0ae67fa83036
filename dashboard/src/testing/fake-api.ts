/**
 * The HTTP API in memory, for tests of the built dashboard and for screenshots: a page's own server on
 * loopback that serves the build, answers `/api` and the sign-in, follows logs, and takes uploads. Every
 * answer parses with the protocol's schemas.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import {
  type ApiToken,
  type App,
  AppFluxError,
  CreateApp,
  CreateDeployment,
  CreateToken,
  CreateUpload,
  type Deployment,
  hasEnded,
  LOGS_SUBPROTOCOL,
  type LogLine,
  type Runner,
  UpdateApp,
  type ViewerFrame,
} from '@appflux/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { idOf, app as makeApp, deployment as makeDeployment } from './fixtures.ts';

/** What the server knows. A test changes it as it goes. */
export interface World {
  apps: App[];
  /** Newest first, of all apps. */
  deployments: Deployment[];
  runners: Runner[];
  tokens: ApiToken[];
  logs: Map<string, LogLine[]>;
  /** Refuses calls whose method and path begin so, such as `GET /api/apps`. */
  refusals: Map<string, AppFluxError>;
  /** Leaves calls that begin so without an answer, to show how a page waits. */
  hanging: Set<string>;
  /** Whether the session was ended elsewhere: neither its token nor its refresh token is taken. */
  sessionEnded: boolean;
  /** Milliseconds that storage takes for a part. */
  storageDelay: number;
}

export function emptyWorld(): World {
  return {
    apps: [],
    deployments: [],
    runners: [],
    tokens: [],
    logs: new Map(),
    refusals: new Map(),
    hanging: new Set(),
    sessionEnded: false,
    storageDelay: 0,
  };
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const PART_SIZE = 5 * 1024 * 1024;

export class FakeApi {
  readonly world: World;
  /** Each call as `METHOD path`, and what storage was given. */
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
  #nextId = 9000;
  origin = '';
  #storageOrigin = '';

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
    for (const viewer of this.#sockets.clients) viewer.terminate();
    for (const server of [this.#server, this.#storage]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  /** The one-time link that signs a browser in. */
  get signInLink(): string {
    return `${this.origin}/sign-in#token_hash=good`;
  }

  /** Adds lines to a deployment's log and passes them on to whoever follows it. */
  log(id: string, lines: LogLine[]): void {
    this.world.logs.set(id, [...(this.world.logs.get(id) ?? []), ...lines]);
    this.#tell(id, { type: 'lines', lines });
  }

  /** Changes a deployment and tells whoever follows its log. */
  change(id: string, over: Partial<Deployment>): void {
    const changed = this.world.deployments.find((deployment) => deployment.id === id);
    if (!changed) throw new Error(`there is no deployment ${id}`);
    Object.assign(changed, over);
    this.#tell(id, { type: 'state', status: changed.status, phase: changed.phase });
    if (hasEnded(changed.status)) this.#tell(id, { type: 'end', status: changed.status });
  }

  /** Drops every live connection, as a deploy of the Worker does. */
  dropViewers(): void {
    for (const viewer of this.#sockets.clients) viewer.terminate();
  }

  #tell(id: string, frame: ViewerFrame): void {
    for (const viewer of this.#viewers.get(id) ?? []) viewer.send(JSON.stringify(frame));
  }

  #view(id: string, request: IncomingMessage, viewer: WebSocket): void {
    const after = Number(new URL(request.url ?? '/', this.origin).searchParams.get('after'));
    const lines = (this.world.logs.get(id) ?? []).filter(({ seq }) => seq > after);
    for (let at = 0; at < lines.length; at += 2000) {
      viewer.send(JSON.stringify({ type: 'lines', lines: lines.slice(at, at + 2000) }));
    }
    const deployment = this.world.deployments.find((candidate) => candidate.id === id);
    if (!deployment) {
      viewer.close(4404);
      return;
    }
    viewer.send(JSON.stringify({ type: 'state', status: deployment.status, phase: deployment.phase }));
    if (hasEnded(deployment.status)) {
      viewer.send(JSON.stringify({ type: 'end', status: deployment.status }));
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
    const begins = (key: string) => call.startsWith(key);
    if ([...this.world.hanging].some(begins)) return;
    try {
      if (url.pathname.startsWith('/api/')) {
        this.calls.push(call);
        const refusal = [...this.world.refusals].find(([key]) => begins(key))?.[1];
        if (refusal) throw refusal;
        if (this.world.sessionEnded || !/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
          throw new AppFluxError('unauthorized', 'Sign in first');
        }
        this.#answer(response, ...(await this.#api(call, url, await bodyOf(request))));
      } else if (url.pathname.startsWith('/auth/v1/')) {
        this.#answer(response, ...this.#auth(url, await bodyOf(request)));
      } else {
        await this.#file(url.pathname, response);
      }
    } catch (error) {
      const refusal =
        error instanceof AppFluxError
          ? error
          : new AppFluxError('bad_request', String(error), { cause: error });
      this.#answer(response, refusal.status, refusal.toBody());
    }
  }

  #answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #api(call: string, url: URL, body: unknown): Promise<[number, unknown]> {
    const { world } = this;
    const [, , resource = '', id = '', part = '', name = ''] = url.pathname.split('/');
    const page = <Item>(items: Item[]) => {
      const limit = Number(url.searchParams.get('limit') ?? 30);
      const from = Number(url.searchParams.get('cursor') ?? 0);
      const next = from + limit < items.length ? String(from + limit) : null;
      return { items: items.slice(from, from + limit), nextCursor: next };
    };
    const known = <Item>(item: Item | undefined): Item => {
      if (item === undefined)
        throw new AppFluxError('not_found', `There is no such ${resource.replace(/s$/, '')}`);
      return item;
    };
    const app = () => known(world.apps.find(({ slug }) => slug === id));
    const deployment = () => known(world.deployments.find((candidate) => candidate.id === id));
    const verb = `${call.split(' ')[0]} ${resource}${id && '/:id'}${part && `/${part}`}${name && '/:name'}`;

    switch (verb) {
      case 'GET apps':
        return [200, page(world.apps)];
      case 'POST apps': {
        const created = CreateApp.parse(body);
        const slug = created.slug ?? 'app';
        if (world.apps.some((other) => other.slug === slug))
          throw new AppFluxError('slug_taken', `${slug} is taken`);
        const { name: title, source } = created;
        const made = makeApp({ id: this.#id(), name: title, slug, source, type: created.type ?? null });
        world.apps.unshift(made);
        return [201, made];
      }
      case 'GET apps/:id':
        return [200, app()];
      case 'PATCH apps/:id':
        return [200, Object.assign(app(), UpdateApp.parse(body))];
      case 'DELETE apps/:id':
        world.apps = world.apps.filter((other) => other !== app());
        return [204, undefined];
      case 'PUT apps/:id/env/:name': {
        const changed = app();
        changed.envVars = [
          ...changed.envVars.filter((variable) => variable.name !== name),
          { name, environments: ['production', 'preview'] },
        ];
        return [204, undefined];
      }
      case 'DELETE apps/:id/env/:name':
        app().envVars = app().envVars.filter((variable) => variable.name !== name);
        return [204, undefined];
      case 'POST apps/:id/release':
        return [200, Object.assign(app(), { release: (body as { deploymentId: string }).deploymentId })];
      case 'GET apps/:id/deployments': {
        const { slug } = app();
        return [200, page(world.deployments.filter((candidate) => candidate.app.slug === slug))];
      }
      case 'POST apps/:id/deployments': {
        const { branch = null, environment = 'production', uploadId } = CreateDeployment.parse(body);
        return [202, this.#deploy(app(), { branch, environment, trigger: uploadId ? 'upload' : 'manual' })];
      }
      case 'GET deployments/:id':
        return [200, deployment()];
      case 'POST deployments/:id/cancel': {
        const canceled = deployment();
        if (hasEnded(canceled.status)) throw new AppFluxError('already_ended', 'The deployment has ended');
        this.change(id, { status: 'canceling' });
        return [202, canceled];
      }
      case 'POST deployments/:id/redeploy': {
        const { app: of, branch, environment } = deployment();
        return [
          202,
          this.#deploy(known(world.apps.find(({ slug }) => slug === of.slug)), { branch, environment }),
        ];
      }
      case 'GET deployments/:id/logs': {
        const after = Number(url.searchParams.get('after'));
        const lines = world.logs.get(id) ?? [];
        const items = lines.filter(({ seq }) => seq > after).slice(0, 1000);
        return [200, { items, lastSeq: lines.at(-1)?.seq ?? 0, ended: hasEnded(deployment().status) }];
      }
      case 'GET deployments/:id/logs.ndjson':
        return [200, (world.logs.get(id) ?? []).map((line) => `${JSON.stringify(line)}\n`).join('')];
      case 'POST uploads': {
        const { size } = CreateUpload.parse(body);
        const uploadId = this.#id();
        const parts = Array.from({ length: Math.ceil(size / PART_SIZE) }, (_, index) => ({
          partNumber: index + 1,
          url: `${this.#storageOrigin}/${uploadId}/${index + 1}`,
        }));
        return [201, { uploadId, partSize: PART_SIZE, parts }];
      }
      case 'POST uploads/:id/complete': {
        const sizes = [...this.stored].filter(([key]) => key.startsWith(`/${id}/`)).map(([, size]) => size);
        return [200, { uploadId: id, size: sizes.reduce((sum, size) => sum + size, 0) }];
      }
      case 'GET runners':
        return [200, page(world.runners)];
      case 'POST runners/:id':
        return [
          201,
          {
            id: this.#id(),
            token: 'afr_8Qk2mZ7pWc4xTn1v',
            expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          },
        ];
      case 'POST runners/:id/drain':
        return [
          200,
          Object.assign(known(world.runners.find((runner) => runner.id === id)), { status: 'draining' }),
        ];
      case 'DELETE runners/:id':
        world.runners = world.runners.filter((runner) => runner.id !== id);
        return [204, undefined];
      case 'GET tokens':
        return [200, page(world.tokens)];
      case 'POST tokens': {
        const { expiresAt = null, name: title, scopes } = CreateToken.parse(body);
        const token: ApiToken = {
          id: this.#id(),
          name: title,
          scopes,
          expiresAt,
          lastUsedAt: null,
          createdAt: new Date().toISOString(),
        };
        world.tokens.unshift(token);
        return [201, { ...token, token: 'aft_4f9c2e7ab1d84c06_Zk3vQ9' }];
      }
      case 'DELETE tokens/:id':
        world.tokens = world.tokens.filter((token) => token.id !== id);
        return [204, undefined];
      default:
        throw new AppFluxError('not_found', `There is no ${verb}`);
    }
  }

  #deploy(of: App, over: Partial<Deployment>): Deployment {
    const made = makeDeployment({
      id: this.#id(),
      appId: of.id,
      app: { slug: of.slug, name: of.name },
      commitHash: null,
      commitMessage: null,
      trigger: 'manual',
      createdAt: new Date().toISOString(),
      ...over,
    });
    this.world.deployments.unshift(made);
    return made;
  }

  #id(): string {
    this.#nextId += 1;
    return idOf(this.#nextId);
  }

  #auth(url: URL, body: unknown): [number, unknown] {
    if (url.pathname.endsWith('/logout')) return [204, undefined];
    const user = {
      id: '3f0f3c52-7f25-4c1e-9a57-0d9f5a0f9a11',
      aud: 'authenticated',
      role: 'authenticated',
      email: 'owner@harbor.example',
      app_metadata: {},
      user_metadata: {},
      created_at: '2026-10-01T08:00:00.000Z',
    };
    if (url.pathname.endsWith('/user')) return [200, user];
    if (this.world.sessionEnded && url.pathname.endsWith('/token')) {
      return [400, { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token' }];
    }
    const { token_hash: hash } = (body ?? {}) as { token_hash?: string };
    if (url.pathname.endsWith('/verify') && hash !== 'good') {
      return [403, { code: 403, error_code: 'otp_expired', msg: 'Email link is invalid or has expired' }];
    }
    const session = {
      access_token: randomBytes(12).toString('hex'),
      token_type: 'bearer',
      expires_in: 3600,
      expires_at: Math.floor(Date.now() / 1000) + 3600,
      refresh_token: randomBytes(12).toString('hex'),
      user,
    };
    return [200, session];
  }

  /** Storage: a server of another origin, which is why a browser has to be allowed to read the ETag. */
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

  /** A file of the build, or the page for every other address, as the edge serves them. */
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
