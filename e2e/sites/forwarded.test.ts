/** Rewrites of sites to another server, which the app has to allow, and the operator if it is a private one. */
import { createServer, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SiteRedirect } from '@appflux/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from './publisher.ts';

let target: Server;
let targetHost: string;
let open: Site;
let closed: Site;

interface Site {
  edge: EdgeInstance;
  publisher: SitePublisher;
  host: string;
}

async function siteOn(variables: Record<string, string>): Promise<Site> {
  const edge = await startInstance({ variables });
  const publisher = await sitePublisher(edge, 'shop');
  const rewrite: SiteRedirect = {
    host: null,
    pattern: {
      before: ['api'],
      splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' },
      after: [],
      slash: 'any',
    },
    unless: [],
    query: [],
    to: { origin: `http://${targetHost}`, path: ['/v1/', { capture: 'splat' }], query: [], hash: null },
    status: 200,
    force: false,
  };
  await publisher.publish({ 'index.html': 'shop' }, { redirects: [rewrite] });
  return { edge, publisher, host: `${publisher.slug}.sites.localhost:${new URL(edge.url).port}` };
}

/** A request for a site, with its status and its text. */
function ask(
  { edge, host }: Site,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string; cookies: string[] }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(edge.url);
    const request = send(
      { host: '127.0.0.1', port, path, method, headers: { Host: host, ...headers }, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, cookies: response.headers['set-cookie'] ?? [] }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

beforeAll(async () => {
  target = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', async () => {
      if (request.url === '/v1/loop') {
        // A server that forwards what it gets to the site.
        const again = await ask(open, '/api/loop', { headers: { Via: String(request.headers.via) } });
        response.writeHead(again.status).end(again.text);
        return;
      }
      response.setHeader('Set-Cookie', ['session=1; Domain=sites.localhost', 'appflux_release=x']);
      response.end(
        JSON.stringify({ url: request.url, method: request.method, headers: request.headers, body }),
      );
    });
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  targetHost = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  [open, closed] = await Promise.all([siteOn({ APPFLUX_ALLOW_PRIVATE_TARGETS: '1' }), siteOn({})]);
});
afterAll(async () => {
  target.close();
  await Promise.all([open?.edge.stop(), closed?.edge.stop()]);
});

/** What an app allows shows within a second on each isolate. */
const statusOf = async (site: Site, path: string) => (await ask(site, path)).status;

test('a rewrite to another server is refused until the app allows its host', async () => {
  expect(await statusOf(open, '/api/a')).toBe(403);
  await new Client(open.edge).api.apps.update(open.publisher.slug, { rewriteHosts: [targetHost] });
  await expect.poll(() => statusOf(open, '/api/a')).toBe(200);

  const answer = await ask(open, '/api/a%20b?q=1', {
    method: 'POST',
    body: 'hello',
    headers: {
      Cookie: 'own=1; appflux_release=x',
      Authorization: 'Bearer afx_0123456789abcdef',
      'X-Forwarded-For': '6.6.6.6',
    },
  });
  const seen = JSON.parse(answer.text);
  expect(seen).toMatchObject({ url: '/v1/a%20b?q=1', method: 'POST', body: 'hello' });
  expect(seen.headers).toMatchObject({
    host: targetHost,
    cookie: 'own=1',
    'x-forwarded-host': open.host,
    via: '1.1 appflux',
  });
  expect(seen.headers).not.toHaveProperty('authorization');
  expect(seen.headers).not.toHaveProperty('x-forwarded-for');
  expect(answer.cookies).toEqual(['session=1']);
  // Only what the rule is for.
  expect((await ask(open, '/')).text).toBe('shop');
});

test('a loop ends', async () => {
  const { status, text } = await ask(open, '/api/loop');
  expect(status).toBe(508);
  expect(text).toContain('forwards to itself');
});

test('a private address is refused, also to an app that allows it, unless the operator allows it', async () => {
  const change = { rewriteHosts: [targetHost], spaFallback: true };
  await new Client(closed.edge).api.apps.update(closed.publisher.slug, change);
  // Both settings are read together: once one is in effect, the other is.
  const page = { headers: { Accept: 'text/html' } };
  await expect.poll(async () => (await ask(closed, '/unknown', page)).status).toBe(200);
  expect(await statusOf(closed, '/api/a')).toBe(403);
});

test('a server that does not answer is a page of ours', async () => {
  await new Promise((resolve) => target.close(resolve));
  const { status, text } = await ask(open, '/api/a');
  expect(status).toBe(502);
  expect(text).not.toContain(targetHost);
});
