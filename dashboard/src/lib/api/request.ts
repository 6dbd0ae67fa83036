import { AppFluxError, ERROR_STATUS, ErrorBody, type ErrorCode, TEAM_HEADER } from '@appflux/protocol';
import { config, type z } from 'zod';

// zod compiles its schemas with `new Function` where it can, which the page's policy forbids and reports.
config({ jitless: true });

/** What a call needs besides its path. */
export interface Call {
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Where calls go and who makes them. */
export interface Caller {
  fetch: typeof fetch;
  /** The access token of the person signed in; null when nobody is. */
  token(): Promise<string | null>;
  /** The team that calls are made for; null leaves it to the server. */
  team?(): string | null;
  /** Told when the server no longer takes the token. */
  unauthorized(): void;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call of the HTTP API, its answer parsed. Throws an AppFluxError, and on abort the DOMException of fetch. */
export class Requests {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Calls and parses the answer's JSON with a schema. */
  async json<Schema extends z.ZodType>(
    schema: Schema,
    method: Method,
    path: string,
    call: Call = {},
  ): Promise<z.output<Schema>> {
    const response = await this.raw(method, path, call);
    const parsed = schema.safeParse(await bodyOf(response));
    if (parsed.success) return parsed.data;
    throw new AppFluxError('internal', 'The server sent a response that this page doesn’t understand.', {
      hint: 'Reload the page. It may be older than the server.',
      cause: parsed.error,
    });
  }

  /** Calls and leaves the answer alone, but for a refusal, which is thrown. */
  async raw(method: Method, path: string, call: Call = {}): Promise<Response> {
    const token = await this.#caller.token();
    const headers = new Headers(call.headers);
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    const team = this.#caller.team?.() ?? null;
    if (team !== null) headers.set(TEAM_HEADER, team);
    const init: RequestInit = { method, headers };
    if (call.signal) init.signal = call.signal;
    if (call.body !== undefined) {
      headers.set('Content-Type', 'application/json');
      init.body = JSON.stringify(call.body);
    }
    let response: Response;
    try {
      response = await this.#caller.fetch(path + queryOf(call.query), init);
    } catch (cause) {
      if (call.signal?.aborted) throw cause;
      throw new AppFluxError('unavailable', 'Couldn’t reach AppFlux.', {
        hint: 'Check your connection and that AppFlux is running.',
        cause,
      });
    }
    if (response.ok) return response;
    if (response.status === 401) this.#caller.unauthorized();
    throw await refusal(response);
  }
}

function queryOf(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // Not JSON, or cut off on the way: no schema takes undefined, so the caller hears of it as an answer
    // that is not understood.
    return undefined;
  }
}

/** An answer that is not a success, as the error it tells of. */
async function refusal(response: Response): Promise<AppFluxError> {
  const after = Number(response.headers.get('Retry-After'));
  const retry = after > 0 ? { retryAfterSeconds: after } : {};
  const parsed = ErrorBody.safeParse(await bodyOf(response));
  if (parsed.success) {
    const { code, message, hint, issues } = parsed.data.error;
    return new AppFluxError(code, message, {
      ...retry,
      ...(hint === undefined ? {} : { hint }),
      ...(issues === undefined ? {} : { issues }),
    });
  }
  return new AppFluxError(codeOf(response.status), `The server returned ${response.status}.`, retry);
}

/** The plainest code for a status that came without a body of ours, from a proxy for instance. */
function codeOf(status: number): ErrorCode {
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[];
  const exact = codes.find((code) => ERROR_STATUS[code] === status && status !== 409);
  if (exact) return exact;
  if (status >= 502) return 'unavailable';
  return status >= 500 ? 'internal' : 'bad_request';
}
