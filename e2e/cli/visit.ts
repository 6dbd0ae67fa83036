/** A published site, as a browser reaches it. */
import { type IncomingHttpHeaders, request } from 'node:http';

export interface Visited {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
}

/** Gets a URL of a site. Browsers resolve every name below `localhost` to this machine; Node doesn't. */
export function visit(url: string | undefined): Promise<Visited> {
  const { host, port, pathname } = new URL(url ?? '');
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: pathname, headers: { host } }, async (response) => {
      const bytes = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() });
    });
    sent.on('error', reject).end();
  });
}
