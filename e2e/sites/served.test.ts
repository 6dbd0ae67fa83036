/** Published sites through the whole instance: host names as they are sent, and what a browser makes of a site. */
import { type IncomingHttpHeaders, request as send } from 'node:http';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../browser/launch.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from './publisher.ts';

const PAGE = `<!doctype html><title>Shop</title><link rel=stylesheet href=/style.css><link rel=manifest href=/manifest.webmanifest>
<script type=module src=/assets/app-DiwrgTda.js></script><p>${'Wares. '.repeat(300)}`;
const SCRIPT = `document.body.dataset.release = 'one';\nnavigator.serviceWorker.register('/sw.js');\n${'// padding\n'.repeat(200)}`;
const VIDEO = Uint8Array.from({ length: 3_000_000 }, (_, n) => (n * 31 + (n >> 8)) % 251);
const FILES = {
  'index.html': PAGE,
  'about.html': '<!doctype html><title>About</title>',
  'style.css': 'body { color: rgb(1, 2, 3) }',
  'assets/app-DiwrgTda.js': SCRIPT,
  'sw.js': 'self.addEventListener("fetch", () => undefined);',
  'manifest.webmanifest': '{"name":"Shop","start_url":"/","display":"standalone"}',
  'video.mp4': VIDEO,
};

let edge: EdgeInstance;
let publisher: SitePublisher;
let port: number;
let host: string;
let first: string;

