import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi, notTheApi } from './api.ts';
import { explain } from './errors/explain.ts';
import { EXIT } from './exit.ts';
import { runCli } from './testing/run.ts';

interface Answered {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

let answer: Answered;
const server = createServer((_request, response) => {
  response.writeHead(answer.status, answer.headers ?? { 'Content-Type': 'application/json' });
  response.end(answer.body ?? '');
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const HTML = { 'Content-Type': 'text/html; charset=utf-8' };
const refusal = (status: number, code: string, more: object = {}): Answered => ({
  status,
  body: JSON.stringify({ error: { code, message: 'Refused', ...more } }),
});

/** How a call with this answer ends, as a person reads it. */
async function outcomeOf(given: Answered, at = url) {
  answer = given;
  const error = await createApi(at, 'token')
    .apps.get('docs')
    .then(
      () => new Error('no error'),
      (error: unknown) => error,
    );
  return explain(error, at);
}

test.each<[string, Answered, number, RegExp]>([
  ['an invalid token', refusal(401, 'unauthorized'), EXIT.denied, /Refused/],
  ['a missing permission', refusal(403, 'forbidden'), EXIT.denied, /Refused/],
  ['an unknown app', refusal(404, 'not_found'), EXIT.usage, /Refused/],
  [
    'a bad request',
    refusal(400, 'bad_request', { issues: [{ path: 'name', message: 'Is empty' }] }),
    EXIT.usage,
    /name: Is empty/,
  ],
  ['a state that does not allow it', refusal(409, 'already_ended'), EXIT.failed, /Refused/],
  ['a newer code of a refusal', refusal(409, 'something_new'), EXIT.failed, /Refused/],
  ['a server error', refusal(500, 'internal'), EXIT.unreachable, /Refused/],
  [
    'a web page',
    { status: 200, headers: HTML, body: '<h1>Hi</h1>' },
    EXIT.unreachable,
    /web page \(status 200\)/,
  ],
  [
    'a proxy without its server',
    { status: 502, headers: HTML, body: '<h1>Bad gateway</h1>' },
    EXIT.unreachable,
    /web page \(status 502\)/,
  ],
  [
    'a sign-in of a proxy',
    { status: 403, headers: HTML, body: '<h1>Sign in</h1>' },
    EXIT.unreachable,
    /web page/,
  ],
  [
    'a redirect to another host',
    { status: 301, headers: { Location: 'https://b.example/api' } },
    EXIT.unreachable,
    /redirects to https:\/\/b\.example/,
  ],
  [
    'a redirect to itself',
    { status: 302, headers: { Location: '/login' } },
    EXIT.unreachable,
    /redirects, so/,
  ],
  [
    'a redirect to nowhere',
    { status: 308, headers: { Location: 'https://[' } },
    EXIT.unreachable,
    /redirects, so/,
  ],
  ['JSON of another version', { status: 200, body: '{"id":1}' }, EXIT.unreachable, /unknown format/],
  ['half of its JSON', { status: 200, body: '{"id":' }, EXIT.unreachable, /unknown format/],
  ['nothing', { status: 200 }, EXIT.unreachable, /unknown format/],
])('%s', async (_title, given, exit, message) => {
  const explained = await outcomeOf(given);
  expect(explained.message).toMatch(message);
  expect(explained).toMatchObject({ exit, stack: null });
});

test('an answer of another version names both versions', async () => {
  answer = { status: 200, body: '{"version":"9.9.9"}' };
  const ran = await runCli(['apps'], { env: { APPFLUX_URL: url, APPFLUX_TOKEN: 'token' } });
  expect(ran).toMatchObject({ exit: EXIT.unreachable, stdout: '' });
  expect(ran.stderr).toMatch(/unknown format.*runs version 9\.9\.9, and this command line is version \d/s);
});

test('nothing that listens, and an unknown host', async () => {
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const closed = `http://127.0.0.1:${(free.address() as AddressInfo).port}`;
  await new Promise((resolve) => free.close(resolve));
  expect(await outcomeOf({ status: 200 }, closed)).toEqual({
    message: `Couldn’t reach ${closed}: nothing listens there.`,
    hint: 'Check that AppFlux is running.',
    exit: EXIT.unreachable,
    stack: null,
  });
});

test('https where plain http answers', async () => {
  const secure = url.replace('http:', 'https:');
  expect(await outcomeOf({ status: 200 }, secure)).toMatchObject({
    message: `${secure} doesn’t answer with TLS.`,
    exit: EXIT.unreachable,
  });
});

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed/],
  ['CERT_HAS_EXPIRED', /expired/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /another host/],
])('a certificate with %s', async (code, message) => {
  const failing: typeof fetch = async () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code }) });
  };
  const error: unknown = await createApi('https://a.example', null, failing)
    .team.me()
    .catch((error: unknown) => error);
  const explained = explain(error, 'https://a.example');
  expect(explained).toMatchObject({
    exit: EXIT.unreachable,
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect(explained.message).toMatch(message);
});

test('an answer in JSON is no problem, with any status', () => {
  const headers = new Headers({ 'Content-Type': 'application/json' });
  for (const status of [200, 201, 204, 400, 401, 503]) expect(notTheApi(url, { status, headers })).toBe(null);
});

test('a bug is reported as one, with its stack', () => {
  expect(explain(new TypeError('x is not a function'), null)).toMatchObject({
    exit: EXIT.failed,
    stack: expect.stringContaining('TypeError'),
  });
});
