/** Cloudflare's REST API, as far as a deploy reads and changes what wrangler has no command for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, StackProblem } from '../problem.ts';

/** Its own URL. `CLOUDFLARE_API_BASE_URL` replaces it, for wrangler as well. */
const BASE_URL = 'https://api.cloudflare.com/client/v4';

/** What every answer is wrapped in. Source: https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/ */
const Envelope = z.looseObject({
  success: z.boolean(),
  errors: z.array(z.looseObject({ code: z.number(), message: z.string() })).nullish(),
  result: z.unknown(),
  result_info: z.looseObject({ page: z.number(), total_pages: z.number().optional() }).nullish(),
});

/** Refused credentials: invalid, expired, or without a permission. */
const DENIED = new Set([10000, 9106, 9109, 6003, 6111]);

/** How long a call may take, and how often it is repeated after 429 and 5xx. */
const WITHIN_MS = 30_000;
const TRIES = 5;
/** The longest that an answer's Retry-After is followed. Cloudflare's limit for calls is for five minutes. */
const LONGEST_WAIT_S = 300;

/** What the token of a deploy needs; the last one only for Pages. */
export const PERMISSIONS =
  'Account: Workers Scripts, D1, Workers R2 Storage, Queues, Cloudflare Pages (each Edit); ' +
  'Zone: Zone (Read), DNS, Workers Routes, SSL and Certificates (each Edit)';

/** A refusal that isn't about credentials or load: the caller knows what it means. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';

  readonly status: number;
  readonly codes: readonly number[];

  constructor(status: number, codes: readonly number[], message: string) {
    super(message);
    this.status = status;
    this.codes = codes;
  }
}

export interface CloudflareApi {
  /**
   * Calls the API and returns the result, unparsed.
   * @throws StackProblem `cloudflare_denied` or `cloudflare_failed`, or ApiRefusal
   */
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>;
  /** The same for something that may not exist: null for 404. */
  find(path: string): Promise<unknown>;
  /** All pages of a list. */
  list(path: string): Promise<unknown[]>;
}

/** What the API is called with. `wait` waits for so many milliseconds. */
export interface ApiOptions {
  readonly token: string;
  readonly baseUrl?: string | undefined;
  readonly wait?: (ms: number) => Promise<unknown>;
}

interface Answer {
  readonly result: unknown;
  readonly pages: number;
}

/** A client for the API. */
export function cloudflareApi({ token, baseUrl = BASE_URL, wait = sleep }: ApiOptions): CloudflareApi {
  const request = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      const response = await send(`${baseUrl}${path}`, method, token, body);
      const seconds = retryAfter(response, attempt);
      if (seconds === null || attempt === TRIES) return answerOf(response, `${method} ${path}`);
      await response.body?.cancel();
      await wait(seconds * 1000);
    }
  };
  return {
    call: async (method, path, body) => (await request(method, path, body)).result,
    async find(path) {
      try {
        return (await request('GET', path)).result;
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 404) return null;
        throw error;
      }
    },
    async list(path) {
      const all: unknown[] = [];
      for (let page = 1, pages = 1; page <= pages; page++) {
        const separator = path.includes('?') ? '&' : '?';
        const answer = await request('GET', `${path}${separator}page=${page}`);
        if (!Array.isArray(answer.result)) throw unreadable(`GET ${path}`, 'the result is no list');
        all.push(...answer.result);
        pages = answer.pages;
      }
      return all;
    },
  };
}

async function send(url: string, method: string, token: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(WITHIN_MS),
      // A token is never sent to where a redirect leads.
      redirect: 'error',
    });
  } catch (error) {
    throw new StackProblem(
      'cloudflare_failed',
      `Cloudflare’s API can’t be reached (${messageOf(error)})`,
      'check the connection, and that CLOUDFLARE_API_BASE_URL is unset',
      { cause: error },
    );
  }
}

/** In how many seconds to repeat a request; null if its answer is final. */
function retryAfter({ status, headers }: Response, attempt: number): number | null {
  if (status !== 429 && status < 500) return null;
  const asked = Number(headers.get('Retry-After') ?? Number.NaN);
  if (Number.isNaN(asked) || asked < 0) return 2 ** (attempt - 1);
  return asked > LONGEST_WAIT_S ? null : asked;
}

async function answerOf(response: Response, what: string): Promise<Answer> {
  const text = await response.text();
  const parsed = Envelope.safeParse(jsonOf(text));
  if (!parsed.success) throw unreadable(what, `status ${response.status}, not the API’s format`);
  const { success, errors, result, result_info: info } = parsed.data;
  if (response.ok && success) return { result, pages: info?.total_pages ?? 1 };
  const codes = (errors ?? []).map(({ code }) => code);
  const reasons = (errors ?? []).map(({ code, message }) => `${message} [code: ${code}]`).join('; ');
  const message = `${what}: ${reasons || `status ${response.status}`}`;
  if (response.status === 429) {
    throw new StackProblem(
      'cloudflare_failed',
      `Cloudflare limits the API’s calls (${message})`,
      'run it again in five minutes',
    );
  }
  if (response.status >= 500) {
    throw new StackProblem(
      'cloudflare_failed',
      `Cloudflare’s API fails (${message})`,
      'run it again later: what is done stays done',
    );
  }
  if (response.status === 401 || codes.some((code) => DENIED.has(code))) {
    throw new StackProblem(
      'cloudflare_denied',
      `Cloudflare refuses CLOUDFLARE_API_TOKEN (${message})`,
      `create an API token with these permissions: ${PERMISSIONS}`,
    );
  }
  throw new ApiRefusal(response.status, codes, message);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy: the schema refuses it.
    return null;
  }
}

const unreadable = (what: string, why: string) =>
  new StackProblem(
    'cloudflare_failed',
    `Cloudflare’s API answered ${what} with something unexpected (${why})`,
    'run it again later',
  );
