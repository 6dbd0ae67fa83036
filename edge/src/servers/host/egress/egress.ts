/**
 * The only way out of a site's server: everything that it fetches, and every TCP connection that it opens, comes through
 * here. The site can't change the props, which the host has set when it loaded the server.
 */
import { connect } from 'cloudflare:sockets';
import { WorkerEntrypoint } from 'cloudflare:workers';
import { publicNetwork } from '../../../network/public.ts';
import { bridgedSocket } from '../../../sockets/bridged.ts';
import { keepRunning } from '../keep-running.ts';
import { Mask } from '../runtime/mask.ts';
import { knownMask, lineOf, noteLine, type Observed } from '../runtime/observe.ts';
import { carried, watchedBody } from './bridge.ts';
import { type EgressRules, egressRefusal, tcpAddress } from './decide.ts';
import { MOST_OPEN, takePlace } from './open-connections.ts';

/** What is refused is in the log of the server; `name` is that of its mask. */
export interface EgressProps extends EgressRules, Observed {
  readonly name: string;
}

export interface EgressEnv {
  /** The control plane's entry point `ServerControl`. */
  readonly CONTROL: Fetcher;
  /** Reaches the public internet alone, whatever a name resolves to; not on Cloudflare, where nothing else is reachable. */
  readonly PUBLIC_NETWORK?: Fetcher;
}

/** How AppFlux names itself to other servers (RFC 9110 §7.6.3). */
const VIA = '1.1 appflux';

/** How long another server may take until its answer begins, in milliseconds: it holds a place meanwhile, also if the visitor has left. */
const ANSWER_WITHIN_MS = 5 * 60 * 1000;

/** Headers that only AppFlux and the network in front of it write. */
const OF_OURS = /^(?:x-appflux-|mf-|cf-(?!worker$))/;

const refused = (status: number, why: string): Response =>
  new Response(`AppFlux refused this request: ${why}.\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });

export class Egress extends WorkerEntrypoint<EgressEnv, EgressProps> {
  override async fetch(request: Request): Promise<Response> {
    const { props } = this.ctx;
    const url = new URL(request.url);
    const refusal = egressRefusal(url, props);
    if (refusal !== null) {
      this.#note(`A request to ${url.host}`, refusal);
      return refused(403, refusal);
    }
    const release = takePlace(props.deploymentId);
    if (release === null) return refused(429, `the server has ${MOST_OPEN} connections open already`);
    const answering = this.#answer(request, release);
    keepRunning(this.ctx, answering);
    return answering;
  }

  async #answer(request: Request, release: () => void): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS);
    try {
      const response = await this.#network()(request.url, {
        method: request.method,
        headers: sentHeaders(request.headers),
        body: request.body,
        // The site's runtime follows redirects itself, and each of them comes through here.
        redirect: 'manual',
        signal: AbortSignal.any([request.signal, late.signal]),
      });
      if (response.webSocket === null) {
        const { response: watched, ended } = watchedBody(response);
        this.ctx.waitUntil(ended.then(release));
        return watched;
      }
      const { status, headers, webSocket } = response;
      return new Response(null, { status, headers, webSocket: bridgedSocket(webSocket, release) });
    } catch (error) {
      release();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection that the site's server opens by `connect()`, `node:net`, or a database driver over them. */
  override async connect(socket: Socket): Promise<void> {
    const { props } = this.ctx;
    // Of an incoming connection, the local address is the one that the program asked for:
    // https://developers.cloudflare.com/workers/runtime-apis/handlers/connect/
    const address = tcpAddress((await socket.opened).localAddress ?? '');
    const refusal =
      address === null ? 'this is no address' : egressRefusal({ protocol: 'tcp:', ...address }, props);
    if (address === null || refusal !== null) {
      this.#note(`A connection to ${address?.hostname ?? 'no address'}`, refusal ?? 'this is no address');
      throw new Error(`AppFlux refused this connection: ${refusal ?? 'this is no address'}`);
    }
    const release = takePlace(props.deploymentId);
    if (release === null)
      throw new Error(
        `AppFlux refused this connection: the server has ${MOST_OPEN} connections open already`,
      );
    const carrying = carried(socket, this.#connect(`${address.hostname}:${address.port}`)).finally(release);
    keepRunning(this.ctx, carrying);
    await carrying;
  }

  /** Notes a refusal in the server's log. The name of a host may be anything, also the value of a variable. */
  #note(what: string, why: string): void {
    const { name, ...observed } = this.ctx.props;
    const text = (knownMask(name) ?? new Mask([])).line(`${what} was refused: ${why}.`, 1_000);
    noteLine(observed, lineOf(text, { level: 'warn' }), this.env, this.ctx);
  }

  #network(): typeof fetch {
    return publicNetwork({
      ...(this.ctx.props.allowPrivate && { APPFLUX_ALLOW_PRIVATE_TARGETS: '1' }),
      ...(this.env.PUBLIC_NETWORK !== undefined && { PUBLIC_NETWORK: this.env.PUBLIC_NETWORK }),
    });
  }

  #connect(address: string): Socket {
    const { PUBLIC_NETWORK } = this.env;
    if (PUBLIC_NETWORK === undefined || this.ctx.props.allowPrivate) return connect(address);
    return PUBLIC_NETWORK.connect(address);
  }
}

function sentHeaders(received: Headers): Headers {
  const headers = new Headers(received);
  for (const name of [...headers.keys()]) if (OF_OURS.test(name)) headers.delete(name);
  headers.append('Via', VIA);
  return headers;
}
