/** A hostile server of a site, in a whole instance: what it must not reach, read, forge or stop. */

import { once } from 'node:events';
import { type IncomingMessage, request as send } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';
import { type Answer, hostileModule, visit } from './hostile.ts';

let edge: EdgeInstance;
let hostile: SitePublisher;
let other: SitePublisher;
let otherId: string;
/** Must never be reached: it stands for whatever listens on the machine and its network. */
let listener: Server;
let listenerPort: number;
let connections = 0;

beforeAll(async () => {
  listener = createServer((socket) => {
    connections += 1;
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret');
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  listenerPort = (listener.address() as AddressInfo).port;
  edge = await startInstance();
  [hostile, other] = await Promise.all([sitePublisher(edge, 'hostile'), sitePublisher(edge, 'other')]);
  otherId = await other.publish({ 'index.html': 'the other site', 'private.txt': 'of the other site' });
  await hostile.publishServer(await hostileModule(), { 'index.html': 'my own page' });
});
afterAll(async () => {
  await edge?.stop();
  listener?.close();
});

const ask = (path: string, q = '', options?: Parameters<typeof visit>[3]): Promise<Answer> =>
  visit(edge, hostile.slug, `/${path}?q=${encodeURIComponent(q)}`, options);

/** What an attack got, or why not. */
async function outcome(path: string, q = ''): Promise<{ got?: unknown; refused?: string }> {
  const { status, text } = await ask(path, q);
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

const port = () => new URL(edge.url).port;

describe('addresses', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://control/load',
    'http://servers/serve',
    'http://10.0.0.1/',
  ])('a private one is refused: %s', async (url) => {
    expect(await outcome('fetch', url)).toMatchObject({ got: { status: 403, text: /private address/ } });
  });

  test('a refusal is in the log of the site', async () => {
    await outcome('fetch', 'http://192.168.7.7/');
    await outcome('socket', '192.168.7.8:5432');
    const client = new Client(edge);
    const notices = async () => {
      const { items } = await client.api.runtime.logs(hostile.slug, { limit: 1000 });
      return items.filter(({ kind }) => kind === 'notice').map(({ text }) => text);
    };
    await expect
      .poll(notices)
      .toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            /^A request to 192\.168\.7\.7 was refused: 192\.168\.7\.7 is a private address/,
          ),
          expect.stringMatching(
            /^A connection to 192\.168\.7\.8 was refused: 192\.168\.7\.8 is a private address/,
          ),
        ]),
      );
  });

  test.each(['127.0.0.1', 'localhost', '0x7f000001', '[::ffff:127.0.0.1]', '2130706433', '0.0.0.0', '[::1]'])(
    'nothing on this machine is reached as %s',
    async (host) => {
      const before = connections;
      const found = await Promise.all([
        outcome('fetch', `http://${host}:${listenerPort}/`),
        outcome('resolve', `http://${host}:${listenerPort}/`),
        outcome('websocket', `http://${host}:${listenerPort}/`),
      ]);
      for (const one of found) expect(one).toMatchObject({ got: { status: 403, text: /AppFlux refused/ } });
      expect(JSON.stringify(await outcome('socket', `${host}:${listenerPort}`))).not.toContain('secret');
      expect(connections).toBe(before);
    },
  );

  test('the control plane, its storage and other sites are refused', async () => {
    for (const url of [
      edge.url,
      `${edge.url}/api/health`,
      edge.bucket.url,
      `http://127.0.0.1:${port()}/api/health`,
      `http://other.sites.localhost:${port()}/`,
      `http://hostile.sites.localhost:${port()}/`,
    ])
      expect(await outcome('fetch', url), url).toMatchObject({
        got: { status: 403, text: /AppFlux refused/ },
      });
    expect(JSON.stringify(await outcome('socket', `127.0.0.1:${port()}`))).not.toContain('HTTP/1.1');
  });

  test('a name that resolves to this machine is not reached', async () => {
    // Public in form; the resolver of the machine answers with loopback for names below localhost.
    const before = connections;
    await outcome('fetch', `http://a.localhost:${listenerPort}/`);
    await outcome('socket', `a.localhost:${listenerPort}`);
    expect(connections).toBe(before);
  });
});

