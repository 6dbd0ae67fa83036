import type { CreateToken } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { apiToken } from '../../testing/fixtures.ts';
import { TokenList } from './token-list.svelte.ts';

test('a token is created with an expiration, and the list shows it', async () => {
  const created: CreateToken[] = [];
  const list = new TokenList(
    {
      tokens: {
        list: async () => ({ items: created.map(({ name }) => apiToken({ name })), nextCursor: null }),
        create: async (body) => {
          created.push(body);
          return { ...apiToken({ name: body.name }), token: 'secret' };
        },
        delete: async () => void created.pop(),
      },
    },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = list.start();
  const now = Date.parse('2026-11-10T12:00:00Z');
  expect((await list.create('ci', ['apps:read'], 30, now)).token).toBe('secret');
  await list.create('forever', ['admin'], null, now);
  expect(created.map(({ expiresAt }) => expiresAt)).toEqual(['2026-12-10T12:00:00.000Z', undefined]);
  expect(list.all?.map(({ name }) => name)).toEqual(['ci', 'forever']);
  await list.revoke(apiToken().id);
  expect(list.all?.map(({ name }) => name)).toEqual(['ci']);
  stop();
});
