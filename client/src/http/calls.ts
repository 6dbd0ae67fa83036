/** One call of the HTTP API: token and team added, refusals thrown, the response parsed. */
import { AppFluxError, TEAM_HEADER } from '@appflux/protocol';
import type { z } from 'zod';
import { pause } from '../pause.ts';
import {
  parseJson,
  type RefusedError,
  type RequestLine,
  refusalOf,
  UnexpectedResponseError,
  UnreachableError,
} from './errors.ts';
import { parseResponse, type UnknownMembers } from './parse.ts';
import { type RetryOptions, retryWait } from './retry.ts';

export interface ClientOptions {
  /** The instance, such as `https://appflux.example.com`; empty for the origin of the page. */
  url: string;
  /** An API token or an access token. */
  token?: string | null;
  /** The token of the moment, instead of `token`; null calls without one. */
  getToken?: () => Promise<string | null> | string | null;
  /** The team that calls are made for, by its id; null leaves it to the server. */
  team?: string | null | (() => string | null);
  fetch?: typeof fetch;
  /** Called when the server doesn't accept the token (401). */
  onUnauthorized?: () => void;
  /** Repeats GETs that are refused with 429 or 503, after the `Retry-After`. Off unless set. */
  retry?: RetryOptions;
  /** How long a call may take, in milliseconds; downloads and repeated calls aside. Unlimited unless set. */
  timeoutMs?: number;
  /** Members of responses that this version doesn't know; default `ignore`. */
  unknownMembers?: UnknownMembers;
  /** What a person can do in this program, for errors that the server didn't write. */
  hints?: { unreachable?: string; unexpected?: string };
}

/** Options of every method. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Makes this request, instead of the `fetch` of the client. */
  fetch?: typeof fetch | undefined;
}

/** What a call needs besides its method and path. */
export interface Call extends CallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  /** Sends no token: the call is allowed by a secret of its own. */
  anonymous?: boolean;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A path with each value percent-encoded: path`/api/apps/${slug}`. */
export const path = (parts: TemplateStringsArray, ...values: string[]): string =>
  String.raw({ raw: parts }, ...values.map(encodeURIComponent));

/** Throws `bad_request` if a value of a path makes it another path: without a name, DELETE means something else. */
function requireNames(path: string): void {
  const wrong = path
    .slice(1)
    .split('/')
    .find((part) => part === '' || part === '.' || part === '..');
  if (wrong !== undefined) throw new AppFluxError('bad_request', `"${wrong}" is not a name or an id.`);
}

/** Makes calls. Throws RefusedError, UnreachableError, UnexpectedResponseError, or the signal's reason. */
export class Calls {
  readonly #options: ClientOptions;
  readonly #base: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
  }

  /** The team that calls are made for; null leaves it to the server. */
  get team(): string | null {
    const { team = null } = this.#options;
    return typeof team === 'function' ? team() : team;
  }

  /** The token of the moment; null if there is none. */
  async token(): Promise<string | null> {
    const { getToken, token = null } = this.#options;
    return getToken === undefined ? token : getToken();
  }

  /** The hint for responses of a newer server, if the program has its own. */
  get unexpectedHint(): { unexpectedHint?: string } {
    const { unexpected } = this.#options.hints ?? {};
    return unexpected === undefined ? {} : { unexpectedHint: unexpected };
  }

  /** The URL of a path. */
  url(path: string): string {
    return this.#base + path;
  }

  /** Calls and parses the JSON of the response. */
  json<Schema extends z.ZodType>(
    schema: Schema,
    method: Method,
    path: string,
    call: Call = {},
  ): Promise<z.output<Schema>> {
    return this.#limited(method, path, call, async (response) =>
      this.parse(schema, response, { method, path }),
    );
  }

  /** Calls for a response that is no JSON. */
  text(method: Method, path: string, call: Call = {}): Promise<string> {
    return this.#limited(method, path, call, (response) => this.#text(response, { method, path }));
  }

  /** Calls for its effect. */
  async nothing(method: Method, path: string, call: Call = {}): Promise<void> {
    // The body is read although it is empty: only then the connection is free for the next call.
    await this.text(method, path, call);
  }

  /** Calls for the body itself. Only the caller's signal limits how long that takes. */
  async stream(method: Method, path: string, call: Call = {}): Promise<Response> {
    requireNames(path);
    const response = await this.send(method, path, call);
    if (response.ok) return response;
    throw await this.refusal(response, { method, path });
  }

  /** The JSON of a response by a schema. */
  async parse<Schema extends z.ZodType>(
    schema: Schema,
    response: Response,
    request: RequestLine,
  ): Promise<z.output<Schema>> {
    const { unknownMembers = 'ignore', hints } = this.#options;
    const parsed = parseResponse(schema, parseJson(await this.#text(response, request)), unknownMembers);
    if (parsed.success) return parsed.data;
    throw new UnexpectedResponseError('The server sent a response in an unknown format.', {
      hint: hints?.unexpected ?? 'Update this program. It may be older than the server.',
      cause: parsed.error,
      request,
    });
  }

  /** A response that isn't a success, as an error. */
  async refusal(response: Response, request: RequestLine): Promise<RefusedError> {
    if (response.status === 401) this.#options.onUnauthorized?.();
    return refusalOf(response, await this.#text(response, request), request, Date.now());
  }

  /** Calls and gives the response, refused or not. */
  async send(method: string, path: string, call: Call = {}): Promise<Response> {
    const headers = new Headers(call.headers);
    const token = call.anonymous ? null : await this.token();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    if (this.team !== null && !call.anonymous) headers.set(TEAM_HEADER, this.team);
    const init: RequestInit = { method, headers };
    if (call.signal) init.signal = call.signal;
    if (call.body !== undefined) {
      headers.set('Content-Type', 'application/json');
      init.body = JSON.stringify(call.body);
    }
    // Called as a plain function: browsers refuse a `fetch` that is called as a method of anything.
    const send = call.fetch ?? this.#options.fetch ?? globalThis.fetch;
    try {
      return await send(this.url(path) + queryOf(call.query), init);
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw this.#unreachable({ method, path }, cause);
    }
  }

  /** A call with its retries, each within the timeout, up to and including its body. */
  async #limited<Result>(
    method: Method,
    path: string,
    call: Call,
    read: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    requireNames(path);
    const { retry, timeoutMs } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const timeout = timeoutMs === undefined ? null : AbortSignal.timeout(timeoutMs);
      const signals = [call.signal, timeout].filter((signal) => signal != null);
      const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
      let wait: number | null;
      try {
        const response = await this.send(method, path, { ...call, signal });
        if (!response.ok) throw await this.refusal(response, { method, path });
        return await read(response);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (timeout?.aborted) throw this.#unreachable({ method, path }, error, timeoutMs);
        wait = retry === undefined ? null : retryWait(method, error, attempt, retry);
        if (wait === null) throw error;
      }
      await pause(wait, call.signal);
    }
  }

  /** The body of a response. The connection can be lost in the middle of it. */
  async #text(response: Response, request: RequestLine): Promise<string> {
    try {
      return await response.text();
    } catch (cause) {
      throw this.#unreachable(request, cause);
    }
  }

  #unreachable(request: RequestLine, cause: unknown, timeoutMs?: number): UnreachableError {
    const message =
      timeoutMs === undefined
        ? 'Couldn’t reach AppFlux.'
        : `AppFlux didn’t answer within ${timeoutMs / 1000} seconds.`;
    return new UnreachableError(message, {
      hint: this.#options.hints?.unreachable ?? 'Check your connection and that AppFlux is running.',
      cause,
      request,
    });
  }
}

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
