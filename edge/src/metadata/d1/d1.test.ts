import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { createD1Metadata } from './index.ts';

test('ping', async () => {
  await createD1Metadata(env.METADATA).ping();
  expect(await createD1Metadata(env.METADATA).users.owner()).toBeNull();
});
