import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { forgetAll, request, requestWith } from '../testing/worker.ts';

beforeAll(forgetAll);

let clock = Date.now();
/** What the Worker asked storage, as method and path. */
let asked: string[];
/** What storage does instead of answering. */
let fault: (() => Promise<Response>) | null;

beforeEach(() => {
  asked = [];
  fault = null;
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  // Answers are kept for a while: each test begins after that.
  clock += 3_600_000;
  vi.spyOn(Date, 'now').mockImplementation(() => clock);
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const { method, url } = new Request(input, init);
    if (!url.startsWith(env.S3_ENDPOINT)) return real(input, init);
    asked.push(`${method} ${url.slice(env.S3_ENDPOINT.length)}`);
    return fault === null ? real(input, init) : fault();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const later = (ms: number) => {
  clock += ms;
};

const health = async (answer: Promise<Response> = request('/api/health')) => {
  const response = await answer;
  return [response.status, await response.json()];
};
const UP = [200, { status: 'ok', version: '0.1.0', parts: { metadata: 'ok', storage: 'ok', queue: 'ok' } }];
const DOWN = [
  503,
  { status: 'down', version: '0.1.0', parts: { metadata: 'ok', storage: 'down', queue: 'ok' } },
];

const refusesConnections = async () => {
  throw new TypeError('Network connection lost.');
};

describe('the health of storage', () => {
  test('is asked at the endpoint that uploads go to, without listing anything', async () => {
    expect(await health()).toEqual(UP);
    expect(asked).toEqual([`HEAD /${env.S3_BUCKET}`]);
  });

  test.each([
    ['s3', 'refuses connections', refusesConnections],
    ['r2', 'refuses connections', refusesConnections],
    ['r2', 'answers 500', async () => new Response(null, { status: 500 })],
    ['r2', 'refuses the key', async () => new Response(null, { status: 403 })],
    ['r2', 'has no such bucket', async () => new Response(null, { status: 404 })],
  ] as const)('is down with the driver %s when that endpoint %s', async (driver, _, what) => {
    fault = what;
    expect(await health(requestWith({ STORAGE_DRIVER: driver }, '/api/health'))).toEqual(DOWN);
    expect(asked).not.toEqual([]);
  });

  test('is down when the endpoint is not set', async () => {
    expect(await health(requestWith({ S3_ENDPOINT: '' }, '/api/health'))).toEqual(DOWN);
  });

  test('is asked once every few seconds, however many ask', async () => {
    for (let calls = 0; calls < 20; calls++) expect(await health()).toEqual(UP);
    expect(asked).toHaveLength(1);
    fault = refusesConnections;
    expect(await health()).toEqual(UP);
    later(10_000);
    expect(await health()).toEqual(DOWN);
    const whileDown = asked.length;
    expect(await health()).toEqual(DOWN);
    expect(asked).toHaveLength(whileDown);
    fault = null;
    later(10_000);
    expect(await health()).toEqual(UP);
  });

  test('is asked once by many calls at the same time', async () => {
    expect(await health()).toEqual(UP);
    later(10_000);
    await Promise.all(Array.from({ length: 20 }, () => health()));
    expect(asked).toHaveLength(2);
  });
});
