/** The smoke test of a deploy, against an instance that works and against some that don't. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { deployOnce, type SmokeResult, smokeTest } from '../../stack/deploy/smoke.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

let edge: EdgeInstance;
beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
});
afterAll(() => edge?.stop());

const run = (url: string, operatorSecret: string | null = edge.operatorSecret): Promise<SmokeResult> =>
  smokeTest({ url, operatorSecret, patienceMs: 0 });

test('an instance that works passes, and gives a link that signs its owner in', async () => {
  const { passed, failure, signInUrl } = await run(edge.url);
  expect(failure).toBeNull();
  expect(passed).toHaveLength(5);
  expect(signInUrl).toMatch(new RegExp(`^${edge.url}/`));
  // No runner is online.
  expect(await deployOnce(edge.url, edge.operatorSecret, 1000)).toBe(false);
});

test('a deployment that fails is reported, and its app removed', { timeout: 120_000 }, async () => {
  const client = new Client(edge);
  const registered = await client.registerRunner('smoke', ['linux']);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: ['linux'] });
  await expect.poll(async () => (await client.api.runners.list())[0]?.status).toBe('online');
  const proof = deployOnce(edge.url, edge.operatorSecret, 100_000);
  const [attempt] = await Promise.all([
    runner.begin().then((one) => one.fail()),
    expect(proof).rejects.toThrow('the deployment ended as failed'),
  ]);
  expect(attempt).toBeUndefined();
  await expect(client.app('smoke-test')).rejects.toMatchObject({ code: 'not_found' });
});

test('without the operator’s secret, what anybody sees is tested', async () => {
  expect(await run(edge.url, null)).toMatchObject({ failure: null, signInUrl: null });
});

test('the secret of another instance is named by what fails', async () => {
  const { failure } = await run(edge.url, 'operator-secret-of-another-instance-0123456789');
  expect(failure).toMatchObject({ check: expect.stringContaining('sign-in link') });
});

test('nothing at the address, and another program there', async () => {
  expect((await run('http://127.0.0.1:9')).failure).toMatchObject({
    check: expect.stringContaining('health'),
  });
});

/** What is in front of an instance and changes its answers. */
const WRONG: readonly (readonly [string, string, http.RequestListener])[] = [
  ['is down', 'health', (_request, response) => response.writeHead(503).end('{"status":"down"}')],
  [
    'is another product',
    'the page',
    (request, response) => response.end(request.url === '/api/health' ? '{}' : '<html>Welcome</html>'),
  ],
];

test.each(WRONG)('an address that %s fails at: %s', async (_name, check, listener) => {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { failure } = await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(failure?.check).toContain(check);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
