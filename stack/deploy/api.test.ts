/** Unpleasant answers of Cloudflare's API. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Account, TOKEN } from '../stand-ins/cloudflare/account.ts';
import { found, refused } from '../stand-ins/cloudflare/answer.ts';
import { type CloudflareStandIn, type Fault, startCloudflare } from '../stand-ins/cloudflare/start.ts';
import { ApiRefusal, cloudflareApi } from './api.ts';

let cloudflare: CloudflareStandIn;
const waits: number[] = [];

beforeAll(async () => {
  cloudflare = await startCloudflare();
});
afterAll(() => cloudflare.stop());
beforeEach(() => {
  cloudflare.account = new Account();
  cloudflare.account.addZone('example.com');
  cloudflare.faults.length = 0;
  cloudflare.calls.length = 0;
  waits.length = 0;
});

const api = (token = TOKEN) =>
  cloudflareApi({ token, baseUrl: cloudflare.url, wait: async (ms) => waits.push(ms) });
const fault = (answer: Fault['answer'], times = 1) =>
  cloudflare.faults.push({ when: /zones/, times, answer });

test('a limited call waits as long as the answer asks for, and then works', async () => {
  fault(refused(429, 971, 'slow down', { 'Retry-After': '7' }), 2);
  expect(await api().call('GET', '/zones')).toHaveLength(1);
  expect(waits).toEqual([7000, 7000]);
});

test('a limit that doesn’t end, or asks for an hour, is a problem', async () => {
  fault(refused(429, 971, 'slow down', { 'Retry-After': '1' }), 9);
  await expect(api().call('GET', '/zones')).rejects.toMatchObject({
    code: 'cloudflare_failed',
    advice: expect.stringContaining('five minutes'),
  });
  expect(cloudflare.calls).toHaveLength(5);
  cloudflare.faults.length = 0;
  fault(refused(429, 971, 'slow down', { 'Retry-After': '3600' }));
  await expect(api().call('GET', '/zones')).rejects.toMatchObject({ code: 'cloudflare_failed' });
  expect(cloudflare.calls).toHaveLength(6);
});

test('a page of a broken gateway is tried again, and then a problem without its text', async () => {
  fault({ status: 502, text: '<html>bad gateway</html>' }, 2);
  expect(await api().call('GET', '/zones')).toHaveLength(1);
  fault({ status: 200, text: '<html>log in to the hotel</html>' });
  await expect(api().call('GET', '/zones')).rejects.toMatchObject({ code: 'cloudflare_failed' });
});

test('a wrong token is refused with the permissions that it needs, and never shown', async () => {
  const error = await api('secret-of-somebody')
    .call('GET', '/zones')
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'cloudflare_denied',
    advice: expect.stringContaining('Workers Scripts'),
  });
  expect(`${error}${JSON.stringify(error)}`).not.toContain('secret-of-somebody');
});

test('what does not exist is null, and any other refusal isn’t', async () => {
  expect(await api().find('/accounts/a/workers/scripts/none/secrets')).toBeNull();
  cloudflare.account.buckets = null;
  await expect(api().find('/accounts/a/r2/buckets/b')).rejects.toBeInstanceOf(ApiRefusal);
});

test('a list is read to its last page', async () => {
  const page = (number: number) => {
    const answer = found([number]);
    return { ...answer, body: { ...(answer.body as object), result_info: { page: number, total_pages: 3 } } };
  };
  for (const number of [1, 2, 3]) fault(page(number));
  expect(await api().list('/zones')).toEqual([1, 2, 3]);
  expect(cloudflare.calls.at(-1)).toBe('GET /zones?page=3');
});

test('an API that isn’t there is a problem', async () => {
  const nowhere = cloudflareApi({ token: TOKEN, baseUrl: 'http://127.0.0.1:9' });
  await expect(nowhere.call('GET', '/zones')).rejects.toMatchObject({ code: 'cloudflare_failed' });
});
