/** Reads, makes and rotates the keys of provenance. They are one sealed secret of the instance's metadata. */
import { AppFluxError } from '@appflux/protocol';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { SecretStore } from '../metadata/metadata.ts';
import type { Sealer } from '../secrets/sealing.ts';
import { isDue, KeyRing, MAX_KEYS, type NewKey, withNewKey, withRevoked } from './key-ring.ts';

/** Its name among the secrets, and the label that it is sealed with: rotating SEALING_KEY covers it by that. */
export const RING_NAME = 'provenance:keys';

/** How often a change is tried when others change the ring at the same time. */
const TRIES = 8;

export interface KeyStore {
  readonly secrets: SecretStore;
  readonly sealer: Sealer;
}

/** The ring as it is; null before the first signature. */
export async function readRing({ secrets, sealer }: KeyStore): Promise<KeyRing | null> {
  const sealed = await secrets.get(RING_NAME);
  return sealed === null ? null : open(sealer, sealed);
}

/** The ring to sign with at `now` (seconds since 1970): made if there is none, rotated if its key has signed long enough. */
export const signingRing = (store: KeyStore, now: number): Promise<KeyRing> =>
  changed(store, async (ring) =>
    ring !== null && !isDue(ring, now) ? ring : withNewKey(ring, await makeKey(), now),
  );

/**
 * Makes a new key the one that signs, and revokes `revoke` if it is given. Throws AppFluxError `not_found` when there is
 * no such key, and `unprocessable` when there are too many.
 */
export async function rotateKeys(store: KeyStore, revoke: string | null, now: number): Promise<KeyRing> {
  return changed(store, async (ring) => {
    if (ring !== null && ring.keys.length >= MAX_KEYS) {
      throw new AppFluxError('unprocessable', `There are already ${MAX_KEYS} provenance keys`, {
        hint: 'Keys rotate automatically. Rotate one manually only when it may be known to others.',
      });
    }
    const trusted = revoke === null || ring === null ? ring : withRevoked(ring, revoke, now);
    if (revoke !== null && trusted === null) {
      throw new AppFluxError('not_found', `There is no provenance key ${revoke}`, {
        hint: 'GET /.well-known/appflux/keys.json lists all of them.',
      });
    }
    return withNewKey(trusted, await makeKey(), now);
  });
}

/** Replaces the ring by what `change` makes of it, if nobody else has changed it meanwhile; else tries again. */
async function changed(
  { secrets, sealer }: KeyStore,
  change: (ring: KeyRing | null) => Promise<KeyRing>,
): Promise<KeyRing> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const sealed = await secrets.get(RING_NAME);
    const ring = sealed === null ? null : await open(sealer, sealed);
    const next = await change(ring);
    if (next === ring) return next;
    const sealedNext = await sealer.seal(JSON.stringify(next), RING_NAME);
    const isKept =
      sealed === null
        ? (await secrets.keep(RING_NAME, sealedNext)) === sealedNext
        : await secrets.reseal(RING_NAME, sealed, sealedNext);
    if (isKept) return next;
  }
  throw new AppFluxError('unavailable', 'The provenance keys are being changed by others', {
    retryAfterSeconds: 1,
  });
}

const open = async (sealer: Sealer, sealed: string): Promise<KeyRing> =>
  KeyRing.parse(JSON.parse(await sealer.open(sealed, RING_NAME)));

async function makeKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { x, y, d } = await exportJWK(privateKey);
  if (x === undefined || y === undefined || d === undefined) throw new Error('a P-256 key has x, y and d');
  return { kid: await calculateJwkThumbprint({ kty: 'EC', crv: 'P-256', x, y }), x, y, d };
}