describe('what belongs to others', () => {
  test('the assets binding has only the site’s own files, whatever is asked for', async () => {
    for (const url of [
      `http://other.sites.localhost:${port()}/private.txt`,
      'https://assets.local/../other/private.txt',
      `https://assets.local/${otherId}/private.txt`,
      'https://assets.local/.appflux/server/index.js',
      'https://assets.local/%2eappflux/server/index.js',
      'https://assets.local//.appflux/server/index.js',
    ]) {
      const found = JSON.stringify(await outcome('asset', url));
      expect(found, url).not.toContain('of the other site');
      expect(found, url).not.toContain('A site’s server that tries');
    }
    for (const forged of [
      otherId,
      JSON.stringify({ deploymentId: otherId }),
      `http://other.sites.localhost:${port()}/private.txt`,
    ])
      expect(await outcome('forgedAsset', forged)).toMatchObject({ got: { text: 'my own page' } });
  });

  test('modules are served to nobody', async () => {
    for (const path of [
      '/.appflux/server/index.js',
      '/%2eappflux/server/index.js',
      '/x/../.appflux/server/index.js',
    ]) {
      const { text } = await visit(edge, hostile.slug, path);
      expect(text, path).not.toContain('A site’s server that tries');
    }
  });

  test('bindings give their methods alone', async () => {
    for (const binding of ['ASSETS', 'WORKER_SELF_REFERENCE']) {
      const { got } = await outcome('members', binding);
      const calls = await outcome('calls', binding);
      const text = JSON.stringify([got, calls]);
      expect(text).not.toMatch(/"env":\{"got":"object"/);
      expect(text).not.toMatch(/"ctx":\{"got":"object"/);
    }
  });

  test('no secret of the instance is within reach', async () => {
    const { got } = await outcome('everything');
    const text = String(got);
    for (const secret of [
      edge.token,
      edge.operatorSecret,
      edge.bucket.secretAccessKey,
      'SEALING_KEY',
      'OPERATOR_SECRET',
      'S3_SECRET',
      'LOADER',
      'CONTROL',
    ])
      expect(text, secret).not.toContain(secret);
  });

  test('no file of the machine, and no process', async () => {
    const text = JSON.stringify([await outcome('files'), await outcome('processes')]);
    expect(text).not.toMatch(/root:|workerd|uid=/);
  });
});

describe('headers and cookies', () => {
  test('the site sees none of ours, and no forged one', async () => {
    const { token } = await new Client(edge).api.tokens.create({ name: 'visitor', scopes: ['apps:read'] });
    const { text } = await ask('headers', '', {
      headers: {
        'X-AppFlux-Visit': JSON.stringify({ deploymentId: otherId }),
        'X-AppFlux-Client-Address': '1.2.3.4',
        'CF-Connecting-IP': '1.2.3.4',
        'X-Forwarded-For': '1.2.3.4',
        'X-Real-IP': '1.2.3.4',
        Cookie: '__Host-appflux_session=secret; appflux_release=1; theirs=2',
        Authorization: `Bearer ${token}`,
      },
    });
    const headers: [string, string][] = JSON.parse(text);
    expect(headers.filter(([name]) => /^(?:x-appflux-|mf-)/.test(name))).toEqual([]);
    expect(text).not.toMatch(/1\.2\.3\.4|secret|appflux_release/);
    expect(text).not.toContain(token);
    expect(Object.fromEntries(headers)).toMatchObject({
      host: `hostile.sites.localhost:${port()}`,
      cookie: 'theirs=2',
      'x-forwarded-proto': 'http',
    });
  });

  test('a forged visit reaches no other deployment', async () => {
    const { text } = await ask('url', '', {
      headers: { 'X-AppFlux-Visit': JSON.stringify({ deploymentId: otherId, url: 'https://evil.example/' }) },
    });
    expect(JSON.parse(text)).toMatchObject({ url: `http://hostile.sites.localhost:${port()}/url?q=` });
  });

  test('visitors get no cookie or header in our name, and none for other sites', async () => {
    const { headers } = await ask('cookie');
    const cookies = [headers['set-cookie'] ?? []].flat();
    expect(cookies).toEqual(['wide=1; Path=/', 'own=1; Path=/; HttpOnly']);
    expect(headers).not.toHaveProperty('x-appflux-visit');
  });
});

describe('what it breaks, it breaks for itself', () => {
  const isWell = async () => {
    expect((await visit(edge, other.slug, '/')).text).toBe('the other site');
    expect((await fetch(`${edge.url}/api/health`)).status).toBe(200);
    expect((await ask('url')).status).toBe(200);
  };

  test('an error is a page without its text', async () => {
    const { status, text } = await ask('throw', 'a-secret-in-an-error');
    expect(status).toBe(500);
    expect(text).not.toMatch(/a-secret-in-an-error|index\.js|\bat\b.*:\d+:\d+/);
    await isWell();
  });

  test('ending its process or its isolate', async () => {
    for (const path of ['exit', 'abort']) expect((await ask(path)).status).toBeGreaterThanOrEqual(500);
    await isWell();
  });

  test('calling itself without end ends', async () => {
    expect(await outcome('loop', '0')).toEqual({ got: { depth: 64, status: 508 } });
    await isWell();
  });

  test('a gigabyte is passed on as it comes', async () => {
    const answer = await opened('/large');
    let length = 0;
    let wasWell = false;
    for await (const part of answer) {
      length += part.length;
      if (wasWell) continue;
      await isWell();
      wasWell = true;
    }
    expect(length).toBe(1024 ** 3);
  });

  test('visitors that leave stop it', async () => {
    for (let at = 0; at < 20; at += 1) {
      const answer = await opened('/large');
      await once(answer, 'readable');
      answer.destroy();
    }
    await isWell();
  });

  test('visitors that leave while it calls itself give the calls back', async () => {
    await Promise.all(Array.from({ length: 70 }, () => left('/self?q=/slow')));
    await expect.poll(() => outcome('self', '/url')).toEqual({ got: { status: 200 } });
    await isWell();
  });

  test('more connections to the outside than one site may have', async () => {
    // Nothing here is public, so all are refused. What counts is that the others are still served.
    expect(await outcome('many', `http://127.0.0.1:${listenerPort}/`)).toEqual({ got: { 403: 300 } });
    await isWell();
  });

  test('changed prototypes are its own', async () => {
    // The last test: its isolate stays like that.
    await ask('prototypes');
    expect(await outcome('fetch', edge.url)).not.toMatchObject({ got: { status: 200 } });
    expect((await visit(edge, other.slug, '/')).text).toBe('the other site');
    expect((await visit(edge, hostile.slug, '/')).text).toBe('my own page');
  });
});

/** A request for the hostile site whose visitor leaves while the server waits for something. */
function left(path: string): Promise<void> {
  const headers = { Host: `${hostile.slug}.sites.localhost:${port()}` };
  return new Promise((resolve) => {
    const request = send({ host: '127.0.0.1', port: port(), path, headers, agent: false });
    // It is destroyed.
    request.on('error', () => undefined);
    request.on('close', () => resolve());
    request.end();
    setTimeout(() => request.destroy(), 2_000);
  });
}

/** The answer to a request for the hostile site whose body is read by the caller. */
function opened(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: '127.0.0.1',
        port: port(),
        path,
        headers: { Host: `${hostile.slug}.sites.localhost:${port()}` },
        agent: false,
      },
      resolve,
    );
    request.on('error', reject);
    request.end();
  });
}
