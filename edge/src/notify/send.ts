/** Sending a request to a receiver: who may be reached, how long it may take, and what its answer means. */
import { MAX_SHOWN_BODY_BYTES } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { retryAfter } from '../mail/http.ts';
import { isAllowedTarget, publicNetwork } from '../network/public.ts';

/** How long a receiver may take to answer, in milliseconds. */
export const ANSWER_WITHIN_MS = 10_000;

/** How much of an answer's headers is kept. */
const MOST_HEADERS = 30;
const MAX_HEADER = 500;

/** Statuses of a message service after which the same message may be taken later, besides all of 500 and up. */
const LATER: readonly number[] = [408, 409, 425, 429];

/** What is sent, as it is kept to look at. The target is without what is secret in it. */
export interface Sent {
  target: string;
  headers: Record<string, string>;
  body: string;
}

/** What was answered. */
export interface Answered {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * What became of an attempt. `later`: the same notification may be taken later. `never`: it won't be. `gone`: the
 * receiver wants no more notifications.
 */
export interface Sending {
  outcome: 'delivered' | 'later' | 'never' | 'gone';
  request: Sent;
  response: Answered | null;
  /** Why it wasn't delivered; null if it was. */
  error: string | null;
  retryAfterSeconds: number | null;
}

/** A request to a receiver. */
export interface Outgoing {
  url: string;
  /** The URL without what is secret in it. */
  shownUrl: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * Posts to a receiver. Redirects are not followed: they could lead anywhere. A `program` of the team's own may be broken
 * for a while with any status; what a message `service` refuses with 4xx it will refuse again.
 */
export async function post(
  env: Env,
  { url, shownUrl, headers, body }: Outgoing,
  receiver: 'program' | 'service',
  answerWithinMs = ANSWER_WITHIN_MS,
): Promise<Sending> {
  const request: Sent = { target: shownUrl, headers, body: cut(body) };
  const failed = (outcome: 'later' | 'never', error: string): Sending => ({
    outcome,
    request,
    response: null,
    error,
    retryAfterSeconds: null,
  });
  const target = URL.parse(url);
  if (target === null || !isAllowedTarget(target, env))
    return failed('never', 'This instance sends nothing to private addresses. Change the URL of the hook.');
  const signal = AbortSignal.timeout(answerWithinMs);
  let answer: Response;
  try {
    answer = await publicNetwork(env)(target.href, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    return failed('later', unanswered(error, answerWithinMs));
  }
  const response: Answered = {
    status: answer.status,
    headers: shownHeaders(answer.headers),
    body: await beginningOf(answer, signal),
  };
  const { outcome, error } = meaningOf(answer.status, receiver);
  const retryAfterSeconds =
    outcome === 'later' ? retryAfter(answer.headers.get('Retry-After'), Date.now()) : null;
  return { outcome, request, response, error, retryAfterSeconds };
}

/** What the status of an answer means. */
export function meaningOf(
  status: number,
  receiver: 'program' | 'service',
): Pick<Sending, 'outcome' | 'error'> {
  if (status >= 200 && status < 300) return { outcome: 'delivered', error: null };
  if (status >= 300 && status < 400)
    return {
      outcome: 'later',
      error: `The receiver answered ${status}, a redirect, which AppFlux doesn’t follow. Set the URL that it leads to.`,
    };
  if (status === 410 || (status === 404 && receiver === 'service'))
    return { outcome: 'gone', error: `The receiver answered ${status}: it doesn’t exist any more` };
  const mayRecover = receiver === 'program' || status >= 500 || LATER.includes(status);
  return { outcome: mayRecover ? 'later' : 'never', error: `The receiver answered ${status}` };
}

/** Why there was no answer. What the network says of it isn't passed on: it may name addresses inside of a network. */
function unanswered(error: unknown, withinMs: number): string {
  const isSlow = error instanceof Error && ['TimeoutError', 'AbortError'].includes(error.name);
  return isSlow
    ? `The receiver didn’t answer within ${withinMs / 1000} seconds`
    : 'The receiver couldn’t be reached: no connection, no valid certificate, or a private address';
}

const shownHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    [...headers]
      .filter(([name]) => name !== 'set-cookie')
      .slice(0, MOST_HEADERS)
      .map(([name, value]) => [name, value.slice(0, MAX_HEADER)]),
  );

/** The beginning of a body. What comes after it, or after the time for an answer, is not read. */
async function beginningOf(answer: Response, signal: AbortSignal): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  try {
    while (size < MAX_SHOWN_BODY_BYTES) {
      const read = await Promise.race([reader.read(), aborted]);
      if (read === 'aborted' || read.done) break;
      chunks.push(read.value);
      size += read.value.length;
    }
    await reader.cancel();
  } catch {
    // The connection broke: the status counts, and what arrived is shown.
  }
  return decoded(Buffer.concat(chunks).subarray(0, MAX_SHOWN_BODY_BYTES));
}

/** As much of a text as is shown. */
export const cut = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= MAX_SHOWN_BODY_BYTES ? text : decoded(bytes.subarray(0, MAX_SHOWN_BODY_BYTES));
};

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
