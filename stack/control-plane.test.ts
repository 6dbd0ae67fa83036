import { answerJson, TestServer } from '@appflux/client/testing/server.ts';
import { AppFluxError } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { controlPlane } from './control-plane.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
beforeEach(() => {
  server.received.length = 0;
});

const HEALTH = { status: 'down', version: '1', parts: { metadata: 'ok', storage: 'down', queue: 'ok' } };
const edge = () => controlPlane(server.url, 'operator-secret');

/** The URL of a port that nothing listens on. */
async function nobody(): Promise<string> {
  const gone = new TestServer();
  await gone.start();
  const { url } = gone;
  await gone.stop();
  return url;
}

test('a call is made with the operator secret, and gives the parsed response', async () => {
  server.answer = (_received, response) => answerJson(response, 200, { resealed: 3, next: null });
  expect(await edge().reseal(null)).toEqual({ resealed: 3, next: null });
  expect(server.received[0]).toMatchObject({
    method: 'POST',
    url: '/api/ops/reseal',
    headers: { authorization: 'Bearer operator-secret' },
    body: '{"after":null}',
  });
});

test('a refused call is a problem that names the call, the status and the reason', async () => {
  const refusal = new AppFluxError('forbidden', 'The token lacks the required scope');
  server.answer = (_received, response) => answerJson(response, 403, refusal.toBody());
  await expect(edge().runners()).rejects.toMatchObject({
    code: 'edge_failed',
    message: expect.stringContaining('GET /api/runners (403 The token lacks the required scope)'),
  });
});

test('a call without a response is a problem that names the reason of the network', async () => {
  await expect(controlPlane(await nobody(), 'secret').registrationToken()).rejects.toMatchObject({
    code: 'edge_failed',
    message: expect.stringMatching(/POST \/api\/runners\/tokens \(.*fetch failed/),
  });
});

test.each([
  ['is answered even if a part is down', 503, HEALTH, HEALTH],
  ['is null if something else answers', 200, { hello: 'world' }, null],
  ['is null before the control plane is ready', 404, {}, null],
])('the health %s', async (_what, status, body, health) => {
  server.answer = (_received, response) => answerJson(response, status, body);
  expect(await edge().health()).toEqual(health);
});

test('the health is null if nothing listens', async () => {
  expect(await controlPlane(await nobody(), 'secret').health()).toBe(null);
});
