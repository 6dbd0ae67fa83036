import { env } from 'cloudflare:workers';
import type { ErrorBody } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

beforeEach(forgetAll);
afterEach(() => vi.useRealTimers());

const BOOTSTRAP = 'bootstrap-token-of-the-tests-0123456789';

interface SetUp {
  owner: { id: string };
  signIn: { url: string; expiresAt: string };
}

const setup = (json?: unknown, token = env.OPERATOR_SECRET) =>
  request('/api/ops/setup', { method: 'POST', token, ...(json === undefined ? {} : { json }) });

async function setUp(json?: unknown): Promise<SetUp> {
  const response = await setup(json);
  expect(response.status).toBe(200);
  return response.json<SetUp>();
}

async function signsIn(url: string): Promise<boolean> {
  const token_hash = new URLSearchParams(new URL(url).hash.slice(1)).get('token_hash');
  const json = { type: 'magiclink', token_hash };
  return (await request('/auth/v1/verify', { method: 'POST', json })).ok;
}

const tokensAs = (token: string) => request('/api/tokens', { token });

test('the first setup makes the owner, and a link that signs them in for 24 hours', async () => {
  const before = Date.now();
  const { owner, signIn } = await setUp({});
  expect((await metadataOf(env).users.owner())?.id).toBe(owner.id);
  expect(signIn.url).toMatch(/^http:\/\/localhost:8787\/sign-in#token_hash=afs_[\w-]{43}$/);
  expect(Date.parse(signIn.expiresAt) - before).toBeGreaterThanOrEqual(24 * 3_600_000);
  expect(await signsIn(signIn.url)).toBe(true);
});

test('setting up again keeps the owner and makes a fresh link; the earlier one stops working', async () => {
  const [first, second] = [await setUp(), await setUp()];
  expect(second.owner).toEqual(first.owner);
  expect(await signsIn(first.signIn.url)).toBe(false);
  expect(await signsIn(second.signIn.url)).toBe(true);
});

test('setups at the same time agree on one owner', async () => {
  const all = await Promise.all([setUp(), setUp(), setUp()]);
  expect(new Set(all.map(({ owner }) => owner.id)).size).toBe(1);
});

test('the bootstrap token becomes an admin token of the owner', async () => {
  await setUp({ bootstrapToken: BOOTSTRAP });
  const { items } = await (await tokensAs(BOOTSTRAP)).json<{ items: object[] }>();
  expect(items).toMatchObject([{ name: 'bootstrap', scopes: ['admin'], expiresAt: null }]);
});

test('setting up again with the bootstrap token makes no second one', async () => {
  for (let i = 0; i < 2; i += 1) await setUp({ bootstrapToken: BOOTSTRAP });
  expect((await (await tokensAs(BOOTSTRAP)).json<{ items: object[] }>()).items).toHaveLength(1);
});

test('a bootstrap token that was revoked does not come back, and no other takes its place', async () => {
  await setUp({ bootstrapToken: BOOTSTRAP });
  const { items } = await (await tokensAs(BOOTSTRAP)).json<{ items: { id: string }[] }>();
  await request(`/api/tokens/${items[0]?.id}`, { method: 'DELETE', token: BOOTSTRAP });
  await setUp({ bootstrapToken: BOOTSTRAP });
  await setUp({ bootstrapToken: `another-${BOOTSTRAP}` });
  expect((await tokensAs(BOOTSTRAP)).status).toBe(401);
  expect((await tokensAs(`another-${BOOTSTRAP}`)).status).toBe(401);
});

test.each([
  [{ bootstrapToken: 'x'.repeat(31) }, 'bootstrapToken'],
  [{ bootstrapToken: `${'x'.repeat(32)} y` }, 'bootstrapToken'],
  [{ bootstrapToken: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.' }, 'bootstrapToken'],
  [{ bootstrapToken: 5 }, 'bootstrapToken'],
  [{ owner: 'me' }, ''],
])('a setup that is not as it should be is refused and makes no owner: %j', async (json, path) => {
  const response = await setup(json);
  expect(response.status).toBe(400);
  const { error } = await response.json<ErrorBody>();
  expect(error).toMatchObject({ code: 'bad_request', issues: [{ path }] });
  expect(await metadataOf(env).users.owner()).toBeNull();
});

test('a sign-in link can be made later, and replaces the earlier ones', async () => {
  const first = await setUp();
  const response = await request('/api/ops/sign-in-links', { method: 'POST', token: env.OPERATOR_SECRET });
  expect(response.status).toBe(201);
  const link = await response.json<SetUp['signIn']>();
  expect(await signsIn(first.signIn.url)).toBe(false);
  expect(await signsIn(link.url)).toBe(true);
});

test('there is no sign-in link before there is an owner', async () => {
  const response = await request('/api/ops/sign-in-links', { method: 'POST', token: env.OPERATOR_SECRET });
  expect(response.status).toBe(404);
});

test('nobody but the operator may: not a stranger, not an admin token, not the owner', async () => {
  await setUp({ bootstrapToken: BOOTSTRAP });
  const { access_token } = await signIn();
  for (const path of ['/api/ops/setup', '/api/ops/sign-in-links']) {
    for (const token of ['wrong-secret', `${env.OPERATOR_SECRET}x`, BOOTSTRAP, access_token]) {
      const response = await request(path, { method: 'POST', token });
      expect(response.status).toBe(401);
    }
    expect((await request(path, { method: 'POST' })).status).toBe(401);
  }
});
