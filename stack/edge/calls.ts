/**
 * What the Worker calls of the process that started workerd: services behind a Unix socket. Each has a binding of the
 * Worker, which names it in a header (runtime-config.ts).
 */
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { messageOf } from '../problem.ts';
import { withShortPath } from '../socket-path.ts';

/** A request to a service. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  /** Its body. @throws SyntaxError if it is not JSON */
  json(): Promise<unknown>;
}

/** The answer: a status, and a body in JSON if it has one. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
}

export type Service = (call: Call) => Promise<Answer>;

/** The header that says which service a request is for. */
export const SERVICE_HEADER = 'X-AppFlux-Service';

export interface CallServer {
  close(): void;
}

/**
 * Listens on a Unix socket, which only this user can open.
 * @param path its path, absolute, in a folder for this user only
 * @param services by their names
 * @param onError gets what a service throws, for which its caller gets 500
 */
export async function serveCalls(
  path: string,
  services: Readonly<Record<string, Service>>,
  onError: (error: unknown) => void,
): Promise<CallServer> {
  const byName = new Map(Object.entries(services));
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const service = byName.get(String(request.headers[SERVICE_HEADER.toLowerCase()]));
    if (service === undefined) return { status: 404 };
    try {
      return await service({
        method: request.method ?? '',
        url: new URL(request.url ?? '/', 'http://service'),
        json: async () => JSON.parse(await text(request)) as unknown,
      });
    } catch (error) {
      onError(error);
      return { status: 500, json: { message: messageOf(error) } };
    }
  };
  const server = createServer(async (request, response) => {
    const { status, json } = await answer(request);
    // What a service has not read of a body would stand before the next request.
    request.resume();
    response.statusCode = status;
    if (json === undefined) response.end();
    else response.setHeader('Content-Type', 'application/json').end(JSON.stringify(json));
  });
  // workerd keeps connections, and may send a request just when this side closes one.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    withShortPath(path, (short) => server.listen(short, resolve));
  });
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
