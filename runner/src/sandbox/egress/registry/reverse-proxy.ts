/**
 * The npm registry on the proxy's own address: packages come over a few connections that are kept open, instead of a
 * tunnel with a TLS handshake of its own for each, and what is asked for is limited to reading.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import type { Gate } from '../gate.ts';
import type { Ledger } from '../ledger.ts';
import { Refusal, shown } from '../refusal.ts';
import { authorityOf, parseHost, parsePath, type Target } from '../target.ts';
import { rewriteTarballs } from './tarball-rewrite.ts';

export interface RegistryOptions {
  /** Where packages come from; its path ends with a slash. */
  readonly upstream: URL;
  /** The proxy's address as the build sees it, ending with a slash. */
  readonly proxyUrl: string;
  readonly gate: Gate;
  readonly ledger: Ledger;
  /** Without a byte from the registry, in milliseconds. */
  readonly idleMs: number;
}

const CONNECTIONS = 24;
/** What a build may say to the registry. Credentials and cookies are not among it: it is read as anybody may. */
const REQUEST_FIELDS = [
  'accept',
  'content-type',
  'content-encoding',
  'content-length',
  'if-modified-since',
  'if-none-match',
  'user-agent',
];
const ANSWER_FIELDS = [
  'age',
  'cache-control',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'vary',
];
/** `npm audit` and what npm asks at each install: the only questions that have a body. */
const ADVISORIES = /^\/-\/npm\/v1\/security\/(?:advisories\/bulk|audits(?:\/quick)?)$/;

/** Where a registry's URL leads, as the gate sees it; null if it is not an http or https URL with a usable host. */
export function registryTarget(url: URL): Target | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const host = parseHost(url.hostname);
  return host === null ? null : { ...host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) };
}

/** The registry as it is offered to one build. */
export class RegistryProxy {
  readonly #options: RegistryOptions;
  readonly #target: Target;
  readonly #pool: Pool;

  /** @throws {Error} if the upstream is not an http or https URL. */
  constructor(options: RegistryOptions) {
    const target = registryTarget(options.upstream);
    if (target === null) throw new Error('the npm registry is not an http or https URL');
    this.#options = options;
    this.#target = target;
    const secure = buildConnector({});
    this.#pool = new Pool(options.upstream.origin, {
      connections: CONNECTIONS,
      headersTimeout: options.idleMs,
      bodyTimeout: options.idleMs,
      keepAliveTimeout: 30_000,
      connect: (details, done) => {
        options.gate.open(target).then(
          (socket) => {
            if (details.protocol === 'https:') secure({ ...details, httpSocket: socket }, done);
            else done(null, socket);
          },
          (error: Error) => done(error, null),
        );
      },
    });
  }

  /**
   * Answers a request that was made to the proxy itself.
   * @throws {Refusal} before the answer has begun.
   */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { ledger } = this.#options;
    const subject = authorityOf(this.#target);
    const path = parsePath(request.url ?? '');
    if (path === null) throw new Refusal('malformed', shown(request.url ?? ''));
    const method = methodFor(request.method, path);
    if (method === null) throw new Refusal('registry_method', subject, request.method ?? null);

    const aborted = new AbortController();
    response.once('close', () => aborted.abort());
    const answer = await this.#ask(method, path, request, aborted.signal);
    ledger.request(subject);
    const packing = String(answer.headers['content-encoding'] ?? 'identity');
    if (packing !== 'identity' && packing !== 'gzip') {
      answer.body.destroy();
      throw new Refusal('not_reached', subject, `unasked content encoding ${shown(packing)}`);
    }
    const { headers, transform } = this.#answerFor(answer, method, packing === 'gzip');
    response.writeHead(answer.statusCode, headers);
    await pipeline([answer.body, ...transform, response]);
  }

  /** Ends the connections that are kept open. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask(
    method: 'GET' | 'HEAD' | 'POST',
    path: string,
    request: IncomingMessage,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const options: Dispatcher.RequestOptions = {
      method,
      path: this.#options.upstream.pathname + path.slice(1),
      headers: { ...pick(request.headers, REQUEST_FIELDS), 'accept-encoding': 'gzip' },
      body: method === 'POST' ? request : null,
      signal,
    };
    try {
      return await this.#pool.request(options);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      // The registry may just have closed a kept-alive connection (RFC 9112 §9.3.1): try again.
      if (method !== 'POST' && !signal.aborted && isClosedConnection(error)) {
        try {
          return await this.#pool.request(options);
        } catch (again) {
          throw again instanceof Refusal
            ? again
            : new Refusal('not_reached', authorityOf(this.#target), null, again);
        }
      }
      throw new Refusal('not_reached', authorityOf(this.#target), null, error);
    }
  }

  /** The answer's fields for the build, and what its body goes through on the way. */
  #answerFor(
    answer: Dispatcher.ResponseData,
    method: string,
    packed: boolean,
  ): { headers: Record<string, string | string[]>; transform: Transform[] } {
    const { upstream, proxyUrl } = this.#options;
    const headers = pick(answer.headers, ANSWER_FIELDS);
    const location = answer.headers.location;
    if (typeof location === 'string') headers.location = this.#location(location);
    const json = /^application\/(?:[\w.+-]*\+)?json\b/i.test(String(answer.headers['content-type'] ?? ''));
    if (packed || json) delete headers['content-length'];
    if (method === 'HEAD') return { headers, transform: [] };
    return {
      headers,
      transform: [
        ...(packed ? [createGunzip()] : []),
        ...(json ? [rewriteTarballs(upstream, proxyUrl)] : []),
      ],
    };
  }

  #location(location: string): string {
    const { upstream, proxyUrl } = this.#options;
    const url = URL.parse(location, upstream.href);
    if (url === null) return location;
    return url.href.startsWith(upstream.href) ? proxyUrl + url.href.slice(upstream.href.length) : url.href;
  }
}

function methodFor(method: string | undefined, path: string): 'GET' | 'HEAD' | 'POST' | null {
  if (method === 'GET' || method === 'HEAD') return method;
  return method === 'POST' && ADVISORIES.test(path) ? method : null;
}

function pick(
  headers: NodeJS.Dict<string | string[]>,
  names: readonly string[],
): Record<string, string | string[]> {
  const picked: Record<string, string | string[]> = {};
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/** Whether a request failed on a connection that had been closed before it was answered. */
function isClosedConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(error.code))
  );
}
