import { once } from 'node:events';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { listen, PUBLIC, playHttp, playRaw, startHarness } from './testing/harness.ts';

const CONNECT = 'CONNECT packages.test:443 HTTP/1.1\r\nHost: packages.test:443\r\n\r\n';
const NAMES = { 'packages.test': [PUBLIC] };

/** TLS with a key that both sides know beforehand: a server without a certificate. */
const KEY = {
  ciphers: 'PSK-AES128-GCM-SHA256',
  maxVersion: 'TLSv1.2',
  pskCallback: () => ({ psk: Buffer.alloc(16, 7), identity: 'test' }),
  checkServerIdentity: () => undefined,
} as const;

async function playTls(answer: (socket: TLSSocket) => void): Promise<number> {
  return listen(
    createTlsServer({ ...KEY, pskCallback: () => Buffer.alloc(16, 7) }, (socket) => {
      // Cut by the other side, which is what some tests are about.
      socket.on('error', () => undefined);
      answer(socket);
    }),
  );
}

async function openTunnel(port: number, options: Parameters<typeof startHarness>[0] = {}) {
  const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:443': port }, ...options });
  const client = harness.connect();
  client.socket.write(CONNECT);
  await client.receives('\r\n\r\n');
  return { harness, client };
}

/** Speaks TLS through a tunnel that stands. */
function startTls(client: Awaited<ReturnType<typeof openTunnel>>['client'], servername?: string): TLSSocket {
  client.socket.removeAllListeners('data');
  const secure = connectTls({
    socket: client.socket,
    ...KEY,
    ...(servername === undefined ? {} : { servername }),
  });
  // Cut by the proxy, which is what some tests are about.
  secure.on('error', () => undefined);
  return secure;
}

describe('a tunnel', () => {
  it('carries TLS to an allowed host, both ways', async () => {
    const port = await playTls((socket) => socket.pipe(socket));
    const { harness, client } = await openTunnel(port);
    const secure = startTls(client, 'packages.test');
    secure.write('hello through the tunnel');
    expect(String((await once(secure, 'data'))[0])).toBe('hello through the tunnel');
    const closed = once(secure, 'close');
    secure.end();
    await closed;
    expect(harness.dialed).toEqual([{ authority: 'packages.test:443', addresses: [PUBLIC] }]);
  });

  it('carries megabytes whole, and counts them', async () => {
    const size = 8 * 1024 * 1024;
    const port = await playTls((socket) => socket.end(Buffer.alloc(size, 'x')));
    const { harness, client } = await openTunnel(port);
    const secure = startTls(client, 'packages.test');
    let received = 0;
    for await (const chunk of secure) received += chunk.length;
    expect(received).toBe(size);
    const [host] = harness.egress.report().hosts;
    expect(host).toMatchObject({ host: 'packages.test:443', requests: 1 });
    expect(host?.bytesIn).toBeGreaterThan(size);
    expect(host?.bytesOut).toBeGreaterThan(100);
    expect(host?.bytesOut).toBeLessThan(5000);
  });

  it.each([
    ['another name', 'evil.test', 'evil.test'],
    ['no name', undefined, 'no name'],
  ])('is cut when the TLS in it names %s', async (_what, servername, shown) => {
    let reached = false;
    const port = await playTls(() => {
      reached = true;
    });
    const { harness, client } = await openTunnel(port);
    const secure = startTls(client, servername);
    await expect(once(secure, 'secureConnect')).rejects.toThrow();
    expect(reached).toBe(false);
    expect(harness.egress.report().refused).toMatchObject([
      { host: 'packages.test:443', reason: 'other_server_name', count: 1 },
    ]);
    expect(harness.log.join()).toContain(shown);
  });

  it('is cut when what it carries is neither TLS nor HTTP', async () => {
    const port = await playRaw((socket) => socket.pipe(socket));
    const { harness, client } = await openTunnel(port);
    client.socket.write('\u0000\u0001\u0002\u0003');
    await client.closed;
    expect(client.received).not.toContain('\u0002');
    expect(harness.egress.report().refused).toMatchObject([{ reason: 'not_web_traffic' }]);
  });

  it('is cut when nothing comes through it', async () => {
    const port = await playRaw((socket) => socket.write('220 speaks first\r\n'));
    const { client } = await openTunnel(port, { timeouts: { headMs: 50 } });
    await client.closed;
    expect(client.received).not.toContain('220');
  });

  it('is cut when neither side says anything any more', async () => {
    const port = await playTls(() => undefined);
    const { client } = await openTunnel(port, { timeouts: { idleMs: 50 } });
    const secure = startTls(client, 'packages.test');
    secure.resume();
    await once(secure, 'end');
  });

  it('is cut on the build’s side when the host cuts it, and the other way round', async () => {
    let hostSide: TLSSocket | undefined;
    const port = await playTls((socket) => {
      hostSide = socket;
      socket.resume();
    });
    const first = await openTunnel(port);
    const one = startTls(first.client, 'packages.test');
    one.resume();
    await once(one, 'secureConnect');
    hostSide?.destroy();
    await once(one, 'end');

    const second = await openTunnel(port);
    const other = startTls(second.client, 'packages.test');
    await once(other, 'secureConnect');
    if (hostSide === undefined) throw new Error('not reached');
    const closed = once(hostSide, 'close');
    second.client.socket.destroy();
    await closed;
  });

  it('lets the answer through when the build has said that it sends no more', async () => {
    const port = await playRaw((socket) => {
      // Reads to the end before it answers; the bytes are a ClientHello that names the host.
      socket.resume();
      socket.once('end', () => socket.end('late answer'));
    });
    const { client } = await openTunnel(port);
    const hello = await helloBytes('packages.test');
    client.socket.end(hello);
    await client.receives('late answer');
  });

  it('that carries plain HTTP is served request by request, with the Host that it was opened to', async () => {
    const seen: string[] = [];
    const port = await playHttp((request, response) => {
      seen.push(`${request.method} ${request.headers.host} ${request.url}`);
      response.end('fine');
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const client = harness.connect();
    client.socket.write(
      'CONNECT packages.test:80 HTTP/1.1\r\n\r\nGET /one HTTP/1.1\r\nHost: evil.test\r\n\r\n' +
        'GET /two HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
    );
    await client.closed;
    expect(seen).toEqual(['GET packages.test /one', 'GET packages.test /two']);
    expect(client.received.match(/fine/g)).toHaveLength(2);
  });

  it('in a tunnel is refused', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const client = harness.connect();
    client.socket.write('CONNECT packages.test:80 HTTP/1.1\r\n\r\nCONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n');
    await client.receives('400 Refused');
    expect(harness.dialed).toHaveLength(1);
  });
});

/** The first bytes of a TLS connection. */
async function helloBytes(servername: string): Promise<Buffer> {
  let resolveHello: (hello: Buffer) => void = () => undefined;
  const hello = new Promise<Buffer>((resolve) => {
    resolveHello = resolve;
  });
  const port = await playRaw((socket) => socket.once('data', resolveHello));
  const secure = connectTls({ host: '127.0.0.1', port, servername, ...KEY });
  secure.on('error', () => undefined);
  return hello.finally(() => secure.destroy());
}
