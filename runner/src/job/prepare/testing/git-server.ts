/**
 * A Git server for tests: real repositories behind the real `git http-backend`, over HTTP on the loopback
 * interface.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test wants to happen to a request; false lets it go its usual way. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface GitServer {
  /** Where repositories lie: `${url}/name.git`. */
  readonly url: string;
  /** Every request so far, as `METHOD path`. */
  readonly requests: string[];
  /** The Authorization header of every request that had one. */
  readonly authorizations: string[];
  intercept: Intercept;
  /** Repositories below this path ask for `x-access-token` and this password. */
  password: string | null;
  /** Answers as a server from before protocol 2 does: it gives no commit that is not the head of a branch. */
  onlyProtocol0: boolean;
  close(): Promise<void>;
}

/** Serves the bare repositories in `folder`. */
export async function startGitServer(folder: string): Promise<GitServer> {
  const server = createServer((request, response) => {
    state.requests.push(`${request.method} ${request.url}`);
    if (request.headers.authorization !== undefined) state.authorizations.push(request.headers.authorization);
    if (state.intercept(request, response)) return;
    if (!isAuthorized(request, state.password)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    backend(folder, request, response, state.onlyProtocol0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state: GitServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    authorizations: [],
    intercept: () => false,
    password: null,
    onlyProtocol0: false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

function isAuthorized(request: IncomingMessage, password: string | null): boolean {
  if (password === null) return true;
  const wanted = Buffer.from(`x-access-token:${password}`).toString('base64');
  return request.headers.authorization === `Basic ${wanted}`;
}

/** Runs `git http-backend` as CGI (RFC 3875) for one request. */
function backend(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  onlyProtocol0: boolean,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const protocol = request.headers['git-protocol'];
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      ...(typeof protocol === 'string' && !onlyProtocol0 ? { GIT_PROTOCOL: protocol } : {}),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  // The client may end its request early, and the backend may end before it has read everything.
  child.stdin.on('error', () => request.unpipe(child.stdin));
  let head = Buffer.alloc(0);
  let inBody = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (inBody) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    inBody = true;
    sendHead(response, head.subarray(0, end).toString('latin1'));
    response.write(head.subarray(end + 4));
  });
  child.stdout.on('end', () => response.end());
}

function sendHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number(value.split(' ')[0]);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
