/** Why a part did not reach the storage. */
export type PartFailure = 'network' | 'expired' | 'refused' | 'no_etag';

export class PartError extends Error {
  override readonly name = 'PartError';
  readonly reason: PartFailure;

  constructor(reason: PartFailure, message: string) {
    super(message);
    this.reason = reason;
  }

  /** Whether the same request may work a moment later. */
  get mayPass(): boolean {
    return this.reason === 'network';
  }
}

/** One PUT of bytes to a presigned address. */
export interface PartRequest {
  url: string;
  body: Blob;
  signal: AbortSignal;
  /** Told how many bytes of the body are through. */
  progress(loaded: number): void;
}

/** Puts a part and answers with its ETag, which storage needs to join the parts. Throws a PartError. */
export type PutPart = (request: PartRequest) => Promise<string>;

/** A PUT by XMLHttpRequest: fetch cannot tell how much of a body has been sent. */
export const putPart: PutPart = ({ url, body, signal, progress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = (reason: PartFailure, message: string) => reject(new PartError(reason, message));
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      const { status } = request;
      if (status === 403) return fail('expired', 'The upload URL has expired.');
      if (status === 408 || status === 429 || status >= 500) {
        return fail('network', `Storage returned ${status}.`);
      }
      if (status < 200 || status > 299) return fail('refused', `Storage rejected the file (${status}).`);
      const etag = request.getResponseHeader('ETag');
      if (etag === null) {
        return fail('no_etag', 'Storage doesn’t expose its ETag header to this page (CORS: ExposeHeaders).');
      }
      progress(body.size);
      resolve(etag);
    });
    request.addEventListener('error', () => fail('network', 'The connection to storage was lost.'));
    request.addEventListener('timeout', () => fail('network', 'Storage didn’t respond in time.'));
    request.addEventListener('abort', () =>
      reject(signal.reason ?? new DOMException('Aborted', 'AbortError')),
    );
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener('abort', abort);
    request.open('PUT', url);
    request.send(body);
  });
