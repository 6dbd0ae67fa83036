import { env } from 'cloudflare:workers';
import { isAppFluxError } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { resealSecrets } from '../key-rotation/reseal.ts';
import { metadataOf } from '../metadata/index.ts';
import { createSealer } from '../secrets/sealing.ts';
import { forgetAll } from '../testing/worker.ts';
import { isTrusted, MAX_KEYS, publicKeys, SIGNING_DAYS, withNewKey } from './key-ring.ts';
import { type KeyStore, RING_NAME, readRing, rotateKeys, signingRing } from './keys.ts';

const OLD_KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const NOW = 1_790_000_000;
const DAY = 24 * 3600;

const metadata = metadataOf(env);
const store: KeyStore = { secrets: metadata.secrets, sealer: createSealer(env) };

beforeEach(forgetAll);

const kidsOf = (ring: Parameters<typeof publicKeys>[0]) => publicKeys(ring).keys.map(({ kid }) => kid);

test('there is no key before the first signature, and then one that isolates agree on', async () => {
  expect(await readRing(store)).toBeNull();
  const rings = await Promise.all(Array.from({ length: 4 }, () => signingRing(store, NOW)));
  expect(new Set(rings.flatMap(kidsOf)).size).toBe(1);
  expect(await readRing(store)).toEqual(rings[0]);
});

test('a key signs for 90 days; then another one does, and its private half is gone', async () => {
  const first = await signingRing(store, NOW);
  expect(await signingRing(store, NOW + SIGNING_DAYS * DAY - 1)).toEqual(first);
  const due = NOW + SIGNING_DAYS * DAY;
  const second = await signingRing(store, due);
  expect(second.d).not.toBe(first.d);
  expect(publicKeys(second).keys).toMatchObject([
    { nbf: due, exp: due + SIGNING_DAYS * DAY },
    { kid: publicKeys(first).keys[0]?.kid, nbf: NOW, exp: due },
  ]);
  const kept = await store.sealer.open((await metadata.secrets.get(RING_NAME)) ?? '', RING_NAME);
  expect(kept).not.toContain(first.d);
});

test('the private half is in no public key, and lies sealed', async () => {
  const ring = await signingRing(store, NOW);
  expect(JSON.stringify(publicKeys(ring))).not.toContain(ring.d);
  const sealed = await metadata.secrets.get(RING_NAME);
  expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\./);
});

test('rotations at the same time all count, and none is lost', async () => {
  await signingRing(store, NOW);
  await Promise.all(Array.from({ length: 3 }, (_, at) => rotateKeys(store, null, NOW + at)));
  const ring = await readRing(store);
  expect(ring?.keys).toHaveLength(4);
  expect(ring?.keys.filter(({ retiredAt }) => retiredAt === null)).toHaveLength(1);
});

test('a revoked key is listed as such and no longer trusted, also one that was retired before', async () => {
  const [oldest = ''] = kidsOf(await signingRing(store, NOW));
  const [newer = ''] = kidsOf(await rotateKeys(store, null, NOW + 1));
  const ring = await rotateKeys(store, oldest, NOW + 2);
  expect(publicKeys(ring).keys.find(({ kid }) => kid === oldest)?.revoked).toEqual({ revoked_at: NOW + 2 });
  expect([isTrusted(ring, oldest), isTrusted(ring, newer), isTrusted(ring, 'another')]).toEqual([
    false,
    true,
    false,
  ]);
  // Revoked again, it stays revoked since then.
  const again = await rotateKeys(store, oldest, NOW + 3);
  expect(publicKeys(again).keys.at(-1)?.revoked).toEqual({ revoked_at: NOW + 2 });
});

test('a key that is not there can’t be revoked, and nothing changes', async () => {
  const ring = await signingRing(store, NOW);
  const error = await rotateKeys(store, 'another', NOW).catch((refused: unknown) => refused);
  expect(isAppFluxError(error, 'not_found')).toBe(true);
  expect(await readRing(store)).toEqual(ring);
});

test('an operator can’t fill the ring, and the next automatic rotation still works', async () => {
  let ring = await signingRing(store, NOW);
  const { d, keys } = ring;
  const key = keys[0] ?? { kid: '', x: '', y: '' };
  for (let made = 1; made < MAX_KEYS; made += 1) {
    ring = withNewKey(ring, { kid: `k${made}`, x: key.x, y: key.y, d }, NOW);
  }
  const sealed = (await metadata.secrets.get(RING_NAME)) ?? '';
  await metadata.secrets.reseal(RING_NAME, sealed, await store.sealer.seal(JSON.stringify(ring), RING_NAME));
  const error = await rotateKeys(store, null, NOW).catch((refused: unknown) => refused);
  expect(isAppFluxError(error, 'unprocessable')).toBe(true);
  expect((await signingRing(store, NOW + SIGNING_DAYS * DAY)).keys).toHaveLength(MAX_KEYS + 1);
});

test('rotating SEALING_KEY covers the ring: it then opens without the previous key', async () => {
  const before = await signingRing({ ...store, sealer: createSealer({ ...env, SEALING_KEY: OLD_KEY }) }, NOW);
  const sealer = createSealer({ ...env, SEALING_KEY_PREVIOUS: OLD_KEY });
  expect(await resealSecrets(metadata, sealer)).toBe(1);
  expect(await readRing(store)).toEqual(before);
});