beforeAll(async () => {
  edge = await startInstance();
  port = Number(new URL(edge.url).port);
  publisher = await sitePublisher(edge, 'shop');
  first = await publisher.publish(FILES);
  host = `${publisher.slug}.sites.localhost:${port}`;
});
afterAll(() => edge?.stop());

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request with this Host header. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  socket: { host: string; port: number } = { host: '127.0.0.1', port },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send(
      { ...socket, path, method, headers: { Host: host, ...headers }, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** What is answered to these very bytes. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('a site', () => {
  test.each([
    ['br', (body: Buffer) => brotliDecompressSync(body)],
    ['gzip', (body: Buffer) => gunzipSync(body)],
    [undefined, (body: Buffer) => body],
  ] as const)('comes through the front in the encoding that was asked for: %s', async (encoding, decode) => {
    const answer = await ask('/', encoding === undefined ? {} : { 'Accept-Encoding': encoding });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'public, max-age=0, must-revalidate',
      'content-length': String(answer.body.length),
      vary: 'Accept-Encoding',
    });
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(decode(answer.body).toString()).toBe(PAGE);
  });

  test('has ranges, HEAD and 304 with the right headers', async () => {
    const range = await ask('/video.mp4', { Range: 'bytes=1000000-1000009' });
    expect(range.status).toBe(206);
    expect(range.headers).toMatchObject({
      'content-range': 'bytes 1000000-1000009/3000000',
      'content-length': '10',
    });
    expect(range.body.equals(Buffer.from(VIDEO.subarray(1_000_000, 1_000_010)))).toBe(true);
    const whole = await ask('/video.mp4');
    expect(whole.headers['content-length']).toBe('3000000');
    expect(whole.body.equals(Buffer.from(VIDEO))).toBe(true);
    const head = await ask('/video.mp4', {}, 'HEAD');
    expect(head.headers).toMatchObject({ 'content-length': '3000000', etag: whole.headers.etag });
    const known = await ask('/video.mp4', { 'If-None-Match': String(whole.headers.etag) });
    expect([known.status, known.body.length]).toEqual([304, 0]);
    expect((await ask('/video.mp4', { Range: 'bytes=3000000-' })).headers['content-range']).toBe(
      'bytes */3000000',
    );
  });

  test.each<[string, (name: string) => string]>([
    ['upper case', (name) => name.toUpperCase()],
    ['no port', (name) => name.replace(/:\d+$/, '')],
    ['another port', (name) => name.replace(/:\d+$/, ':1')],
    ['a final dot', (name) => name.replace(/:\d+$/, '.')],
  ])('answers under its name with %s', async (_, form) => {
    expect((await ask('/about', { Host: form(host) })).body.toString()).toContain('About');
  });

  test.each([
    'nobody.sites.localhost',
    `${'x'.repeat(63)}.sites.localhost`,
    `${'x'.repeat(64)}.sites.localhost`,
    'xn--bcher-kva.sites.localhost',
    'a.b.sites.localhost',
    'sites.localhost',
    '-.sites.localhost',
  ])('does not answer for %s, and nor does anything else', async (other) => {
    for (const path of ['/', '/api/health', '/cdn-cgi/local/r2/s3/appflux-test/x']) {
      const { status, headers } = await ask(path, { Host: other });
      expect([other, status, headers['content-type']]).toEqual([other, 404, 'text/html; charset=utf-8']);
    }
  });

  test('is the whole host: nothing of the control plane is there, and no cookie of the dashboard is read', async () => {
    for (const path of [
      '/api/health',
      '/auth/v1/settings',
      `/a/${publisher.slug}`,
      '/dl/x/y',
      '/cdn-cgi/trace',
      '/cdn-cgi/handler/scheduled',
    ]) {
      const { status, body } = await ask(path, {
        Cookie: 'sb-access-token=x',
        Authorization: `Bearer ${edge.token}`,
      });
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).toContain('Page not found');
    }
  });

  test('takes its host from nothing that a client claims', async () => {
    for (const name of ['X-Forwarded-Host', 'Forwarded', 'X-Original-Host', 'MF-Original-URL']) {
      const value =
        name === 'Forwarded' ? `host=${host}` : name === 'MF-Original-URL' ? `http://${host}/` : host;
      const { headers } = await ask('/api/health', { Host: `localhost:${port}`, [name]: value });
      expect(headers['content-type']).toMatch(/json/);
      expect((await ask('/about', { [name]: `localhost:${port}` })).body.toString()).toContain('About');
    }
  });

  test('answers an absolute target by the host that is in it', async () => {
    const site = await raw(`GET http://${host}/about HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(site).toContain('<title>About</title>');
    const mixed = await raw(
      `GET http://${host}/api/health HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`,
    );
    // One of both answers, as itself.
    expect(mixed).toMatch(/^HTTP\/1\.1 (?:4\d\d|200 OK[\s\S]*application\/json)/);
    expect(mixed).not.toContain('<title>About</title>');
  });

  test('never redirects to another host', async () => {
    for (const path of [
      '//evil.example',
      '//evil.example/about.html',
      '/\\evil.example/about.html',
      '/%5cevil.example/about',
      '/%2f%2fevil.example/about.html',
      '/.//evil.example/..//about.html',
      '/about.html//',
      '/%09/evil.example',
    ]) {
      const { headers } = await ask(path);
      const location = headers.location ?? '/';
      expect(new URL(location, `http://${host}`).host).toBe(host);
    }
  });

  test('is asked in methods that it has', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect(await ask('/', {}, method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});

test('opens in a browser under its own name, and changes as a whole', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`http://${host}/`);
    await page.waitForFunction(() => document.body.dataset.release === 'one');
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(1, 2, 3)');
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.scope)).toBe(
      `http://${host}/`,
    );

    const newer = SCRIPT.replace("'one'", "'two'");
    await publisher.publish({
      ...FILES,
      'index.html': PAGE.replace('DiwrgTda', 'BxYz12Ab'),
      'style.css': 'body { color: rgb(4, 5, 6) }',
      'assets/app-BxYz12Ab.js': newer,
    });
    // The page that is open gets what belongs to it.
    const still = await page.evaluate(async () => (await fetch('/style.css')).text());
    expect(still).toContain('1, 2, 3');
    expect(await page.evaluate(async () => (await fetch('/assets/app-DiwrgTda.js')).status)).toBe(200);
    await page.reload();
    await page.waitForFunction(() => document.body.dataset.release === 'two');
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(4, 5, 6)');
    expect(problems).toEqual([]);

    // The first deployment keeps its own address.
    const label = `${first}--${publisher.slug}.sites.localhost:${port}`;
    expect((await ask('/style.css', { Host: label })).body.toString()).toContain('1, 2, 3');
  } finally {
    await browser.close();
  }
});
