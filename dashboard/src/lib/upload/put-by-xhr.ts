import { failureOf, PartError, type PartFailure, type PutPart } from '@appflux/client';

/** Uploads a part with XMLHttpRequest: fetch can't report upload progress. */
export const putByXhr: PutPart = ({ url, body, signal, progress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = (reason: PartFailure, message: string) => reject(new PartError(reason, message));
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      const failure = failureOf(request.status);
      if (failure !== null) return reject(failure);
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
