import { lstat, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEgress } from './index.ts';
import { listen, PUBLIC, playHttp, playRaw, startHarness } from './testing/harness.ts';

const NAMES = { 'packages.test': [PUBLIC] };
const connectTo = (authority: string) => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
const CLOSE = 'Connection: close\r\n\r\n';

describe('what is refused before anything is dialed', () => {
  it.each([
    ['a host that is not allowed', 'evil.test:443', 403, 'host_not_allowed'],
    ['a host below an allowed one', 'a.packages.test:443', 403, 'host_not_allowed'],
    ['a host that ends like an allowed one', 'evilpackages.test:443', 403, 'host_not_allowed'],
    ['another port', 'packages.test:22', 403, 'port_not_allowed'],
    ['the mail port', 'packages.test:25', 403, 'port_not_allowed'],
    ['the metadata service', '169.254.169.254:80', 403, 'address_literal'],
    ['the metadata service in IPv6', '[fd00:ec2::254]:80', 403, 'address_literal'],
    ['the metadata service, IPv4-mapped', '[::ffff:169.254.169.254]:80', 403, 'address_literal'],
    ['the metadata service as one number', '2852039166:80', 403, 'address_literal'],
    ['the metadata service in hexadecimal', '0xa9fea9fe:80', 403, 'address_literal'],
    ['this host', '127.0.0.1:443', 403, 'address_literal'],
    ['this host by its name', 'localhost:443', 403, 'host_not_allowed'],
    ['a public address', '203.0.113.10:443', 403, 'address_literal'],
    ['a target without a port', 'packages.test', 400, 'malformed'],
    ['a target with a user', 'packages.test:443@evil.test:443', 400, 'malformed'],
  ])('%s: %s', async (_what, authority, status, reason) => {
    const harness = await startHarness({ names: NAMES });
    const answer = await harness.exchange(connectTo(authority));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('AppFlux: ');
    expect(harness.egress.report()).toMatchObject({ hosts: [], refused: [{ reason, count: 1 }] });
    expect(harness.dialed).toEqual([]);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['private', '10.0.0.5'],
    ['link-local', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['unspecified', '0.0.0.0'],
    ['loopback', '::1'],
    ['private', 'fd00:ec2::254'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['IPv4-compatible', '::7f00:1'],
    ['host service', '168.63.129.16'],
  ])('an allowed name that leads to a %s address, %s', async (kind, address) => {
    const harness = await startHarness({ names: { 'packages.test': [address] } });
    for (const request of [
      connectTo('packages.test:443'),
      `GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n${CLOSE}`,
    ]) {
      const answer = await harness.exchange(request);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
      expect(answer).toContain(`(${kind})`);
      // The build is not told how the host's network is numbered.
      expect(answer).not.toContain(address);
    }
    expect(harness.dialed).toEqual([]);
  });

  it('an allowed name that does not exist', async () => {
    const harness = await startHarness({ allow: ['gone.test'] });
    expect(await harness.exchange(connectTo('gone.test:443'))).toMatch(
      /^HTTP\/1\.1 502 .*has no address \(ENOTFOUND\)/s,
    );
    expect(harness.dialed).toEqual([]);
  });
});

describe('the refusal', () => {
  it('names the host and says how to allow it, to the tool and in the log', async () => {
    const harness = await startHarness({ names: NAMES });
    const answer = await harness.exchange(connectTo('telemetry.test:443'));
    const sentence =
      'telemetry.test:443 is not an allowed host. The owner of the runner can add it to the allowed hosts.';
    expect(answer.split('\r\n\r\n')[1]).toBe(`AppFlux: ${sentence}\n`);
    expect(harness.log).toEqual([`Network: ${sentence}`]);
  });
});

describe('a name that changes what it leads to', () => {
  it('is connected to at the address that was checked, and not looked up again', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    let asked = 0;
    const harness = await startHarness({
      hosts: { 'packages.test:80': port },
      resolve: async () => {
        asked += 1;
        return asked === 1 ? [PUBLIC] : ['127.0.0.1'];
      },
    });
    const request = `GET http://packages.test/ HTTP/1.1\r\nHost: packages.test\r\n${CLOSE}`;
    expect(await harness.exchange(request)).toContain('fine');
    expect(harness.dialed).toEqual([{ authority: 'packages.test:80', addresses: [PUBLIC] }]);
    expect(asked).toBe(1);
    expect(await harness.exchange(request)).toMatch(/^HTTP\/1\.1 403 /);
    expect(harness.dialed).toHaveLength(1);
  });

  it('is connected to at its public addresses only, when it has others, too', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    const harness = await startHarness({
      names: { 'packages.test': ['10.0.0.1', PUBLIC, '::1', '203.0.113.11'] },
      hosts: { 'packages.test:80': port },
    });
    await harness.exchange(`GET http://packages.test/ HTTP/1.1\r\nHost: packages.test\r\n${CLOSE}`);
    expect(harness.dialed).toEqual([{ authority: 'packages.test:80', addresses: [PUBLIC, '203.0.113.11'] }]);
  });
});

