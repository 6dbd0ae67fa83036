import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectTo } from '../socket-path.ts';
import { type CallServer, SERVICE_HEADER, type Service, serveCalls } from './calls.ts';

let folder: string;
let server: CallServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), `appflux-calls-${'deep'.repeat(20)}-`));
});
afterEach(async () => {
  server?.close();
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

const onError = vi.fn();
const serve = async (services: Record<string, Service>) => {
  server = await serveCalls(join(folder, 'calls.sock'), services, onError);
};

/** A call as workerd sends it. */
async function call(service: string | null, path = '/', body?: string) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({
      createConnection: () => connectTo(join(folder, 'calls.sock')),
      method: body === undefined ? 'GET' : 'POST',
      path,
      headers: service === null ? {} : { [SERVICE_HEADER]: service },
    })
      .once('response', resolve)
      .once('error', reject)
      .end(body);
  });
  return { status: response.statusCode, body: await text(response) };
}

test('a call reaches the service that its header names, at a path longer than a socket’s may be', async () => {
  await serve({
    A: async ({ method, url }) => ({ status: 200, json: { method, path: url.pathname, of: url.search } }),
    B: async (given) => ({ status: 202, json: await given.json() }),
    C: async () => ({ status: 204 }),
    D: async () => ({ status: 200, json: null }),
  });
  expect(await call('A', '/x?after=1')).toEqual({
    status: 200,
    body: '{"method":"GET","path":"/x","of":"?after=1"}',
  });
  expect(await call('B', '/', '{"a":[1]}')).toEqual({ status: 202, body: '{"a":[1]}' });
  expect(await call('C', '/', 'x'.repeat(1_000_000))).toEqual({ status: 204, body: '' });
  expect(await call('D')).toEqual({ status: 200, body: 'null' });
});

test.each([null, 'unknown', 'constructor', '__proto__'])('no service is called %s', async (name) => {
  await serve({ A: async () => ({ status: 204 }) });
  expect((await call(name)).status).toBe(404);
});

test('what a service throws is reported, and its caller gets 500', async () => {
  await serve({ A: (given) => given.json().then(() => ({ status: 204 })) });
  expect((await call('A', '/', 'no JSON')).status).toBe(500);
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(SyntaxError));
});
