/** Sends to the edge how a request for a picture has ended. */
import type { PictureResult } from '@appflux/protocol';
import { request } from 'undici';
import { type BackoffPolicy, fullJitter } from '../backoff.ts';
import { retry } from '../retry.ts';

export interface ReportOptions {
  readonly url: URL;
  readonly credential: string;
  readonly backoff?: BackoffPolicy;
}

const TIMEOUT_MS = 20_000;
const TRIES = 3;
const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 5_000 };

/**
 * Sends a result. The edge asks again by itself when it hears nothing, so a few tries are enough.
 * @throws an Error if the edge could not be reached or has refused it; the signal's reason
 */
export async function reportPicture(
  { url, credential, backoff = BACKOFF }: ReportOptions,
  deploymentId: string,
  result: PictureResult,
  signal: AbortSignal,
): Promise<void> {
  const status = await retry(
    () => post(new URL(`/api/deployments/${deploymentId}/picture`, url), credential, result, signal),
    {
      isTransient: (each) => each === null || each >= 500 || each === 429,
      pauseAfter: (tries) => (tries < TRIES ? fullJitter(tries, backoff) : undefined),
      signal,
    },
  );
  if (status === null || status >= 300)
    throw new Error(
      status === null ? 'the instance could not be reached' : `the instance answered with ${status}`,
    );
}

/** The status of the answer; null if there is none. */
async function post(
  url: URL,
  credential: string,
  result: PictureResult,
  signal: AbortSignal,
): Promise<number | null> {
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify(result),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await body.dump();
    return statusCode;
  } catch {
    // Refused, reset, or too slow: another try may help. The runner's own end is not retried.
    signal.throwIfAborted();
    return null;
  }
}
