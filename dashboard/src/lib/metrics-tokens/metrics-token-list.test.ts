import type { MetricsToken } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { MetricsTokenList } from './metrics-token-list.svelte.ts';

test('a token is created, listed and revoked', async () => {
  let tokens: MetricsToken[] = [];
  const list = new MetricsTokenList(
    {
      operator: {
        metricsTokens: async () => [...tokens],
        createMetricsToken: async (name) => {
          const made = { id: `id of ${name}`, name, lastUsedAt: null, createdAt: '2026-11-29T12:00:00.000Z' };
          tokens.push(made);
          return { ...made, token: 'afm_secret' };
        },
        deleteMetricsToken: async (id) => {
          tokens = tokens.filter((token) => token.id !== id);
        },
      },
    },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = list.start();
  await list.create('prometheus');
  expect((await list.create('grafana')).token).toBe('afm_secret');
  expect(list.all?.map(({ name }) => name)).toEqual(['prometheus', 'grafana']);
  await list.revoke('id of prometheus');
  expect(list.all?.map(({ name }) => name)).toEqual(['grafana']);
  stop();
});
