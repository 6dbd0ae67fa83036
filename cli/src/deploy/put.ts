/** PUTs a part by Node's own HTTP client: unlike fetch, it shows how much of a body was sent. */
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { failureOf, PartError, type PutPart } from '@appflux/client';

/** A connection that carries nothing for so long is lost, in milliseconds. */
const SILENT_MS = 60_000;

export const putByNode: PutPart = ({ url, body, signal, progress }) =>
  new Promise((resolve, reject) => {
    const lost = (cause: unknown) => {
      reject(
        signal.aborted
          ? signal.reason
          : new PartError('network', 'The connection to storage was lost.', cause),
      );
    };
    const send = url.startsWith('https:') ? overHttps : overHttp;
    const request = send(url, { method: 'PUT', headers: { 'Content-Length': body.size }, signal });
    request.setTimeout(SILENT_MS, () => request.destroy(new Error('Nothing was sent for a minute.')));
    request.on('error', lost);
    request.on('response', (response) => {
      response.on('error', lost);
      response.on('end', () => {
        const failure = failureOf(response.statusCode ?? 0);
        const { etag } = response.headers;
        if (failure !== null) reject(failure);
        else if (etag === undefined)
          reject(new PartError('no_etag', 'Storage returned no ETag header for a part.'));
        else {
          progress(body.size);
          resolve(etag);
        }
      });
      response.resume();
    });
    let sent = 0;
    const bytes = Readable.fromWeb(body.stream() as ReadableStream);
    bytes.on('data', (chunk: Uint8Array) => {
      sent += chunk.byteLength;
      progress(sent);
    });
    // The file is gone, or was cut.
    bytes.on('error', (error) => request.destroy(error));
    bytes.pipe(request);
  });
