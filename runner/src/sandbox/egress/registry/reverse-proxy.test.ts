import type { IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type HarnessOptions, PUBLIC, playHttp, playRaw, startHarness } from '../testing/harness.ts';

const UPSTREAM = 'http://packages.test/npm/';
const METADATA = { name: 'a', dist: { tarball: `${UPSTREAM}a/-/a-1.0.0.tgz`, integrity: 'sha512-x' } };
const REWRITTEN = {
  name: 'a',
  dist: { tarball: 'http://127.0.0.1:3128/a/-/a-1.0.0.tgz', integrity: 'sha512-x' },
};

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** A proxy with a registry behind it that answers each request with what `answer` gives. */
async function startRegistry(answer: (line: string) => Answer, options: HarnessOptions = {}) {
  const seen: Seen[] = [];
  const port = await playHttp(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const line = `${request.method} ${request.url}`;
    seen.push({ line, headers: request.headers, body });
    const { status = 200, headers = {}, body: content = '' } = answer(line);
    response.writeHead(status, headers).end(content);
  });
  const harness = await startHarness({
    names: { 'packages.test': [PUBLIC] },
    hosts: { 'packages.test:80': port },
    npmRegistry: new URL(UPSTREAM),
    ...options,
  });
  const ask = async (
    line: string,
    fields: string[] = [],
    body = '',
  ): Promise<{ head: string; body: string }> => {
    const head = [`${line} HTTP/1.1`, 'Host: 127.0.0.1:3128', 'Connection: close', ...fields];
    const received = await harness.exchange(`${head.join('\r\n')}\r\n\r\n${body}`);
    const [answerHead = '', ...rest] = received.split('\r\n\r\n');
    const content = rest.join('\r\n\r\n');
    return {
      head: answerHead,
      body: /transfer-encoding: chunked/i.test(answerHead) ? unchunked(content) : content,
    };
  };
  return { harness, seen, ask };
}

function unchunked(text: string): string {
  let rest = text;
  let whole = '';
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest);
    const length = Number.parseInt(size?.[1] ?? '', 16);
    if (size === null || length === 0) return whole;
    whole += rest.slice(size[0].length, size[0].length + length);
    rest = rest.slice(size[0].length + length + 2);
  }
}

const json = (value: unknown, type = 'application/json'): Answer => ({
  headers: { 'content-type': type },
  body: JSON.stringify(value),
});

