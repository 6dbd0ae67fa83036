/** Runners that come and go: reusable tokens, ephemeral registrations, and what becomes of both. */
import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { FleetTokens, RegisteredRunner, RegistrationToken, RunnerPage } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { sweep } from '../cron/sweep.ts';
import { metadataOf } from '../metadata/index.ts';
import { founder, type SignedIn, somebody } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

const HOUR = 3_600_000;

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

const call = (method: string, path: string, json?: unknown, token = owner.token): Promise<Response> =>
  request(path, { method, token, ...(json === undefined ? {} : { json }) });

const tokenFor = async (body: unknown) =>
  RegistrationToken.parse(await (await call('POST', '/api/runners/tokens', body)).json());

const register = (token: string, members: object = {}): Promise<Response> =>
  request('/api/runners/register', {
    method: 'POST',
    json: { token, name: 'box', version: '0.1.0', ...members },
  });

const registered = async (token: string, members: object = {}) =>
  RegisteredRunner.parse(await (await register(token, members)).json());

const page = async (query = '') => RunnerPage.parse(await (await call('GET', `/api/runners${query}`)).json());
const listed = async () => (await page()).items;

describe('a reusable registration token', () => {
  test('registers runners until it is revoked, and its runners stay', async () => {
    const { id, token } = await tokenFor({ reusable: true, name: 'cluster' });
    await registered(token);
    await registered(token);
    const { items } = FleetTokens.parse(await (await call('GET', '/api/runners/tokens')).json());
    expect(items).toMatchObject([{ id, name: 'cluster', lastUsedAt: expect.any(String) }]);
    expect((await call('DELETE', `/api/runners/tokens/${id}`)).status).toBe(204);
    expect((await register(token)).status).toBe(401);
    expect(await listed()).toHaveLength(2);
    expect((await call('DELETE', `/api/runners/tokens/${id}`)).status).toBe(404);
  });

  test('is none of another kind: no caller, and no single-use token in the list', async () => {
    const { token } = await tokenFor({ reusable: true });
    expect((await call('GET', '/api/runners', undefined, token)).status).toBe(401);
    await tokenFor({});
    expect(
      (await (await call('GET', '/api/runners/tokens')).json<{ items: unknown[] }>()).items,
    ).toHaveLength(1);
  });

  test.each([
    { reusable: true, days: 0 },
    { reusable: true, days: 367 },
    { reusable: true, name: ' ' },
    { name: 'once' },
    { days: 3 },
    { reusable: true, labels: [] },
  ])('%j is refused', async (body) => {
    expect((await call('POST', '/api/runners/tokens', body)).status).toBe(400);
  });

  test('without a body, a token registers one runner, as ever', async () => {
    const { token } = RegistrationToken.parse(await (await call('POST', '/api/runners/tokens')).json());
    expect((await register(token)).status).toBe(201);
    expect((await register(token)).status).toBe(401);
  });
});

describe('an ephemeral runner', () => {
  test('removes itself, and nobody else', async () => {
    const { token } = await tokenFor({ reusable: true });
    const one = await registered(token, { ephemeral: true });
    const other = await registered(token);
    expect(await listed()).toMatchObject([{ id: other.id }, { id: one.id, ephemeral: true }]);
    expect((await call('DELETE', '/api/runners/self', undefined, one.credential)).status).toBe(204);
    expect(await listed()).toMatchObject([{ id: other.id }]);
    expect((await call('DELETE', '/api/runners/self', undefined, one.credential)).status).toBe(401);
    expect((await call('DELETE', '/api/runners/self')).status).toBe(401);
  });

  test('that is gone without a word is removed by the cron, and a lasting one never', async () => {
    const { token } = await tokenFor({ reusable: true });
    const gone = await registered(token, { ephemeral: true });
    const lasting = await registered(token);
    const online = await registered(token, { ephemeral: true });
    const pool = await connectPool(online.credential);
    pool.hello({});
    await expect.poll(async () => (await listed()).find(({ id }) => id === online.id)?.status).toBe('online');
    const rings = (at: number) => sweep(createScheduledController({ scheduledTime: new Date(at) }), env);
    await rings(Date.now());
    expect(await listed()).toHaveLength(3);
    await rings(Date.now() + 2 * HOUR);
    expect((await listed()).map(({ id }) => id)).toEqual([online.id, lasting.id]);
    expect(await metadataOf(env).runners.byId(gone.id)).toBeNull();
  });
});

