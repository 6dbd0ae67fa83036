/** Devices that have signed in before, over HTTP. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { all, PASSWORD, STORED, TestClient } from '../testing/client.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  owner = await founder({ email: 'owner@team.example', passwordHash: STORED });
  await founder({ email: 'ada@team.example', passwordHash: STORED });
});
afterEach(() => vi.useRealTimers());

async function known(email = 'owner@team.example', variables: Partial<Env> = {}): Promise<TestClient> {
  const client = new TestClient('203.0.113.1', variables);
  expect((await client.signIn(PASSWORD, email)).status).toBe(200);
  return client;
}

test('a known device goes on signing in while others guess', async () => {
  const device = await known();
  expect((await new TestClient('203.0.113.1').guess(11)).at(-1)).toBe(429);
  for (let n = 2; n < 9; n += 1) await new TestClient(`203.0.113.${n}`).guess(5);
  expect((await new TestClient('203.0.113.99').signIn(PASSWORD)).status).toBe(429);
  expect((await device.signIn('a slip of the finger')).status).toBe(400);
  expect((await device.signIn(PASSWORD)).status).toBe(200);
  expect((await device.post('/recover', { email: 'owner@team.example' })).status).toBe(200);
});

test('a known device is slowed by its own wrong passwords', async () => {
  const device = await known();
  expect(await device.guess(12)).toEqual([...all(400, 10), 429, 429]);
  expect((await new TestClient('203.0.113.1').signIn(PASSWORD)).status).toBe(200);
});

test('a known device has a cookie that scripts and other sites cannot use, and another one after each sign-in', async () => {
  const device = await known();
  const first = device.setCookie ?? '';
  expect(first).toMatch(/^appflux-device=[\w.~-]+; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Strict$/);
  await device.signIn(PASSWORD);
  expect(device.setCookie).not.toBe(first);
  const secure = await known('owner@team.example', { PUBLIC_URL: 'https://apps.example.com' });
  expect(secure.setCookie).toMatch(/^__Host-appflux-device=.*; HttpOnly; SameSite=Strict; Secure$/);
});

test('a known device signs nobody in by its cookie', async () => {
  const { cookie } = await known();
  const headers = { Cookie: cookie ?? '' };
  expect((await request('/auth/v1/user', { headers })).status).toBe(401);
  expect((await request('/api/me', { headers })).status).toBe(401);
});

test('a known device is not known for another account', async () => {
  const device = await known('ada@team.example');
  expect(await device.guess(11)).toEqual([...all(400, 10), 429]);
  expect((await device.signIn(PASSWORD, 'ada@team.example')).status).toBe(200);
});

test('a known device is known for several accounts at the same time', async () => {
  const device = await known();
  await device.signIn(PASSWORD, 'ada@team.example');
  await new TestClient('203.0.113.1').guess(10);
  await new TestClient('203.0.113.1').guess(10, 'ada@team.example');
  expect((await device.signIn(PASSWORD)).status).toBe(200);
  expect((await device.signIn(PASSWORD, 'ada@team.example')).status).toBe(200);
});

test('a known device has a cookie that stays small, whatever it is given', async () => {
  const device = await known();
  for (let n = 0; n < 8; n += 1) {
    await founder({ email: `p${n}@team.example`, passwordHash: STORED });
    await device.signIn(PASSWORD, `p${n}@team.example`);
  }
  expect(device.cookie?.split('~')).toHaveLength(5);
  device.cookie = `${device.cookie}~${'x.'.repeat(2000)}`;
  expect((await device.signIn(PASSWORD)).status).toBe(200);
  expect(device.cookie?.length).toBeLessThan(800);
});

test('a known device is a stranger with a cookie that is changed, or is older than it may be', async () => {
  const device = await known();
  await new TestClient('203.0.113.1').guess(10);
  const good = device.cookie ?? '';
  const other = crypto.randomUUID();
  for (const forged of [
    good.replace(/.{43}$/, (signature) => signature.replace(/./, signature[0] === 'A' ? 'B' : 'A')),
    good.replace(/=.{36}/, `=${other}`),
    good.replace(/\.[0-9a-z]+\./, '.zzzzzz.'),
    'appflux-device=',
    `appflux-device=${'~'.repeat(50)}`,
  ]) {
    device.cookie = forged;
    expect((await device.signIn(PASSWORD)).status).toBe(429);
  }
  device.cookie = good;
  expect((await device.signIn(PASSWORD)).status).toBe(200);
  vi.setSystemTime(Date.now() + 181 * 24 * 3_600_000);
  await new TestClient('203.0.113.1').guess(10);
  expect((await device.signIn(PASSWORD)).status).toBe(429);
});

test('a known device is a stranger once the password is another one, but for the device that set it', async () => {
  const device = await known();
  const elsewhere = await known();
  const headers = { Cookie: device.cookie ?? '' };
  const json = { password: 'a whole new one', current_password: PASSWORD };
  const changed = await request('/auth/v1/user', { method: 'PUT', token: owner.token, json, headers });
  expect(changed.status).toBe(200);
  device.cookie = changed.headers.get('Set-Cookie')?.split(';')[0] ?? null;
  await metadataOf(env).users.update(owner.user.id, { passwordHash: STORED });
  // The stored hash is the old one again, so only what the cookies say can tell the devices apart.
  await new TestClient('203.0.113.1').guess(10);
  expect((await elsewhere.signIn(PASSWORD)).status).toBe(200);
  expect((await device.signIn(PASSWORD)).status).toBe(429);
});

test('a known device is known by the sealing key of before while keys are rotated', async () => {
  const device = await known();
  const rotated = { SEALING_KEY: btoa('x'.repeat(32)), SEALING_KEY_PREVIOUS: env.SEALING_KEY };
  const later = new TestClient('203.0.113.1', rotated);
  await later.guess(10);
  expect((await later.signIn(PASSWORD)).status).toBe(429);
  later.cookie = device.cookie;
  expect((await later.signIn(PASSWORD)).status).toBe(200);
});

test('a known device comes by a one-time link as well', async () => {
  const device = new TestClient('203.0.113.1');
  const json = { email: 'owner@team.example' };
  const link = await request('/api/ops/recovery-links', {
    method: 'POST',
    token: env.OPERATOR_SECRET,
    json,
  });
  const { url } = await link.json<{ url: string }>();
  const token_hash = new URL(url).hash.split('=')[1];
  expect((await device.post('/verify', { type: 'recovery', token_hash })).status).toBe(200);
  await new TestClient('203.0.113.1').guess(10);
  expect((await device.signIn(PASSWORD)).status).toBe(200);
});