describe('what the host’s owner allows', () => {
  it('can be an address, whatever range it lies in', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    const harness = await startHarness({
      allow: [`127.0.0.1:${port}`],
      hosts: { [`127.0.0.1:${port}`]: port },
    });
    const answer = await harness.exchange(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    expect(answer).toContain('fine');
  });

  it('can be a range of addresses that names may lead to', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    const harness = await startHarness({
      names: { 'packages.test': ['10.1.2.3'] },
      hosts: { 'packages.test:80': port },
      allowAddresses: ['10.1.0.0/16'],
    });
    const answer = await harness.exchange(
      `GET http://packages.test/ HTTP/1.1\r\nHost: packages.test\r\n${CLOSE}`,
    );
    expect(answer).toContain('fine');
  });
});

describe('plain HTTP', () => {
  it('goes out with the Host that was asked for, without what concerns the proxy only', async () => {
    let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string } | undefined;
    const port = await playHttp(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen = { url: request.url, headers: request.headers, body };
      response.writeHead(201, { 'X-Answer': 'yes', 'Keep-Alive': 'timeout=1' });
      response.end('made');
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange(
      'POST http://Packages.Test:80/a/../b?c=d HTTP/1.1\r\nHost: evil.test\r\nProxy-Authorization: Basic c2VjcmV0\r\n' +
        'Proxy-Connection: keep-alive\r\nX-Own: 1\r\nX-Hop: 1\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n' +
        'Connection: close, X-Hop, Upgrade\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    expect(seen).toMatchObject({
      url: '/b?c=d',
      body: 'hello',
      headers: { host: 'packages.test', 'x-own': '1' },
    });
    for (const name of ['proxy-authorization', 'proxy-connection', 'x-hop', 'upgrade']) {
      expect(seen?.headers).not.toHaveProperty(name);
    }
    expect(answer).toMatch(/^HTTP\/1\.1 201 .*X-Answer: yes.*made/s);
    expect(answer).not.toContain('timeout=1');
  });

  it('passes the answers to HEAD and to conditional requests, which have no body', async () => {
    const port = await playHttp((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'Content-Length': '1000' }).end();
      else response.writeHead(304, { ETag: '"1"' }).end();
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const head = await harness.exchange(`HEAD http://packages.test/ HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    expect(head).toMatch(/^HTTP\/1\.1 200 .*Content-Length: 1000/s);
    const get = await harness.exchange(`GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    expect(get).toMatch(/^HTTP\/1\.1 304 .*ETag: "1"/s);
  });

  it('serves several requests on one connection, each checked for itself', async () => {
    const port = await playHttp((request, response) => response.end(`answer to ${request.url}`));
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange(
      `GET http://packages.test/1 HTTP/1.1\r\nHost: x\r\n\r\nGET http://packages.test/2 HTTP/1.1\r\nHost: x\r\n\r\n` +
        `GET http://evil.test/3 HTTP/1.1\r\nHost: packages.test\r\n${CLOSE}`,
    );
    expect(answer).toMatch(
      /answer to \/1.*answer to \/2.*403 Refused by AppFlux.*evil\.test:80 is not an allowed host/s,
    );
    expect(harness.dialed).toHaveLength(2);
  });

  it('breaks off an answer that the host broke off', async () => {
    const port = await playRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart'));
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange('GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/part$/);
  });

  it.each([
    ['says nothing that is HTTP', (socket: Socket) => socket.end('gibberish\r\n\r\n')],
    ['hangs up', (socket: Socket) => socket.destroy()],
    [
      'answers with fields beyond measure',
      (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
    ],
    [
      'switches protocols unasked',
      (socket: Socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi'),
    ],
  ])('answers 502 for a host that %s', async (_what, act) => {
    const port = await playRaw((socket) => socket.once('data', () => act(socket)));
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange(`GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(harness.egress.report().refused).toMatchObject([{ reason: 'not_reached' }]);
  });

  it('answers 502 for a host that takes no connections', async () => {
    const harness = await startHarness({
      names: NAMES,
      dial: async () => {
        throw Object.assign(new Error('connect ECONNREFUSED 203.0.113.10:80'), { code: 'ECONNREFUSED' });
      },
    });
    expect(await harness.exchange(connectTo('packages.test:443'))).toMatch(
      /^HTTP\/1\.1 502 .*did not answer \(ECONNREFUSED\)/s,
    );
  });
});

describe('requests that two readers could read differently', () => {
  it.each([
    [
      'both a length and chunks',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
    ],
    [
      'a length that is no number',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd',
    ],
    [
      'a space before a colon',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a disguised encoding',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    ['a field on two lines', 'GET http://packages.test/ HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n'],
    ['a bare line feed', 'GET http://packages.test/ HTTP/1.1\nHost: x\nX-A: 1\n\n'],
    ['a zero byte', 'GET http://packages.test/ HTTP/1.1\r\nHost: x\r\nX-A: a\u0000b\r\n\r\n'],
    [
      'a chunk size beyond measure',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.0\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['a SOCKS greeting', '\u0005\u0001\u0000'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['another scheme', 'GET ftp://packages.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['https in absolute form', 'GET https://packages.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    [
      'a user in the URL',
      'GET http://packages.test@evil.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ],
  ])('are refused: %s', async (_what, request) => {
    const received: string[] = [];
    const port = await playRaw((socket) => {
      socket.on('data', (chunk) => received.push(String(chunk)));
      socket.on('end', () => socket.end());
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange(request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    // A body is read while its request is already on the way: then the host sees a request that never ends.
    expect(received.join('')).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(await harness.exchange(connectTo('evil.test:443'))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('are sent on in one reading: a body of chunks stays one body', async () => {
    const requests: string[] = [];
    const port = await playHttp(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      requests.push(`${request.method} ${request.url} ${body}`);
      response.end('fine');
    });
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:80': port } });
    const inner = 'GET http://packages.test/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const method of ['GET', 'POST', 'DELETE']) {
      await harness.exchange(
        `${method} http://packages.test/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
          `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
      );
    }
    expect(requests).toEqual([`GET / ${inner}`, `POST / ${inner}`, `DELETE / ${inner}`]);
  });
});

describe('a build that wears the proxy out', () => {
  it('gets 431 for a head beyond measure', async () => {
    const harness = await startHarness({ names: NAMES });
    const answer = await harness.exchange(
      `GET http://packages.test/ HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('gets 408 for a head that never ends', async () => {
    const harness = await startHarness({ timeouts: { headMs: 50 } });
    expect(await harness.exchange('GET http://packages.test/ HTTP/1.1\r\nX: ')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('cannot hold more connections than it may, and is served again once it lets go', async () => {
    const harness = await startHarness({ limits: { connections: 3 } });
    const held = [harness.connect(), harness.connect(), harness.connect()];
    for (const client of held) client.socket.write('GET /');
    // Connections are taken in order: the fourth comes when three are held.
    expect(await harness.exchange(connectTo('evil.test:443'))).toBe('');
    expect(harness.egress.report().refused).toMatchObject([{ reason: 'too_many_connections', count: 1 }]);
    const [first] = held;
    first?.socket.destroy();
    await first?.closed;
    let answer = '';
    while (answer === '') answer = await harness.exchange(connectTo('evil.test:443'));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('is cut off when it has received more than it may, and gets nothing further', async () => {
    const port = await playRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pour = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', pour);
      pour();
    });
    const harness = await startHarness({
      names: NAMES,
      hosts: { 'packages.test:80': port },
      limits: { bytesIn: 1_000_000 },
    });
    const client = harness.connect();
    client.socket.write('GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.closed;
    expect(await harness.exchange(connectTo('packages.test:443'))).toMatch(
      /^HTTP\/1\.1 403 .*used up its network traffic/s,
    );
    expect(harness.egress.report().refused).toMatchObject([{ reason: 'traffic_limit', count: 1 }]);
  });

  it('is cut off when it has sent more than it may', async () => {
    const port = await playRaw((socket) => socket.resume());
    const harness = await startHarness({
      names: NAMES,
      hosts: { 'packages.test:80': port },
      limits: { bytesOut: 1_000_000 },
    });
    const client = harness.connect();
    client.socket.write(
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n',
    );
    const pour = (): void => {
      while (client.socket.writable && client.socket.write(Buffer.alloc(65_536)));
    };
    client.socket.on('drain', pour);
    pour();
    await client.closed;
    expect(harness.egress.report().hosts[0]?.bytesOut).toBeGreaterThan(1_000_000);
  });

  it('does not make it fall over by leaving at any moment', async () => {
    const port = await playRaw((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart')),
    );
    const harness = await startHarness({
      names: NAMES,
      hosts: { 'packages.test:80': port, 'packages.test:443': port },
    });
    const requests = [
      connectTo('packages.test:443'),
      `${connectTo('packages.test:443')}\u0016\u0003\u0001`,
      'GET http://packages.test/ HTTP/1.1\r\nHost: x\r\n\r\n',
      'POST http://packages.test/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf',
      connectTo('evil.test:443'),
    ];
    for (const request of requests) {
      for (let length = 1; length <= request.length; length += 7) {
        const client = harness.connect();
        client.socket.write(request.slice(0, length), 'latin1', () => client.socket.destroy());
        await client.closed;
      }
    }
    expect(await harness.exchange(connectTo('evil.test:443'))).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('starting and ending', () => {
  const base = { allow: [], npmRegistry: null, log: () => undefined };

  it('makes a socket that the build’s user may connect to, and takes it away', async () => {
    const harness = await startHarness();
    expect((await lstat(harness.socketPath)).mode & 0o777).toBe(0o666);
    await harness.egress.close();
    await harness.egress.close();
    await expect(lstat(harness.socketPath)).rejects.toThrow('ENOENT');
  });

  it('ends every connection when it closes', async () => {
    const port = await playRaw((socket) => socket.resume());
    const harness = await startHarness({ names: NAMES, hosts: { 'packages.test:443': port } });
    const idle = harness.connect();
    const tunnel = harness.connect();
    tunnel.socket.write(connectTo('packages.test:443'));
    await tunnel.receives('200 Connection Established');
    await harness.egress.close();
    await Promise.all([idle.closed, tunnel.closed]);
  });

  it('takes the place of a socket that a killed runner left', async () => {
    const harness = await startHarness();
    const left = createServer();
    await listen(left);
    const path = `${harness.socketPath}.left`;
    const abandoned = createServer();
    await new Promise<void>((resolve) => abandoned.listen(path, resolve));
    const second = await startEgress({ ...base, socketPath: path });
    await second.close();
    abandoned.close();
  });

  it.each([
    ['a path that no socket can have', { socketPath: `/tmp/${'x'.repeat(120)}` }, 'socket_path_too_long'],
    ['a folder that is not there', { socketPath: '/nowhere/proxy.sock' }, 'cannot_listen'],
    ['an allowed host that is none', { socketPath: '/tmp/x.sock', allow: ['*'] }, 'allowed_host_invalid'],
    [
      'an allowed range that is none',
      { socketPath: '/tmp/x.sock', allowAddresses: ['home'] },
      'allowed_range_invalid',
    ],
  ])('says what is wrong with %s', async (_what, options, code) => {
    await expect(startEgress({ ...base, ...options })).rejects.toMatchObject({ name: 'EgressError', code });
  });

  it('does not take the place of a file', async () => {
    const harness = await startHarness();
    const path = `${harness.socketPath}.file`;
    await writeFile(path, 'kept');
    await expect(startEgress({ ...base, socketPath: path })).rejects.toMatchObject({ code: 'cannot_listen' });
    expect((await lstat(path)).size).toBe(4);
  });
});

describe('a proxy for a page', () => {
  const SITE = 'd-shop.sites.test:8787';
  const page = (names: Record<string, readonly string[]>, options: Parameters<typeof startHarness>[0] = {}) =>
    startHarness({
      allow: [],
      ownHost: SITE,
      publicWeb: { except: ['flux.test', '*.denied.test'] },
      names: { 'd-shop.sites.test': ['127.0.0.1'], 'web.test': [PUBLIC], ...names },
      ...options,
    });
  const get = (host: string) => `GET http://${host}/ HTTP/1.1\r\nHost: elsewhere\r\n${CLOSE}`;

  it('reaches the site itself, at whatever address, under its own name', async () => {
    const port = await playHttp((request, response) => response.end(`host ${request.headers.host}`));
    const harness = await page({}, { hosts: { [SITE]: port } });
    expect(await harness.exchange(get(SITE))).toContain(`host ${SITE}`);
  });

  it('reaches public addresses on the web’s ports', async () => {
    const port = await playHttp((_, response) => response.end('fonts'));
    const harness = await page({}, { hosts: { 'web.test:80': port } });
    expect(await harness.exchange(get('web.test'))).toContain('fonts');
  });

  it.each([
    ['another port of the site', 'd-shop.sites.test:22'],
    ['the site without its port', 'd-shop.sites.test'],
    ['another site beside it', 'other.sites.test:8787'],
    ['a name that leads to this machine', 'local.test'],
    ['a name that leads to a private network', 'private.test'],
    ['an address', '127.0.0.1:8787'],
    ['a public address', PUBLIC],
    ['the metadata service', '169.254.169.254'],
    ['the instance', 'flux.test'],
    ['a host that the owner of the runner refuses', 'a.denied.test'],
    ['another port of a public host', 'web.test:25'],
  ])('does not reach %s: %s', async (_, host) => {
    const harness = await page({
      'other.sites.test': ['127.0.0.1'],
      'local.test': ['127.0.0.1'],
      'private.test': ['10.0.0.5'],
      'flux.test': [PUBLIC],
      'a.denied.test': [PUBLIC],
    });
    expect(await harness.exchange(get(host))).toMatch(/^HTTP\/1\.1 403 /);
    expect(harness.dialed).toEqual([]);
  });

  it('reaches nothing but the site where a proxy of the network would resolve the names', async () => {
    const findHostProxy = () => new URL('http://proxy.test:3128');
    const harness = await page({}, { findHostProxy });
    expect(await harness.exchange(get('web.test'))).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('without a public web, reaches the site alone', async () => {
    const harness = await startHarness({ allow: [], ownHost: SITE, names: { 'web.test': [PUBLIC] } });
    expect(await harness.exchange(get('web.test'))).toMatch(/^HTTP\/1\.1 403 /);
  });
});