describe('the registry on the proxy’s own address', () => {
  it.each(['application/json', 'application/vnd.npm.install-v1+json', 'application/json; charset=utf-8'])(
    'gives metadata as %s whose tarballs are on the same address',
    async (type) => {
      const { ask, seen } = await startRegistry(() => json(METADATA, type));
      const { head, body } = await ask('GET /a', [`Accept: ${type}`]);
      expect(JSON.parse(body)).toEqual(REWRITTEN);
      expect(head).toContain(`content-type: ${type}`);
      expect(seen[0]).toMatchObject({ line: 'GET /npm/a', headers: { accept: type, host: 'packages.test' } });
    },
  );

  it('unpacks what the registry packed', async () => {
    const { ask, seen } = await startRegistry(() => ({
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(METADATA)),
    }));
    const { head, body } = await ask('GET /a', ['Accept-Encoding: br, gzip']);
    expect(JSON.parse(body)).toEqual(REWRITTEN);
    expect(head).not.toMatch(/content-encoding/i);
    expect(seen[0]?.headers['accept-encoding']).toBe('gzip');
  });

  it('refuses to guess at a packing that it did not ask for', async () => {
    const { ask } = await startRegistry(() => ({
      headers: { 'content-type': 'application/json', 'content-encoding': 'br' },
      body: brotliCompressSync(JSON.stringify(METADATA)),
    }));
    expect((await ask('GET /a')).head).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('gives tarballs as they are, with their length', async () => {
    const tarball = Buffer.from('"tarball":"http://packages.test/npm/ \u0000\u00ff', 'latin1');
    const { ask } = await startRegistry(() => ({
      headers: { 'content-type': 'application/octet-stream', etag: '"1"' },
      body: tarball,
    }));
    const { head, body } = await ask('GET /a/-/a-1.0.0.tgz');
    expect(Buffer.from(body, 'latin1').equals(tarball)).toBe(true);
    expect(head).toContain('etag: "1"');
  });

  it('passes conditional requests and 304', async () => {
    const { ask, seen } = await startRegistry(() => ({ status: 304, headers: { etag: '"1"' } }));
    expect((await ask('GET /a', ['If-None-Match: "1"'])).head).toMatch(/^HTTP\/1\.1 304 /);
    expect(seen[0]?.headers['if-none-match']).toBe('"1"');
  });

  it('passes HEAD', async () => {
    const { ask } = await startRegistry(() => ({ headers: { 'content-type': 'application/octet-stream' } }));
    expect((await ask('HEAD /a/-/a-1.0.0.tgz')).head).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('keeps the name of a scoped package encoded', async () => {
    const { ask, seen } = await startRegistry(() => json({}));
    await ask('GET /@scope%2fname?write=true');
    expect(seen[0]?.line).toBe('GET /npm/@scope%2fname?write=true');
  });

  it('lets no path lead out of the registry’s own', async () => {
    const { ask, seen } = await startRegistry(() => json({}));
    for (const path of ['/../admin', '/%2e%2e/admin', '/a/../../admin', '/.%2E/admin'])
      await ask(`GET ${path}`);
    expect(new Set(seen.map(({ line }) => line))).toEqual(new Set(['GET /npm/admin']));
    await ask('GET //evil.test/a');
    expect(seen.at(-1)).toMatchObject({ line: 'GET /npm//evil.test/a', headers: { host: 'packages.test' } });
  });

  it('tells the registry nothing that a build may hold as a secret', async () => {
    const { ask, seen } = await startRegistry(() => ({ ...json({}), headers: { 'set-cookie': 'a=b' } }));
    const { head } = await ask('GET /a', [
      'Authorization: Bearer secret',
      'Cookie: session=secret',
      'X-Any: secret',
      'npm-otp: 123456',
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/secret|123456/);
    expect(head).not.toMatch(/set-cookie/i);
  });

  it('uses no password that is in the registry’s address', async () => {
    const { ask, seen } = await startRegistry(() => json({}), {
      npmRegistry: new URL('http://user:secret@packages.test/npm?key=secret'),
    });
    await ask('GET /a');
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(seen[0]?.line).toBe('GET /npm/a');
  });

  it.each([
    'PUT /a',
    'DELETE /a',
    'POST /-/v1/login',
    'PATCH /a',
    'POST /-/npm/v1/security/advisories/bulk/../../x',
  ])('refuses %s: nothing is published from a build', async (line) => {
    const { ask, seen, harness } = await startRegistry(() => json({}));
    expect((await ask(line, ['Content-Length: 2'], '{}')).head).toMatch(/^HTTP\/1\.1 405 /);
    expect(seen).toEqual([]);
    expect(harness.egress.report().refused).toMatchObject([{ reason: 'registry_method' }]);
  });

  it('answers what npm audit asks', async () => {
    const { ask, seen } = await startRegistry(() => json({ a: [] }));
    const { body } = await ask('POST /-/npm/v1/security/advisories/bulk', ['Content-Length: 9'], '{"a":["1"');
    expect(JSON.parse(body)).toEqual({ a: [] });
    expect(seen[0]).toMatchObject({ line: 'POST /npm/-/npm/v1/security/advisories/bulk', body: '{"a":["1"' });
  });

  it.each([
    ['within itself', `${UPSTREAM}b/-/b.tgz`, 'http://127.0.0.1:3128/b/-/b.tgz'],
    ['within itself, in short', '/npm/b/-/b.tgz', 'http://127.0.0.1:3128/b/-/b.tgz'],
    ['elsewhere', 'https://files.test/b.tgz', 'https://files.test/b.tgz'],
  ])('passes a redirect %s', async (_where, location, expected) => {
    const { ask } = await startRegistry(() => ({ status: 302, headers: { location } }));
    expect((await ask('GET /a')).head).toContain(`location: ${expected}\r\n`);
  });

  it('passes errors as the registry says them', async () => {
    const { ask } = await startRegistry(() => ({ status: 404, ...json({ error: 'Not found' }) }));
    const { head, body } = await ask('GET /no-such-package');
    expect(head).toMatch(/^HTTP\/1\.1 404 /);
    expect(JSON.parse(body)).toEqual({ error: 'Not found' });
  });

  it('uses a few connections for many requests, and counts both', async () => {
    const { ask, harness } = await startRegistry(() => json(METADATA));
    for (let number = 0; number < 40; number += 1) await ask(`GET /a${number}`);
    expect(harness.dialed.length).toBeLessThanOrEqual(2);
    expect(harness.egress.report().hosts).toMatchObject([{ host: 'packages.test:80', requests: 40 }]);
  });

  it('tries again when a kept-alive connection turns out to be closed', async () => {
    let connections = 0;
    const port = await playRaw((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
      });
    });
    const { ask } = await startRegistry(() => json({}), { hosts: { 'packages.test:80': port } });
    expect((await ask('GET /a')).body).toBe('{}');
    expect((await ask('GET /b')).body).toBe('{}');
    expect(connections).toBe(2);
  });

  it('is reached by a tool that sends even this through the proxy', async () => {
    const { harness } = await startRegistry(() => json(METADATA));
    const answer = await harness.exchange(
      'CONNECT 127.0.0.1:3128 HTTP/1.1\r\nHost: 127.0.0.1:3128\r\n\r\nGET /a HTTP/1.1\r\nHost: 127.0.0.1:3128\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('"tarball":"http://127.0.0.1:3128/a/-/a-1.0.0.tgz"');
  });

  it('is no way around the address checks', async () => {
    const { ask, harness } = await startRegistry(() => json(METADATA), {
      names: { 'packages.test': ['10.0.0.1'] },
    });
    const { head, body } = await ask('GET /a');
    expect(head).toMatch(/^HTTP\/1\.1 403 /);
    expect(body).toContain('resolves to an address that is not public');
    expect(harness.dialed).toEqual([]);
  });

  it('is not offered when the owner has taken its host away', async () => {
    const { ask, harness } = await startRegistry(() => json(METADATA), { allow: ['other.test'] });
    expect((await ask('GET /a')).head).toMatch(/^HTTP\/1\.1 404 /);
    expect(
      harness.egress.registryEnvironment({ manager: 'npm', lockfile: true, ownRegistry: false }),
    ).toEqual({});
  });

  it('is offered on a port of its own, when its host is allowed', async () => {
    const port = await playHttp((_request, response) => response.end('fine'));
    const { ask, harness } = await startRegistry(() => json(METADATA), {
      npmRegistry: new URL('http://packages.test:4873'),
      hosts: { 'packages.test:4873': port },
    });
    expect((await ask('GET /a')).body).toBe('fine');
    expect(
      harness.egress.registryEnvironment({ manager: 'npm', lockfile: true, ownRegistry: false }),
    ).toEqual({
      npm_config_registry: 'http://127.0.0.1:3128/',
    });
  });

  it('breaks off an answer that the registry broke off, so that nobody takes half for the whole', async () => {
    const port = await playRaw((socket) => {
      socket.once('data', () => {
        socket.write(
          'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half":',
        );
        socket.end();
      });
    });
    const { harness } = await startRegistry(() => json({}), { hosts: { 'packages.test:80': port } });
    const answer = await harness.exchange('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  it('is gone for a build that has used up its traffic', async () => {
    const { ask } = await startRegistry(() => json(METADATA), { limits: { bytesIn: 10 } });
    await ask('GET /a');
    let head = '';
    while (!head.includes(' 403 ')) ({ head } = await ask('GET /a'));
    expect((await ask('GET /a')).body).toContain('used up its network traffic');
  });
});
