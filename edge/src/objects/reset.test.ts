/** What callers see of an object that is reset in the middle of their call, as every deploy of the Worker does. */
import { env } from 'cloudflare:workers';
import { App, Deployment, ErrorBody, LOGS_SUBPROTOCOL } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DeadLetterObject } from '../dead-letters/object.ts';
import { DeploymentObject } from '../deployment/object.ts';
import { PoolObject } from '../dispatch/object/pool.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { givenRunner } from '../testing/attempt.ts';
import { type Asked, forgetAll, request, signIn } from '../testing/worker.ts';
import { deadLettersOf } from './dead-letters.ts';
import { deploymentOf } from './deployments.ts';

let token: string;
let deployment: Deployment;

beforeEach(async () => {
  await forgetAll();
  const { access_token, user } = await signIn();
  token = access_token;
  await givenRunner(user.id);
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git' };
  const app = App.parse(await (await post('/api/apps', { name: 'Site', source })).json());
  deployment = Deployment.parse(await (await post(`/api/apps/${app.slug}/deployments`)).json());
  // The queue's consumer calls the object as well, until it has projected what is new.
  await expect.poll(() => deploymentOf(env, deployment.id).unconfirmed()).toBeNull();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const post = (path: string, json: unknown = {}) => request(path, { method: 'POST', token, json });

interface Resettable {
  readonly ctx: DurableObjectState;
}

/** The next call of a method resets its object instead of answering. Gives how often the method was called. */
function resetIn<Kind extends object>(kind: { prototype: Kind }, method: keyof Kind & string, times = 1) {
  const spy = vi.spyOn(kind.prototype as Record<string, (...args: unknown[]) => unknown>, method);
  for (let n = 0; n < times; n += 1)
    spy.mockImplementationOnce(function (this: unknown) {
      (this as Resettable).ctx.abort('Durable Object reset because its code was updated.');
      return new Promise(() => undefined);
    });
  return () => spy.mock.calls.length;
}

/** The next calls of a method are answered as the platform answers for an object that has too much to do. */
function overload<Kind extends object>(kind: { prototype: Kind }, method: keyof Kind & string) {
  const spy = vi.spyOn(kind.prototype as Record<string, (...args: unknown[]) => unknown>, method);
  spy.mockImplementation(() => {
    throw new Error('Durable Object is overloaded. Too many requests queued.');
  });
  return () => spy.mock.calls.length;
}

async function refusal(response: Response) {
  const { error } = ErrorBody.parse(await response.json());
  return { status: response.status, code: error.code, retryAfter: response.headers.get('Retry-After') };
}

/** A request, and the one call of an object that it makes first. */
interface Row {
  readonly what: string;
  readonly kind: { prototype: object };
  readonly method: string;
  readonly asked: () => [path: string, asked?: Asked];
  readonly status: number;
}

const ROWS: readonly Row[] = [
  {
    what: 'looking at a deployment',
    kind: DeploymentObject,
    method: 'snapshot',
    asked: () => [`/api/deployments/${deployment.id}`],
    status: 200,
  },
  {
    what: 'asking why it waits',
    kind: PoolObject,
    method: 'waitingReason',
    asked: () => [`/api/deployments/${deployment.id}`],
    status: 200,
  },
  {
    what: 'reading its log',
    kind: DeploymentObject,
    method: 'logs',
    asked: () => [`/api/deployments/${deployment.id}/logs`],
    status: 200,
  },
  {
    what: 'canceling it',
    kind: DeploymentObject,
    method: 'cancel',
    asked: () => [`/api/deployments/${deployment.id}/cancel`, { method: 'POST' }],
    status: 202,
  },
  {
    what: 'building it again',
    kind: DeploymentObject,
    method: 'spec',
    asked: () => [`/api/deployments/${deployment.id}/redeploy`, { method: 'POST', json: {} }],
    status: 202,
  },
  {
    what: 'asking for a deployment',
    kind: DeploymentObject,
    method: 'create',
    asked: () => [`/api/apps/${deployment.app.slug}/deployments`, { method: 'POST', json: {} }],
    status: 202,
  },
  {
    what: 'asking whether there is room for it',
    kind: PoolObject,
    method: 'depth',
    asked: () => [`/api/apps/${deployment.app.slug}/deployments`, { method: 'POST', json: {} }],
    status: 202,
  },
  {
    what: 'listing runners',
    kind: PoolObject,
    method: 'online',
    asked: () => ['/api/runners'],
    status: 200,
  },
  {
    what: 'following a log',
    kind: DeploymentObject,
    method: 'fetch',
    asked: () => [
      `/api/deployments/${deployment.id}/logs/live`,
      { headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL } },
    ],
    status: 101,
  },
  {
    what: 'deleting an app',
    kind: DeploymentObject,
    method: 'destroy',
    asked: () => [`/api/apps/${deployment.app.slug}`, { method: 'DELETE' }],
    status: 204,
  },
];

describe('a call that may be repeated is repeated, and the caller notices nothing', () => {
  test.each(ROWS)('$what', async ({ kind, method, asked, status }) => {
    const calls = resetIn(kind, method as never);
    const [path, more = {}] = asked();
    const response = await request(path, { token, ...more });
    expect(response.status).toBe(status);
    response.webSocket?.accept();
    response.webSocket?.close();
    // The platform may have tried as well.
    expect(calls()).toBeGreaterThanOrEqual(2);
  });
});

test('a runner that connects to its pool in that moment is let in', async () => {
  const runner = await givenRunner(deployment.id.padEnd(36, '0'));
  const calls = resetIn(PoolObject, 'fetch');
  const response = await request('/api/pool/connect', {
    token: runner.credential,
    headers: { Upgrade: 'websocket' },
  });
  expect(response.status).toBe(101);
  response.webSocket?.accept();
  response.webSocket?.close();
  expect(calls()).toBeGreaterThanOrEqual(2);
});

test('one that is reset again is refused with 503 and Retry-After', async () => {
  const calls = resetIn(DeploymentObject, 'snapshot', 2);
  const refused = await refusal(await request(`/api/deployments/${deployment.id}`, { token }));
  expect(refused).toEqual({ status: 503, code: 'unavailable', retryAfter: '2' });
  expect(calls()).toBe(2);
  expect((await request(`/api/deployments/${deployment.id}`, { token })).status).toBe(200);
});

test('a call that must not be made twice is refused with 503 and Retry-After', async () => {
  await deadLettersOf(env).add({ kind: 'offer', deploymentId: deployment.id }, new Date().toISOString());
  const [letter] = (await deadLettersOf(env).list({ limit: 1 })).items;
  const calls = resetIn(DeadLetterObject, 'replay');
  const refused = await refusal(await post(`/api/ops/dead-letters/${letter?.id}/replay`));
  expect(refused).toEqual({ status: 503, code: 'unavailable', retryAfter: '2' });
  expect(calls()).toBe(1);
});

test('an overloaded object is not called again, and the caller has to wait', async () => {
  const calls = overload(DeploymentObject, 'snapshot');
  const refused = await refusal(await request(`/api/deployments/${deployment.id}`, { token }));
  expect(refused).toEqual({ status: 503, code: 'unavailable', retryAfter: '10' });
  expect(calls()).toBe(1);
});

test('a fault of our own stays one, and is not tried again', async () => {
  const spy = vi.spyOn(DeploymentObject.prototype, 'snapshot').mockRejectedValue(new Error('own fault'));
  vi.spyOn(console, 'error').mockReturnValue();
  const refused = await refusal(await request(`/api/deployments/${deployment.id}`, { token }));
  expect(refused).toEqual({ status: 500, code: 'internal', retryAfter: null });
  expect(spy).toHaveBeenCalledTimes(1);
});

test('a deployment that nobody created is still unknown after a reset', async () => {
  expect((await request(`/api/deployments/${newObjectId()}`, { token })).status).toBe(404);
});
