/** A proxy in front of the bucket's S3 endpoint that counts what R2 would bill, by class of operation. */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { publicUrl, s3Endpoint } from '../../stack/edge/config.ts';

export interface S3Counts {
  /** Writes and lists. */
  readonly classA: number;
  /** Reads. */
  readonly classB: number;
}

export interface S3Counter {
  /** The URL that clients use instead of the real endpoint. */
  readonly endpoint: string;
  counts(): S3Counts;
  reset(): void;
  close(): Promise<void>;
}

/** The class of an S3 request; null for what is free. Source: https://developers.cloudflare.com/r2/pricing/ */
export function classOf(method: string, url: string): 'classA' | 'classB' | null {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (method === 'DELETE') return null;
  if (method === 'PUT' || method === 'POST') return 'classA';
  const lists = searchParams.has('list-type') || searchParams.has('uploads') || searchParams.has('uploadId');
  const ofBucket = pathname.replace(/^\/cdn-cgi\/local\/r2\/s3\//, '').split('/').length < 2;
  return lists || (ofBucket && method === 'GET') ? 'classA' : 'classB';
}

/**
 * Starts a proxy for the endpoint of the instance on `port`. Requests pass unchanged, including their signed Host
 * header.
 */
export async function startS3Counter(port: number): Promise<S3Counter> {
  let counts = { classA: 0, classB: 0 };
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const billed = classOf(method, url);
    if (billed !== null) counts[billed] += 1;
    const onward = send({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      // Either side may disconnect; then the other side's connection is closed as well.
      pipeline(answer, response).catch(() => response.destroy());
    });
    pipeline(request, onward).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    endpoint: s3Endpoint(port).replace(publicUrl(port), `http://127.0.0.1:${own}`),
    counts: () => counts,
    reset: () => {
      counts = { classA: 0, classB: 0 };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
