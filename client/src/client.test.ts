import { AppFluxError } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerJson, TestServer } from '../testing/server.ts';
import {
  type ClientOptions,
  createClient,
  RefusedError,
  UnexpectedResponseError,
  UnreachableError,
} from './index.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
beforeEach(() => {
  server.received.length = 0;
});

const TOKEN = {
  id: '66f2a1c04b7e9d0012345678',
  name: 'ci',
  scopes: ['apps:read'],
  expiresAt: null,
  lastUsedAt: null,
  createdAt: '2026-11-01T12:00:00.000Z',
};
const PAGE = { items: [TOKEN], nextCursor: null };

const client = (options: Partial<ClientOptions> = {}) =>
  createClient({ url: server.url, token: 'tok', ...options });

/** What a promise is rejected with. */
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`expected an error, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );

describe('a call', () => {
  test('has its token, team, query and JSON body, and gives the parsed response', async () => {
    server.answer = (_received, response) => answerJson(response, 201, { ...TOKEN, token: 'secret' });
    const created = await client({ team: 'team-1' }).tokens.create({ name: 'ci', scopes: ['apps:read'] });
    expect(created).toEqual({ ...TOKEN, token: 'secret' });
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      url: '/api/tokens',
      headers: {
        authorization: 'Bearer tok',
        'x-appflux-team': 'team-1',
        'content-type': 'application/json',
      },
      body: '{"name":"ci","scopes":["apps:read"]}',
    });
  });

  test('has only the query that was given, and no body if there is none', async () => {
    server.answer = (_received, response) => answerJson(response, 200, PAGE);
    await client().tokens.list({ limit: 1 });
    expect(server.received[0]).toMatchObject({ url: '/api/tokens?limit=1', body: '' });
    expect(server.received[0]?.headers['content-type']).toBe(undefined);
  });

  test('asks for the token each time; without one, and for a public call, sends none', async () => {
    server.answer = (_received, response) => answerJson(response, 200, PAGE);
    const tokens = ['one', 'two', null];
    const { tokens: api } = client({ getToken: async () => tokens.shift() ?? null });
    for (let n = 0; n < 3; n += 1) await api.list();
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer one',
      'Bearer two',
      undefined,
    ]);
    server.answer = (_received, response) =>
      answerJson(response, 202, { success: true, deploymentId: TOKEN.id, status: 'queued' });
    await client().deployHooks.call('hook-token');
    expect(server.received.at(-1)).toMatchObject({ url: '/hooks/deploy/hook-token' });
    expect(server.received.at(-1)?.headers.authorization).toBe(undefined);
  });

  test('encodes names in its path, and is not made with one that would change the path', async () => {
    server.answer = (_received, response) => response.writeHead(204).end();
    await client().apps.deleteVariable('my app', 'A/B?c');
    expect(server.received[0]?.url).toBe('/api/apps/my%20app/env/A%2FB%3Fc');
    for (const slug of ['', '.', '..']) {
      expect(await errorOf(client().apps.delete(slug))).toMatchObject({ code: 'bad_request' });
      expect(await errorOf(client().logs.download(slug))).toMatchObject({ code: 'bad_request' });
    }
    expect(server.received).toHaveLength(1);
  });

  test('goes to the same path below a URL with a trailing slash', async () => {
    server.answer = (_received, response) => answerJson(response, 200, PAGE);
    await client({ url: `${server.url}/` }).tokens.list();
    expect(server.received[0]?.url).toBe('/api/tokens');
  });
});

describe('a refusal', () => {
  test('is thrown with everything that the server said', async () => {
    const refusal = new AppFluxError('slug_taken', 'The slug is taken', {
      hint: 'Choose another one.',
      issues: [{ path: 'slug', message: 'taken' }],
    });
    server.answer = (_received, response) =>
      answerJson(response, 409, refusal.toBody(), { 'Retry-After': '7' });
    const error = await errorOf(client().tokens.list());
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toBeInstanceOf(AppFluxError);
    expect(error).toMatchObject({
      code: 'slug_taken',
      message: 'The slug is taken',
      hint: 'Choose another one.',
      issues: [{ path: 'slug', message: 'taken' }],
      httpStatus: 409,
      retryAfterSeconds: 7,
      request: { method: 'GET', path: '/api/tokens' },
    });
  });

  test('with a code of a newer server keeps its text, under the general code of its status', async () => {
    server.answer = (_received, response) =>
      answerJson(response, 404, { error: { code: 'domain_not_found', message: 'No such domain', more: 1 } });
    expect(await errorOf(client().tokens.list())).toMatchObject({
      code: 'not_found',
      serverCode: 'domain_not_found',
      message: 'No such domain',
    });
  });

  test.each([
    [404, 'not_found'],
    [413, 'body_too_large'],
    [409, 'bad_request'],
    [500, 'internal'],
    [502, 'unavailable'],
    [504, 'unavailable'],
    [418, 'bad_request'],
  ])('with %d and a body of somebody else is %s', async (status, code) => {
    server.answer = (_received, response) => response.writeHead(status).end('<html>proxy</html>');
    expect(await errorOf(client().tokens.list())).toMatchObject({
      code,
      httpStatus: status,
      serverCode: null,
      message: `The server returned ${status}.`,
    });
  });

  test('with 401 is reported to the session, and others are not', async () => {
    let reports = 0;
    const onUnauthorized = () => {
      reports += 1;
    };
    server.answer = (_received, response) => response.writeHead(403).end();
    await errorOf(client({ onUnauthorized }).tokens.delete('1'));
    expect(reports).toBe(0);
    server.answer = (_received, response) => response.writeHead(401).end();
    expect(await errorOf(client({ onUnauthorized }).tokens.delete('1'))).toMatchObject({
      code: 'unauthorized',
    });
    expect(reports).toBe(1);
  });
});

describe('without a response', () => {
  test('the server is unreachable, which is not a refusal', async () => {
    const closed = new TestServer();
    await closed.start();
    const { url } = closed;
    await closed.stop();
    const error = await errorOf(client({ url, hints: { unreachable: 'Plug it in.' } }).tokens.list());
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).not.toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ code: 'unavailable', hint: 'Plug it in.' });
  });

  test('a connection lost in the middle of a body is the same', async () => {
    server.answer = (_received, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"items":', () => response.destroy());
    };
    expect(await errorOf(client().tokens.list())).toBeInstanceOf(UnreachableError);
  });

  test('a timeout says how long it waited, even if it is in the body', async () => {
    server.answer = (_received, response) => {
      response.writeHead(200);
      response.write('{');
    };
    const error = await errorOf(client({ timeoutMs: 50 }).tokens.list());
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: 'AppFlux didn’t answer within 0.05 seconds.' });
  });

  test.each([
    ['before the headers', false],
    ['in the body', true],
  ])('an abort %s throws the reason of the signal', async (_when, headers) => {
    const stop = new AbortController();
    const reason = new Error('enough');
    server.answer = (_received, response) => {
      if (headers) response.writeHead(200).write('{');
      setTimeout(() => stop.abort(reason), 20);
    };
    expect(await errorOf(client().tokens.list({}, { signal: stop.signal }))).toBe(reason);
    expect(await errorOf(client().tokens.list({}, { signal: stop.signal }))).toBe(reason);
    expect(server.received).toHaveLength(1);
  });
});

describe('a response', () => {
  test('with members of a newer server is understood without them, wherever they are', async () => {
    server.answer = (_received, response) =>
      answerJson(response, 200, { items: [{ ...TOKEN, color: 'red' }], nextCursor: null, total: 1 });
    expect(await client().tokens.list()).toEqual(PAGE);
  });

  test('keeps unknown members if that is asked for, wherever they are', async () => {
    const item = { ...TOKEN, newer: { deep: [1] }, ['__proto__']: { polluted: true } };
    const page = { items: [TOKEN, item], nextCursor: null, total: 2 };
    server.answer = (_received, response) => answerJson(response, 200, page);
    const kept = await client({ unknownMembers: 'keep' }).tokens.list();
    expect(JSON.parse(JSON.stringify(kept))).toEqual(JSON.parse(JSON.stringify(page)));
    expect({}).not.toHaveProperty('polluted');
  });

  test('with unknown members is refused if that is asked for', async () => {
    server.answer = (_received, response) => answerJson(response, 200, { ...PAGE, total: 1 });
    const error = await errorOf(client({ unknownMembers: 'refuse' }).tokens.list());
    expect(error).toBeInstanceOf(UnexpectedResponseError);
  });

  test.each([
    ['another shape', { items: [{ ...TOKEN, name: 1, more: 1 }], nextCursor: null }],
    ['a missing member', { items: [] }],
    ['something that is not an object', null],
  ])('with %s is unexpected', async (_what, body) => {
    server.answer = (_received, response) => answerJson(response, 200, body);
    const hints = { unexpected: 'Reload.' };
    expect(await errorOf(client({ hints }).tokens.list())).toMatchObject({
      name: 'UnexpectedResponseError',
      code: 'internal',
      hint: 'Reload.',
    });
  });

  test('that is no JSON is unexpected', async () => {
    server.answer = (_received, response) => response.end('<html>');
    expect(await errorOf(client().tokens.list())).toBeInstanceOf(UnexpectedResponseError);
  });

  test('of a call for its effect leaves the connection for the next one', async () => {
    server.answer = (_received, response) => response.writeHead(204).end();
    await client().tokens.delete('1');
    await client().tokens.delete('2');
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE /api/tokens/1',
      'DELETE /api/tokens/2',
    ]);
  });
});

describe('the health', () => {
  const down = { status: 'down', version: '1', parts: { metadata: 'down', storage: 'ok', queue: 'ok' } };

  test('of an instance with a part down is a response', async () => {
    server.answer = (_received, response) => answerJson(response, 503, down);
    expect(await client().instance.health()).toEqual(down);
  });

  test('of a proxy without an instance is a refusal', async () => {
    server.answer = (_received, response) => response.writeHead(503).end('<html>down</html>');
    expect(await errorOf(client().instance.health())).toMatchObject({
      name: 'RefusedError',
      httpStatus: 503,
    });
  });
});

describe('a call that the server refuses for now', () => {
  /** Refuses so many calls, then answers. */
  const refuseFirst = (times: number, status: number, headers: Record<string, string> = {}) => {
    server.answer = (_received, response) => {
      if (server.received.length <= times) response.writeHead(status, headers).end();
      else answerJson(response, 200, PAGE);
    };
  };

  test('is not repeated unless that is asked for', async () => {
    refuseFirst(1, 429, { 'Retry-After': '1' });
    expect(await errorOf(client().tokens.list())).toMatchObject({ code: 'too_many_requests' });
    expect(server.received).toHaveLength(1);
  });

  test.each([429, 503])('with %d is repeated if it is a GET', async (status) => {
    refuseFirst(1, status, { 'Retry-After': '1' });
    expect(await client({ retry: {} }).tokens.list()).toEqual(PAGE);
    expect(server.received).toHaveLength(2);
  });

  test('is repeated a limited number of times', async () => {
    refuseFirst(10, 503);
    expect(await errorOf(client({ retry: { attempts: 2 } }).tokens.list())).toMatchObject({
      httpStatus: 503,
    });
    expect(server.received).toHaveLength(2);
  });

  test('is not repeated if it changes something', async () => {
    refuseFirst(1, 503);
    await errorOf(client({ retry: {} }).tokens.delete('1'));
    expect(server.received).toHaveLength(1);
  });

  test('stops waiting when it is aborted', async () => {
    refuseFirst(10, 429, { 'Retry-After': '50' });
    const stop = new AbortController();
    const call = errorOf(client({ retry: {} }).tokens.list({}, { signal: stop.signal }));
    await expect.poll(() => server.received).toHaveLength(1);
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await call).toBe(reason);
  });
});

test('any call gives its response, refused or not', async () => {
  server.answer = (_received, response) => response.writeHead(418).end('tea');
  const response = await client().send('PATCH', '/api/anything', { body: { a: 1 } });
  expect([response.status, await response.text()]).toEqual([418, 'tea']);
  expect(server.received[0]).toMatchObject({ method: 'PATCH', body: '{"a":1}' });
});
