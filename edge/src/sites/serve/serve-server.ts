/** Answers a request for a site with its server. */
import { waitUntil } from 'cloudflare:workers';
import type { ServerVisit } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { type NoAnswer, type Visited, visitServer } from '../../servers/visit/visit-server.ts';
import { type Stopped, watched } from '../../servers/visit/watched.ts';
import { bridgedSocket } from '../../sockets/bridged.ts';
import { hostName, isWithin, sitesDomain } from '../hosts/domain.ts';
import type { Exposure } from './file-headers.ts';
import { hopsOf, MOST_HOPS } from './forward.ts';
import * as pages from './pages.ts';
import { messagePage } from './pages.ts';
import { serverRequestHeaders, serverResponseHeaders } from './server-headers.ts';

export interface ServerRequest {
  readonly request: Request;
  readonly url: URL;
  readonly env: Env;
  readonly appId: string;
  readonly server: Pick<ServerVisit, 'deploymentId' | 'scope' | 'revision'>;
  readonly exposure: Exposure;
}

/** The answer of a site's server; a page of ours if it gives none. */
export async function serveByServer(asked: ServerRequest): Promise<Response> {
  const { request, url, env, appId, server, exposure } = asked;
  const { method } = request;
  const servers = env.SERVERS;
  if (servers === undefined) return messagePage(pages.NO_SERVERS, method);
  if (hopsOf(request.headers) >= MOST_HOPS) return messagePage(pages.FORWARDING_LOOP, method);
  const clientAddress = env.CLIENT_ADDRESS_HEADER ? request.headers.get(env.CLIENT_ADDRESS_HEADER) : null;
  const visited: Visited | Stopped = await watched(
    env.SERVERS_PROCESS,
    {
      deploymentId: server.deploymentId,
      mayRepeat: request.body === null && (method === 'GET' || method === 'HEAD'),
      waitUntil,
    },
    () =>
      visitServer(servers, request, {
        visit: { appId, ...server, url: url.href, clientAddress },
        headers: serverRequestHeaders(request, exposure),
      }),
  );
  if ('until' in visited) return messagePage(pages.SERVER_PAUSED, method);
  if ('none' in visited) return noAnswer(asked, visited.none, visited.error);
  const { response } = visited;
  const host = hostName(url.host);
  const domain = sitesDomain(env);
  const isShared = domain !== null && isWithin(host, domain);
  const { status, statusText } = response;
  // A process beside this one may end the connection before its close frame has arrived: then a visitor who has closed
  // would get no answer to that. What passes through here is answered here.
  const webSocket =
    env.SERVERS_PROCESS === undefined || response.webSocket === null
      ? response.webSocket
      : bridgedSocket(response.webSocket, () => undefined);
  return new Response(response.body, {
    status,
    statusText,
    headers: serverResponseHeaders(response.headers, exposure, isShared),
    webSocket,
  });
}

const PAGES: Readonly<Record<NoAnswer, pages.Message>> = {
  unavailable: pages.SERVER_NOT_LOADED,
  missing: pages.SERVER_NOT_LOADED,
  gone: pages.SERVER_STOPPED,
  timeout: pages.SERVER_TIMEOUT,
  threw: pages.SERVER_FAILED,
  loop: pages.FORWARDING_LOOP,
};

function noAnswer({ request, url }: ServerRequest, none: NoAnswer, error: unknown): Promise<Response> {
  // What a site's own code does wrong is in that site's log.
  if (none === 'gone' || none === 'unavailable')
    journal.error(`The server of ${url.host} gives no answer (${none})`, error);
  return messagePage(PAGES[none], request.method);
}
