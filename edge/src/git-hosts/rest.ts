/**
 * Calls of the REST APIs of GitLab, Gitea, Forgejo and Bitbucket. Nothing is repeated here: the caller waits with an
 * alarm, and what it waits for is stored.
 */
import type { z } from 'zod';
import { withoutSecrets } from '../journal.ts';
import { retryAfter } from '../mail/http.ts';
import { HostRefusal } from './refusal.ts';

/** How long an answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** The longest answer that is read, in bytes: a page of a hundred comments of 64 KB each. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** How much of what a refusal says is passed on, in characters. */
const MAX_MESSAGE = 200;

/** How long to wait after a limit that doesn't say when it ends, and at most after any, in milliseconds. */
const UNSAID_LIMIT_MS = 60_000;
const LONGEST_LIMIT_MS = 2 * 3600_000;

export interface Host {
  /** What people call it, such as `GitLab`. */
  readonly name: string;
  /** Where its API is, without a slash at its end. */
  readonly api: string;
  /** Such as `Bearer TOKEN`; null asks without a token. */
  readonly authorization: string | null;
  /** `fetch`, or what reaches only the public internet. */
  readonly network: typeof fetch;
  /** How long an answer may take, in milliseconds. */
  readonly answerWithinMs?: number;
  /** Messages of answers of 500 and up that will never be others. */
  readonly final?: RegExp;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below `api`, of encoded parts (`path`); or a whole URL that the host gave for its next page. */
  readonly path: string;
  readonly body?: unknown;
  /** Statuses that are an answer here although they are no success. */
  readonly expected?: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** Undefined if it has none, or isn't JSON. */
  readonly body: unknown;
}

/**
 * A path of encoded parts: names can't leave their place in it.
 * @throws HostRefusal for `.` and `..`, which mean another place even when they are encoded
 */
export function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  if (values.some((value) => value === '.' || value === '..')) {
    throw new HostRefusal('final', 'The repository’s name can’t be a part of an address');
  }
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)));
}

/**
 * Calls a host.
 * @throws HostRefusal for no answer, and for one that is neither a success nor expected
 */
export async function call(host: Host, request: Call): Promise<Answer> {
  const url = new URL(request.path.startsWith('/') ? `${host.api}${request.path}` : request.path);
  // The token is for this host: a page of comments may not name another one as the next.
  if (url.origin !== new URL(host.api).origin) {
    throw new HostRefusal('final', `${host.name} names a page of another host`);
  }
  const response = await send(host, url.href, request);
  const text = await textOf(host, response);
  const body = parsed(text);
  const isExpected = response.ok || (request.expected?.includes(response.status) ?? false);
  if (!isExpected) throw refusalOf(host, response, messageOf(body, host), Date.now());
  if (response.ok && body === undefined && text !== '') {
    throw new HostRefusal('later', `The answer of ${host.name} is not JSON`);
  }
  return { status: response.status, body };
}

/** Parses an answer; one of another form is refused with `later`, as it may be a proxy's. */
export function understood<Schema extends z.ZodType>(
  host: Host,
  schema: Schema,
  body: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new HostRefusal('later', `The answer of ${host.name} can’t be read`, { cause: result.error });
}

async function send(host: Host, url: string, { method, body }: Call): Promise<Response> {
  const { network, authorization, answerWithinMs = ANSWER_WITHIN_MS } = host;
  try {
    return await network(url, {
      method,
      headers: {
        Accept: 'application/json',
        ...(authorization === null ? {} : { Authorization: authorization }),
        'User-Agent': 'AppFlux',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(answerWithinMs),
    });
  } catch (cause) {
    const isSlow = cause instanceof Error && cause.name === 'TimeoutError';
    const said = isSlow ? `did not answer within ${answerWithinMs / 1000} seconds` : 'could not be reached';
    throw new HostRefusal('later', `${host.name} ${said}`, { cause });
  }
}

/** The text of an answer. One that breaks off, or is longer than any that is expected, is as good as none. */
async function textOf(host: Host, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new Error('too long');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new HostRefusal('later', `The answer of ${host.name} did not arrive whole`, { cause });
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** JSON; undefined for anything else, such as the page of a proxy. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    // The caller decides by the status what that means.
    return undefined;
  }
}

/**
 * What an answer that is no success means. Sources: https://docs.gitlab.com/security/rate_limits/,
 * https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/
 */
function refusalOf(host: Host, { status, headers }: Response, message: string, now: number): HostRefusal {
  const said = `${host.name} answered ${status}${message === '' ? '' : `: ${message}`}`;
  const seconds = retryAfter(headers.get('Retry-After'), now);
  const bounded = (wait: number) => now + Math.min(Math.max(wait, 1000), LONGEST_LIMIT_MS);
  if (status === 429) {
    const reset = Number(headers.get('RateLimit-Reset') ?? Number.NaN) * 1000 - now;
    const wait = seconds !== null ? seconds * 1000 : Number.isFinite(reset) ? reset : UNSAID_LIMIT_MS;
    return new HostRefusal('limited', said, { retryAt: bounded(wait) });
  }
  if (status === 401) return new HostRefusal('token', said);
  if (host.final?.test(message)) return new HostRefusal('final', said);
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return new HostRefusal('later', said, { retryAt: seconds === null ? null : bounded(seconds * 1000) });
  }
  return new HostRefusal('final', said);
}

/** What a refusal says, in a line, without the token. The hosts have it in different members. */
function messageOf(body: unknown, { authorization }: Host): string {
  const members = typeof body === 'object' && body !== null ? body : {};
  const { message, error } = members as { message?: unknown; error?: unknown };
  const said = message ?? error ?? '';
  const token = authorization?.split(' ')[1] ?? '';
  const whole = typeof said === 'string' ? said : JSON.stringify(said);
  const line = withoutSecrets(token === '' ? whole : whole.replaceAll(token, '***'))
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…`.toWellFormed() : line;
}
