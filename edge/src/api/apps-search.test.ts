import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { forgetAll, request } from '../testing/worker.ts';

let token = '';

beforeAll(async () => {
  await forgetAll();
  token = env.OPERATOR_SECRET;
  await request('/api/ops/setup', { method: 'POST', token, json: {} });
  for (const name of ['The Shop', 'Workshop', 'Other']) {
    const json = { name, source: { provider: 'upload' } };
    expect((await request('/api/apps', { method: 'POST', token, json })).status).toBe(201);
  }
});

const search = async (query: string) => {
  const response = await request(`/api/apps?${query}`, { token });
  const body = await response.json<{ items?: { name: string }[] }>();
  return { status: response.status, names: body.items?.map(({ name }) => name) };
};

test('apps are searched by name', async () => {
  expect(await search('q=shop')).toEqual({ status: 200, names: ['Workshop', 'The Shop'] });
  expect(await search('q=shop&limit=1')).toEqual({ status: 200, names: ['Workshop'] });
  expect(await search('q=nothing')).toEqual({ status: 200, names: [] });
});

test.each(['q=', `q=${'x'.repeat(81)}`, 'q[$gt]=', 'q[$regex]=.*'])(
  'a search that is none is refused: %s',
  async (query) => {
    expect((await search(query)).status).toBe(400);
  },
);
