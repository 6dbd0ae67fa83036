/** For tests: a hostile server, and visits of sites whose hosts no resolver has to know. */
import { readFile } from 'node:fs/promises';
import { request as send } from 'node:http';
import { join } from 'node:path';
import type { EdgeInstance } from '../instance/edge.ts';

/** The site's server that tries what it must not get: see there for its paths. */
export const hostileModule = (): Promise<string> =>
  readFile(join(import.meta.dirname, '..', 'fixtures', 'servers', 'hostile', 'index.js'), 'utf8');

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** A visitor's request for the host of a site, which no resolver has to know. */
export function visit(
  edge: Pick<EdgeInstance, 'url'>,
  label: string,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { port } = new URL(edge.url);
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: { Host: `${label}.sites.localhost:${port}`, ...headers },
        agent: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
