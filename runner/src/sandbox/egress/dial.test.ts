import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dialDirectly, dialThrough, hostProxyFromEnvironment } from './dial.ts';
import { listen, playRaw, startHarness } from './testing/harness.ts';

const target = (port: number) => ({ host: 'packages.test', port, literal: false });

describe('dialing checked addresses', () => {
  it('goes to the address and never asks what the name means', async () => {
    const port = await playRaw((socket) => socket.end('reached'));
    const socket = await dialDirectly(target(port), ['127.0.0.1'], 5000);
    expect(String((await once(socket, 'data'))[0])).toBe('reached');
  });

  it('goes to the next address when one does not respond', async () => {
    const port = await playRaw((socket) => socket.end('reached'));
    // Nothing listens on the second loopback address.
    const socket = await dialDirectly(target(port), ['127.0.0.2', '127.0.0.1'], 5000);
    expect(String((await once(socket, 'data'))[0])).toBe('reached');
  });

  it('fails when no address answers, and when there is none', async () => {
    const port = await playRaw(() => undefined);
    await expect(dialDirectly(target(port), ['127.0.0.2'], 5000)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await expect(dialDirectly(target(port), [], 5000)).rejects.toThrow('no address');
  });
});

/** A proxy of the host's network that sends every tunnel to `port`. */
async function playHostProxy(port: number, status = 200) {
  const asked: { authority: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer();
  server.on('connect', (request, client) => {
    asked.push({ authority: request.url, authorization: request.headers['proxy-authorization'] });
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  return { asked, url: new URL(`http://127.0.0.1:${await listen(server)}`) };
}

describe('dialing through the proxy of the host’s network', () => {
  it('asks it for a tunnel by name, with the password that is in its address', async () => {
    const port = await playRaw((socket) => socket.end('reached'));
    const { asked, url } = await playHostProxy(port);
    url.username = 'runner';
    url.password = 'p@ss';
    const socket = await dialThrough(url, target(443), 5000);
    expect(String((await once(socket, 'data'))[0])).toBe('reached');
    expect(asked).toEqual([
      {
        authority: 'packages.test:443',
        authorization: `Basic ${Buffer.from('runner:p@ss').toString('base64')}`,
      },
    ]);
  });

  it('fails when that proxy refuses or says nothing', async () => {
    const refusing = await playHostProxy(0, 403);
    await expect(dialThrough(refusing.url, target(443), 5000)).rejects.toThrow('responded with 403');
    const silent = await playRaw((socket) => socket.resume());
    await expect(dialThrough(new URL(`http://127.0.0.1:${silent}`), target(443), 20)).rejects.toThrow(
      '20 ms',
    );
  });

  it('is used for allowed hosts, known here or not, and for no others', async () => {
    const port = await playRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nreached'));
    });
    const { asked, url } = await playHostProxy(port);
    const harness = await startHarness({
      allow: ['packages.test', 'inside.test'],
      names: { 'inside.test': ['10.0.0.1'] },
      findHostProxy: () => url,
    });
    const get = (host: string) =>
      harness.exchange(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await get('packages.test')).toContain('reached');
    expect(await get('inside.test')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await get('evil.test')).toMatch(/^HTTP\/1\.1 403 /);
    expect(asked).toMatchObject([{ authority: 'packages.test:80' }]);
    expect(harness.dialed).toEqual([]);
  });
});

describe('finding the proxy of the host’s network', () => {
  it.each([
    [{ HTTPS_PROXY: 'http://proxy.test:3128' }, 443, 'http://proxy.test:3128/'],
    [{ HTTPS_PROXY: 'http://proxy.test:3128' }, 80, null],
    [{ HTTP_PROXY: 'http://proxy.test:3128' }, 80, 'http://proxy.test:3128/'],
    [{ HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: '.test' }, 443, null],
    [{}, 443, null],
  ])('in %j for port %i: %s', (environment, port, expected) => {
    const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];
    const before = { ...process.env };
    try {
      for (const name of names) {
        delete process.env[name];
        delete process.env[name.toLowerCase()];
      }
      Object.assign(process.env, environment);
      expect(hostProxyFromEnvironment(target(port))?.href ?? null).toBe(expected);
    } finally {
      process.env = before;
    }
  });
});
