import { env } from 'cloudflare:workers';
import { ErrorBody } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { givenRunner } from '../../testing/attempt.ts';
import { forgetAll, requestWith, signIn } from '../../testing/worker.ts';

let token: string;
let now: number;

beforeEach(async () => {
  await forgetAll();
  now = Date.now();
  token = (await signIn()).access_token;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** One call a second, in bursts of 20. */
const call = (path: string, bearer: string | null, init: RequestInit = {}) =>
  requestWith({ CALLS_PER_SECOND: '1' }, path, { ...init, ...(bearer === null ? {} : { token: bearer }) });

test("a token that calls without end has to wait; others, and callers without a token, don't", async () => {
  const other = (await signIn()).access_token;
  for (let n = 0; n < 20; n += 1) expect((await call('/api/apps', token)).status).toBe(200);
  const refused = await call('/api/apps', token);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('Retry-After')).toBe('1');
  expect(ErrorBody.parse(await refused.json()).error).toMatchObject({
    code: 'too_many_requests',
    hint: 'Call again in 1 second. docs/limits.md says how many calls a token has.',
  });
  expect((await call('/api/apps', other)).status).toBe(200);
  expect((await call('/api/config', null)).status).toBe(200);
  now += 1_000;
  expect((await call('/api/apps', token)).status).toBe(200);
});

test('what begins a build costs more than what reads, and a socket more than that', async () => {
  const asked = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
  for (let n = 0; n < 2; n += 1)
    expect((await call('/api/apps/none/deployments', token, asked)).status).toBe(404);
  expect((await call('/api/apps/none/deployments', token, asked)).status).toBe(429);
  const { credential } = await givenRunner(crypto.randomUUID());
  const upgrade = { headers: { Upgrade: 'websocket' } };
  expect((await call('/api/pool/connect', credential, upgrade)).status).toBe(101);
  expect((await call('/api/pool/connect', credential, upgrade)).status).toBe(429);
});

test('a deploy hook is a caller of its own', async () => {
  const hook = (name: string) => call(`/hooks/deploy/${name}`, null, { method: 'POST' });
  for (let n = 0; n < 2; n += 1) expect((await hook('afxh_one')).status).toBe(404);
  expect((await hook('afxh_one')).status).toBe(429);
  expect((await hook('afxh_two')).status).toBe(404);
});

test('an operator may set no limit', async () => {
  for (let n = 0; n < 30; n += 1)
    expect((await requestWith({ ...env, CALLS_PER_SECOND: '' }, '/api/apps', { token })).status).toBe(200);
});
