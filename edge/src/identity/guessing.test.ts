/** Guessing passwords, over HTTP: what slows it, whom that does not touch, and what it cannot hold up. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { all, PASSWORD, STORED, TestClient } from '../testing/client.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { hashPassword } from './password.ts';
import { countSignUp } from './sign-in-limits.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  owner = await founder({ email: 'owner@team.example', passwordHash: STORED });
  await founder({ email: 'ada@team.example', passwordHash: STORED });
});
afterEach(() => vi.useRealTimers());

const waitOf = (response: Response) => Number(response.headers.get('Retry-After'));
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

const MINUTE = 60_000;

test('twenty sign-ins at the same time leave room for other requests, and most are refused immediately', async () => {
  vi.useRealTimers();
  const passwordHash = hashPassword(PASSWORD);
  const people = await Promise.all(
    Array.from({ length: 20 }, (_, n) => founder({ email: `p${n}@team.example`, passwordHash })),
  );
  const ended: string[] = [];
  const signIns = people.map(async ({ user }) => {
    const response = await new TestClient(null).signIn('wrong password', user.email);
    ended.push(String(response.status));
    return response;
  });
  const config = request('/api/config').then((response) => {
    ended.push('config');
    return response;
  });
  const me = request('/api/me', { token: owner.token }).then((response) => {
    ended.push('me');
    return response;
  });
  expect((await config).status).toBe(200);
  expect((await me).status).toBe(200);
  const answers = await Promise.all(signIns);
  const refused = answers.filter(({ status }) => status === 429);
  const tried = answers.filter(({ status }) => status === 400);
  expect(tried.length).toBeGreaterThan(0);
  expect(tried.length).toBeLessThanOrEqual(4);
  expect(refused).toHaveLength(20 - tried.length);
  for (const response of refused) expect(waitOf(response)).toBeGreaterThan(0);
  // Neither those that are refused nor the other requests wait for the passwords that are being hashed.
  expect(ended.lastIndexOf('429')).toBeLessThan(ended.indexOf('400'));
  expect(ended.indexOf('config')).toBeLessThan(ended.lastIndexOf('400'));
  expect(ended.indexOf('me')).toBeLessThan(ended.lastIndexOf('400'));
});

describe.each([
  ['an address that Cloudflare tells', '203.0.113.7'],
  ['an address that is not known', null],
])('from %s', (_title, address) => {
  test('a hundred wrong passwords for many accounts stop nobody else', async () => {
    const client = new TestClient(address);
    for (let n = 0; n < 12; n += 1) {
      const email = `p${n}@team.example`;
      await founder({ email, passwordHash: STORED });
      expect(await client.guess(9, email)).toEqual(all(400, 9));
    }
    expect((await client.signIn(PASSWORD)).status).toBe(200);
    expect((await client.post('/recover', { email: 'ada@team.example' })).status).toBe(200);
  });

  test('a hundred wrong passwords for one account stop no other account', async () => {
    const client = new TestClient(address);
    const statuses = await client.guess(100);
    expect(statuses).toEqual([...all(400, 10), ...all(429, 90)]);
    expect((await client.signIn(PASSWORD, 'ada@team.example')).status).toBe(200);
    expect((await client.post('/recover', { email: 'owner@team.example' })).status).toBe(200);
  });
});

test('guessing from one address waits longer and longer, but is never locked out', async () => {
  const client = new TestClient('203.0.113.7');
  expect(await client.guess(10)).toEqual(all(400, 10));
  const waits: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    const refused = await client.signIn('one more');
    expect(refused.status).toBe(429);
    const wait = waitOf(refused);
    waits.push(wait);
    pass((wait - 2) * 1000);
    expect((await client.signIn('one more')).status).toBe(429);
    pass(2000);
    expect((await client.signIn('one more')).status).toBe(400);
  }
  expect(waits[0]).toBeLessThanOrEqual(30);
  expect(waits.at(-1)).toBeGreaterThan(13 * 60);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15 * 60);
  pass(15 * MINUTE);
  expect((await client.signIn(PASSWORD)).status).toBe(200);
});

test('guesses from one address do not slow down another one', async () => {
  expect((await new TestClient('203.0.113.7').guess(40)).filter((status) => status === 429)).toHaveLength(30);
  expect((await new TestClient('203.0.113.8').signIn(PASSWORD)).status).toBe(200);
});

test('guesses from many addresses are slowed together, and only for that account', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 60; n += 1)
    statuses.push((await new TestClient(`203.0.113.${n}`).signIn(`guess ${n}`)).status);
  expect(statuses).toEqual([...all(400, 30), ...all(429, 30)]);
  expect((await new TestClient('203.0.113.200').signIn(PASSWORD, 'ada@team.example')).status).toBe(200);
  // A day of it: about one guess in ten minutes.
  let tried = 0;
  for (let n = 0; n < 24 * 12; n += 1) {
    pass(5 * MINUTE);
    if ((await new TestClient(`198.51.100.${n % 250}`).signIn(`guess ${n}`)).status === 400) tried += 1;
  }
  expect(tried).toBeGreaterThan(100);
  expect(tried).toBeLessThan(160);
});

test('what a client says about its address counts for nothing where nobody in front of the Worker writes it', async () => {
  const local = { CLIENT_ADDRESS_HEADER: '' };
  const statuses: number[] = [];
  for (let n = 0; n < 12; n += 1)
    statuses.push((await new TestClient(`203.0.113.${n}`, local).signIn(`guess ${n}`)).status);
  expect(statuses).toEqual([...all(400, 10), 429, 429]);
});

test('passwords that are tried at the same time are counted one by one', async () => {
  const tried: number[] = [];
  while (tried.filter((status) => status === 400).length < 10) {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => new TestClient(null).signIn(`guess ${n}`)));
    tried.push(...answers.map(({ status }) => status));
  }
  expect(tried.filter((status) => status === 400)).toHaveLength(10);
  expect((await new TestClient(null).signIn(PASSWORD)).status).toBe(429);
});

test('an email that nobody has is slowed just the same', async () => {
  const client = new TestClient('203.0.113.7');
  const statuses = await client.guess(11, 'nobody@team.example');
  expect(statuses).toEqual([...all(400, 10), 429]);
});

test('the right password forgets the wrong ones that were typed before it', async () => {
  const client = new TestClient('203.0.113.7');
  for (let round = 0; round < 3; round += 1) {
    client.cookie = null;
    expect(await client.guess(9)).toEqual(all(400, 9));
    expect((await client.signIn(PASSWORD)).status).toBe(200);
  }
});

test('links are slowed for who asks for them, and for strangers together, but not for a known device', async () => {
  const device = new TestClient('203.0.113.1');
  await device.signIn(PASSWORD);
  const ask = (client: TestClient) => client.post('/otp', { email: 'owner@team.example' });
  const statuses: number[] = [];
  const stranger = new TestClient('203.0.113.7');
  for (let n = 0; n < 6; n += 1) statuses.push((await ask(stranger)).status);
  expect(statuses).toEqual([...all(200, 5), 429]);
  expect((await ask(new TestClient('203.0.113.8'))).status).toBe(200);
  for (let n = 9; n < 13; n += 1) expect((await ask(new TestClient(`203.0.113.${n}`))).status).toBe(200);
  expect((await ask(new TestClient('203.0.113.20'))).status).toBe(429);
  expect((await ask(device)).status).toBe(200);
  expect((await device.post('/recover', { email: 'ada@team.example' })).status).toBe(200);
});

test('accounts without an invitation are slowed by address, and nothing else is', async () => {
  const open = { APPFLUX_SIGN_UP: 'open' };
  const client = new TestClient('203.0.113.7', open);
  const signUp = (n: number, from = client) =>
    from.post('/signup', { email: `new${n}@example.com`, password: 'long enough for this' });
  expect((await signUp(0)).status).toBe(200);
  for (let n = 1; n < 20; n += 1) await countSignUp(env, '203.0.113.7');
  expect((await signUp(20)).status).toBe(429);
  expect((await signUp(20, new TestClient('203.0.113.8', open))).status).toBe(200);
  expect((await client.signIn(PASSWORD)).status).toBe(200);
  expect((await client.post('/recover', { email: 'owner@team.example' })).status).toBe(200);
});
