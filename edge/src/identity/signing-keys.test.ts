import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { createSealer } from '../secrets/sealing.ts';
import { forgetAll } from '../testing/worker.ts';
import { readSigningKeys } from './signing-keys.ts';

beforeEach(forgetAll);

test('isolates that make the signing keys at the same time agree on one pair', async () => {
  const metadata = metadataOf(env);
  const keys = await Promise.all(
    Array.from({ length: 4 }, () => readSigningKeys(createSealer(env), metadata)),
  );
  expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1);
  expect((await readSigningKeys(createSealer(env), metadata)).keyId).toBe(keys[0]?.keyId);
});

test('the private key lies sealed, and is not in the public half', async () => {
  const metadata = metadataOf(env);
  const { publicJwk } = await readSigningKeys(createSealer(env), metadata);
  expect(publicJwk).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: expect.any(String),
    y: expect.any(String),
    kid: expect.any(String),
    alg: 'ES256',
    use: 'sig',
    key_ops: ['verify'],
  });
  const kept = await env.METADATA.prepare('SELECT sealed FROM secrets').all<{ sealed: string }>();
  expect(kept.results).toHaveLength(1);
  expect(kept.results[0]?.sealed).toMatch(/^v1\.[0-9a-f]{8}\./);
});
