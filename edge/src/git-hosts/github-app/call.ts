/**
 * Calls of GitHub's REST API. Octokit's packages are left out on purpose: their retries and limits wait in memory, with
 * timers, and end with the object that they run in; here an alarm does that, and what it waits for is stored. What is
 * left of them is this request.
 */
import { z } from 'zod';
import { withoutSecrets } from '../../journal.ts';
import { HostRefusal } from '../refusal.ts';
import { refused } from './refused.ts';

/** How long an answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** The longest answer that is read, in bytes. A page of 100 repositories has about 600 KB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** How much of a refusal's message is passed on, in characters. */
const MAX_MESSAGE = 200;

/** How often a renamed repository's address is followed. */
const MOST_REDIRECTS = 3;

/** The version of the API that this is written for. */
const API_VERSION = '2022-11-28';

export interface GithubCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the API's address, with its query; made of parts that were encoded (`path`). */
  path: string;
  /** `Bearer TOKEN`; null for calls that need none. */
  authorization: string | null;
  body?: unknown;
  /** Other than the API's own media type. */
  accept?: string;
  answerWithinMs?: number;
}

export interface GithubAnswer {
  status: number;
  headers: Headers;
  /** Undefined if the answer has no body. */
  body: unknown;
}

const Refusal = z.object({
  message: z.string(),
  errors: z
    .array(z.union([z.string(), z.object({ message: z.string().optional(), code: z.string().optional() })]))
    .optional(),
});

/** Calls the API at `api`. Throws HostRefusal for every answer that is no success, and for none. */
export async function callGithub(api: string, call: GithubCall): Promise<GithubAnswer> {
  let url = `${api}${call.path}`;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(url, call);
    const moved = movedTo(response, url);
    if (moved === null) return read(response, call);
    await response.body?.cancel();
    // The token is for this server and no other.
    if (redirects >= MOST_REDIRECTS || new URL(moved).origin !== new URL(api).origin) {
      throw new HostRefusal('final', 'GitHub redirects somewhere else', { status: response.status });
    }
    url = moved;
  }
}

/**
 * A path of encoded parts: names of branches and repositories can't leave their place. Throws HostRefusal for `.` and
 * `..`, which do so however they are encoded (https://url.spec.whatwg.org/#double-dot-path-segment).
 */
export const path = (parts: TemplateStringsArray, ...values: (string | number)[]): string =>
  String.raw({ raw: parts }, ...values.map(encoded));

function encoded(value: string | number): string {
  if (value === '.' || value === '..')
    throw new HostRefusal('final', `GitHub has nothing of the name ${value}`);
  return encodeURIComponent(value);
}

/** Parses an answer; one of another form is refused with `later`, as it may be a proxy's. */
export function understood<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HostRefusal('later', 'GitHub’s answer can’t be read', { cause: parsed.error });
}

async function send(url: string, call: GithubCall): Promise<Response> {
  const within = call.answerWithinMs ?? ANSWER_WITHIN_MS;
  try {
    return await fetch(url, {
      method: call.method,
      headers: {
        Accept: call.accept ?? 'application/vnd.github+json',
        'User-Agent': 'AppFlux',
        'X-GitHub-Api-Version': API_VERSION,
        ...(call.authorization === null ? {} : { Authorization: call.authorization }),
        ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(within),
    });
  } catch (cause) {
    const slow = cause instanceof Error && cause.name === 'TimeoutError';
    throw new HostRefusal(
      'later',
      slow ? `GitHub did not answer within ${within / 1000} seconds` : 'GitHub could not be reached',
      { cause },
    );
  }
}

/** Where a moved repository is now; every kind of redirect keeps the method, as GitHub documents. */
function movedTo(response: Response, url: string): string | null {
  if (![301, 302, 307, 308].includes(response.status)) return null;
  const location = response.headers.get('Location');
  return location === null || !URL.canParse(location, url) ? null : new URL(location, url).href;
}

async function read(response: Response, call: GithubCall): Promise<GithubAnswer> {
  const { status, headers } = response;
  const text = await textOf(response);
  const body = parsed(text);
  if (response.ok) {
    if (text !== '' && body === undefined)
      throw new HostRefusal('later', 'GitHub’s answer is not JSON', { status });
    return { status, headers, body };
  }
  throw refused(status, headers, messageOf(body, call), Date.now());
}

/** The text of an answer. One that breaks off, or is longer than any that is expected, is as good as none. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new Error('too long');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new HostRefusal('later', 'GitHub’s answer did not arrive whole', { cause });
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

/** What a refusal says, in a line, without the token. */
function messageOf(body: unknown, { authorization }: GithubCall): string {
  const refusal = Refusal.safeParse(body).data;
  if (refusal === undefined) return '';
  const details = (refusal.errors ?? []).flatMap((error) =>
    typeof error === 'string' ? [error] : [error.message ?? error.code ?? []].flat(),
  );
  const whole = [refusal.message, ...details].join('; ');
  const token = authorization?.split(' ')[1];
  const masked = token ? whole.replaceAll(token, '***') : whole;
  const line = withoutSecrets(masked)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