test('the list comes in pages, newest first, each with how its runners are connected', async () => {
  const { token } = await tokenFor({ reusable: true });
  const [first, second, third] = [await registered(token), await registered(token), await registered(token)];
  const pool = await connectPool(first.credential);
  pool.hello({});
  await expect.poll(async () => (await listed()).at(-1)?.status).toBe('online');
  const newest = await page('?limit=2');
  expect(newest.items.map(({ id, status }) => [id, status])).toEqual([
    [third.id, 'offline'],
    [second.id, 'offline'],
  ]);
  const cursor = encodeURIComponent(newest.nextCursor ?? '');
  const oldest = await page(`?limit=2&cursor=${cursor}`);
  expect(oldest).toMatchObject({ items: [{ id: first.id, status: 'online' }], nextCursor: null });
  // Of a team without runners no pool is asked, and a cursor of another team shows nothing of it.
  const stranger = await founder();
  const theirs = await call('GET', `/api/runners?cursor=${cursor}`, undefined, stranger.token);
  expect([theirs.status, (await theirs.json<{ items: unknown[] }>()).items]).toEqual([200, []]);
});

test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=', 'other=1'])(
  'a list with %s is refused',
  async (query) => {
    expect((await call('GET', `/api/runners?${query}`)).status).toBe(400);
  },
);

test('a runner that leaves gets no new build, and its record is not draining', async () => {
  const { token } = await tokenFor({});
  const runner = await registered(token);
  const pool = await connectPool(runner.credential);
  pool.send({ type: 'leaving' });
  pool.hello({});
  await expect.poll(async () => (await listed())[0]?.status).toBe('draining');
  expect(await metadataOf(env).runners.byId(runner.id)).toMatchObject({ draining: false });
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
  await call('POST', '/api/apps', { name: 'site', slug: 'site', source });
  const { id } = await (await call('POST', '/api/apps/site/deployments', {})).json<{ id: string }>();
  await expect.poll(() => env.POOLS.getByName(owner.user.id).waitingReason(id)).toBe('box is draining');
  const again = await connectPool(runner.credential);
  again.hello({});
  await expect.poll(() => again.grants()).toMatchObject([{ deploymentId: id }]);
});

test('the figures of the pool are those of the team that asks', async () => {
  const { token } = await tokenFor({ reusable: true });
  const runner = await registered(token, { labels: ['linux'], slots: 3 });
  const pool = await connectPool(runner.credential);
  pool.hello({ labels: ['linux'], slots: 3 });
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
  await call('POST', '/api/apps', {
    name: 'mac',
    slug: 'mac',
    source,
    build: { labels: ['xcode', 'macos'] },
  });
  await call('POST', '/api/apps/mac/deployments', {});
  const figures = async (who = owner.token) =>
    (await call('GET', '/api/pool/metrics', undefined, who)).text();
  await expect
    .poll(() => figures())
    .toContain('appflux_pool_queued_jobs{labels="macos,xcode",sandbox="any"} 1');
  await expect
    .poll(() => figures())
    .toContain('appflux_pool_slots{executor="docker",labels="linux",state="free"} 3');
  expect(await figures()).toMatch(/# EOF\n$/);
  const stranger = await somebody();
  expect(await figures(stranger.token)).not.toContain('macos');
  expect((await call('GET', '/api/pool/metrics', undefined, runner.credential)).status).toBe(401);
});
