/** One PUT of a part to storage. */

/** Why a part did not reach storage. */
export type PartFailure = 'network' | 'expired' | 'refused' | 'no_etag';

export class PartError extends Error {
  override readonly name = 'PartError';
  readonly reason: PartFailure;

  constructor(reason: PartFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** Whether the same request may succeed a moment later. */
  get mayPass(): boolean {
    return this.reason === 'network';
  }
}

export interface PartRequest {
  url: string;
  body: Blob;
  signal: AbortSignal;
  /** Called with the number of bytes of the body that were sent. */
  progress(loaded: number): void;
}

/** Puts a part and gives its ETag, which storage needs to join the parts. Throws a PartError. */
export type PutPart = (request: PartRequest) => Promise<string>;

/** What the status of storage's response means; null for a success. */
export function failureOf(status: number): PartError | null {
  if (status === 403) return new PartError('expired', 'The upload URL has expired.');
  if (status === 408 || status === 429 || status >= 500) {
    return new PartError('network', `Storage returned ${status}.`);
  }
  if (status < 200 || status > 299) return new PartError('refused', `Storage rejected the file (${status}).`);
  return null;
}

/** A PUT by fetch. It reports a part when it is complete: fetch doesn't tell how much of a body was sent. */
export const putByFetch: PutPart = async ({ url, body, signal, progress }) => {
  let response: Response;
  try {
    response = await fetch(url, { method: 'PUT', body, signal });
    // Read to its end, so that the connection is free for the next part.
    await response.arrayBuffer();
  } catch (cause) {
    signal.throwIfAborted();
    throw new PartError('network', 'The connection to storage was lost.', cause);
  }
  const failure = failureOf(response.status);
  if (failure !== null) throw failure;
  const etag = response.headers.get('ETag');
  if (etag === null) throw new PartError('no_etag', 'Storage returned no ETag header for a part.');
  progress(body.size);
  return etag;
};
