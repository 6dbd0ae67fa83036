import { env } from 'cloudflare:workers';
import { CreatedMetricsToken, type MetricsToken } from '@appflux/protocol';
import { beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { founder } from '../testing/people.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { API_ROUTES } from './testing/routes.ts';

const OPERATOR = env.OPERATOR_SECRET;
let owner: { token: string; id: string };

beforeEach(async () => {
  await forgetAll();
  const session = await signIn();
  owner = { token: session.access_token, id: session.user.id };
});

async function create(token = OPERATOR, name = 'prometheus'): Promise<CreatedMetricsToken> {
  const response = await request('/api/ops/metrics-tokens', { method: 'POST', token, json: { name } });
  expect(response.status).toBe(201);
  return CreatedMetricsToken.parse(await response.json());
}
const list = async (): Promise<MetricsToken[]> =>
  (await (await request('/api/ops/metrics-tokens', { token: OPERATOR })).json<{ items: MetricsToken[] }>())
    .items;
const scrape = async (token: string) => (await request('/api/ops/metrics', { token })).status;

test('a token reads the metrics until it is revoked, and the operator’s secret does so as well', async () => {
  const { id, token } = await create();
  expect(token).toMatch(/^afm_[\w-]{43}$/);
  expect(await scrape(token)).toBe(200);
  expect(await scrape(OPERATOR)).toBe(200);
  const [listed] = await list();
  expect(listed).toMatchObject({ id, name: 'prometheus', lastUsedAt: expect.any(String) });
  const revoked = await request(`/api/ops/metrics-tokens/${id}`, { method: 'DELETE', token: owner.token });
  expect(revoked.status).toBe(204);
  expect(await scrape(token)).toBe(401);
  expect(await list()).toEqual([]);
});

test('the token is shown once and kept as a hash', async () => {
  const { token } = await create(owner.token);
  const record = (await metadataOf(env).tokens.list(owner.id, 'metrics', { limit: 10 })).items[0];
  expect(record).toMatchObject({ createdBy: owner.id, scopes: [], role: null });
  expect(JSON.stringify([record, await list()])).not.toContain(token);
});

test('it is good for no other route', async () => {
  const { token } = await create();
  const open = ['GET /api/health', 'GET /api/config', 'GET /api/openapi.json'];
  const others = API_ROUTES.filter((route) => !open.includes(route) && route !== 'GET /api/ops/metrics');
  expect(others.length).toBeGreaterThan(60);
  for (const route of others) {
    const [method = '', path = ''] = route.split(' ');
    const filled = path
      .replace(':slug', 'app')
      .replace(':name', 'NAME')
      .replace(':userId', owner.id)
      .replace(':id', newObjectId())
      .replace(':attempt', '1')
      // As the token of a deploy hook as well.
      .replace(':token', token);
    const json = method === 'GET' || method === 'DELETE' ? {} : { json: { token } };
    const { status } = await request(filled, { method, token, ...json });
    // Routes that need no account know no such link or registration token.
    expect([400, 401, 404], `${route} answered ${status}`).toContain(status);
    if (path.startsWith('/api/ops/')) expect(status, route).toBe(401);
  }
});

test('other tokens don’t read the metrics, even with its prefix', async () => {
  const { token } = await create();
  const api = await request('/api/tokens', {
    method: 'POST',
    token: owner.token,
    json: { name: 'all', scopes: ['admin'] },
  });
  const other = await api.json<{ token: string }>();
  for (const wrong of [other.token, owner.token, token.slice(0, -1), `afm_${'x'.repeat(43)}`, token.slice(4)])
    expect(await scrape(wrong)).toBe(401);
});

test('only the operator and the owner of the instance make and see them', async () => {
  const stranger = await founder({ email: 'other@example.com' });
  for (const method of ['GET', 'POST']) {
    const json = method === 'GET' ? {} : { json: { name: 'x' } };
    const { status } = await request('/api/ops/metrics-tokens', { method, token: stranger.token, ...json });
    expect(status).toBe(403);
  }
  expect(await list()).toEqual([]);
});

test('there are 50 at most, and making and revoking is in the audit log', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const first = await create();
  for (let n = 1; n < 50; n += 1) await create();
  const refused = await request('/api/ops/metrics-tokens', {
    method: 'POST',
    token: OPERATOR,
    json: { name: 'x' },
  });
  expect(refused.status).toBe(422);
  await request(`/api/ops/metrics-tokens/${first.id}`, { method: 'DELETE', token: owner.token });
  const { items } = await metadataOf(env).audit.list(owner.id, { limit: 3 });
  expect(items.map(({ action, actor }) => [action, actor.kind]).slice(0, 2)).toEqual([
    ['token.revoke', 'user'],
    ['token.create', 'operator'],
  ]);
  vi.restoreAllMocks();
});
