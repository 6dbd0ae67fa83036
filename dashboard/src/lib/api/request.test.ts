import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Requests } from './request.ts';

interface Sent {
  url: string;
  init: RequestInit;
}

function requests(answer: (sent: Sent) => Response | Promise<Response>, token: string | null = 'tok') {
  const sent: Sent[] = [];
  let refused = 0;
  const made = new Requests({
    fetch: async (url, init = {}) => {
      const call = { url: String(url), init };
      sent.push(call);
      return answer(call);
    },
    token: async () => token,
    unauthorized: () => {
      refused += 1;
    },
  });
  return { made, sent, refused: () => refused };
}
const Named = z.strictObject({ name: z.string() });
const refusal = async (promise: Promise<unknown>): Promise<AppFluxError> => {
  const error = await promise.catch((caught: unknown) => caught);
  if (error instanceof AppFluxError) return error;
  throw new Error(`expected an AppFluxError, got ${String(error)}`);
};

describe('a call', () => {
  test('carries its token, its query and its body as JSON, and parses the answer', async () => {
    const { made, sent } = requests(() => Response.json({ name: 'Harbor' }));
    const call = {
      query: { limit: 1, cursor: undefined },
      body: { a: 1 },
      headers: { 'Idempotency-Key': 'k' },
    };
    expect(await made.json(Named, 'POST', '/api/apps', call)).toEqual({ name: 'Harbor' });
    expect(sent[0]?.url).toBe('/api/apps?limit=1');
    expect(sent[0]?.init.body).toBe('{"a":1}');
    expect(Object.fromEntries(new Headers(sent[0]?.init.headers))).toEqual({
      authorization: 'Bearer tok',
      'content-type': 'application/json',
      'idempotency-key': 'k',
    });
  });

  test('goes without a token when nobody is signed in', async () => {
    const { made, sent } = requests(() => Response.json({ name: 'x' }), null);
    await made.json(Named, 'GET', '/api/apps');
    expect(new Headers(sent[0]?.init.headers).has('Authorization')).toBe(false);
  });
});

describe('a call that is refused', () => {
  test('throws the error that the server told of, with all that belongs to it', async () => {
    const error = new AppFluxError('unprocessable', 'No', {
      hint: 'Do',
      issues: [{ path: 'name', message: 'bad' }],
    });
    const { made } = requests(() =>
      Response.json(error.toBody(), { status: 422, headers: { 'Retry-After': '7' } }),
    );
    expect(await refusal(made.raw('GET', '/api/x'))).toMatchObject({
      code: 'unprocessable',
      message: 'No',
      hint: 'Do',
      issues: [{ path: 'name', message: 'bad' }],
      retryAfterSeconds: 7,
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
  ])('with %d and a body that is not ours throws %s', async (status, code) => {
    const { made } = requests(() => new Response('<html>nginx</html>', { status }));
    expect((await refusal(made.raw('GET', '/api/x'))).code).toBe(code);
  });

  test('with 401 tells the session', async () => {
    const { made, refused } = requests(() => new Response('', { status: 401 }));
    expect((await refusal(made.raw('GET', '/api/x'))).code).toBe('unauthorized');
    expect(refused()).toBe(1);
  });
});

describe('a call that does not come to an answer', () => {
  test('says that the server cannot be reached', async () => {
    const { made } = requests(() => Promise.reject(new TypeError('Failed to fetch')));
    const error = await refusal(made.raw('GET', '/api/x'));
    expect(error.code).toBe('unavailable');
    expect(error.hint).toContain('connection');
  });

  test('passes an abort on as it is', async () => {
    const stop = new AbortController();
    const { made } = requests(({ init }) => {
      stop.abort();
      init.signal?.throwIfAborted();
      throw new Error('the signal was not passed on');
    });
    await expect(made.raw('GET', '/api/x', { signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test.each([
    ['another shape', () => Response.json({ name: 1 })],
    ['an unknown member', () => Response.json({ name: 'x', more: 1 })],
    ['no JSON', () => new Response('<html>')],
  ])('that is understood, but %s, says to reload', async (_name, answer) => {
    const error = await refusal(requests(answer).made.json(Named, 'GET', '/api/x'));
    expect(error.code).toBe('internal');
    expect(error.hint).toContain('Reload');
  });
});
