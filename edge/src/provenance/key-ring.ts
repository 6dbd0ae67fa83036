/** The keys that statements are signed with, as they are kept: one signs, the others only verify. All of it is pure. */
import { type ProvenanceKey, ProvenanceKeys } from '@appflux/protocol';
import { z } from 'zod';

/** How long a key signs, in days. The next signature after that is made with a new one. */
export const SIGNING_DAYS = 90;

/** How many keys a ring may have before an operator's rotation is refused; automatic ones need four a year. */
export const MAX_KEYS = 400;

const SIGNING_SECONDS = SIGNING_DAYS * 24 * 3600;

const PublicHalf = ProvenanceKeys.shape.keys.element.pick({ kid: true, x: true, y: true });

const RingKey = PublicHalf.extend({
  /** Seconds since 1970, like the others. */
  createdAt: z.int(),
  /** When another key took its place; null for the one that signs. */
  retiredAt: z.int().nullable(),
  /** Since when nothing that it has signed is valid; null unless it was revoked. */
  revokedAt: z.int().nullable(),
});

/** Newest first. `d` is the private half of the first; those of the others are gone. */
export const KeyRing = z.object({ keys: z.array(RingKey).min(1), d: z.string().min(1) });
export type KeyRing = z.infer<typeof KeyRing>;

/** A key pair that was just made. */
export interface NewKey {
  readonly kid: string;
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** The ring with this key as the one that signs. The private half of the one before it is dropped. */
export function withNewKey(ring: KeyRing | null, { d, ...half }: NewKey, now: number): KeyRing {
  const key = { ...half, createdAt: now, retiredAt: null, revokedAt: null };
  const older = ring?.keys.map((old) => ({ ...old, retiredAt: old.retiredAt ?? now })) ?? [];
  return { keys: [key, ...older], d };
}

/** The ring with a key marked as revoked; null if it has no such key. */
export function withRevoked(ring: KeyRing, kid: string, now: number): KeyRing | null {
  if (!ring.keys.some((key) => key.kid === kid)) return null;
  const keys = ring.keys.map((key) => (key.kid === kid ? { ...key, revokedAt: key.revokedAt ?? now } : key));
  return { ...ring, keys };
}

/** Whether the key that signs has signed long enough. */
export const isDue = ({ keys }: KeyRing, now: number): boolean =>
  now >= (keys[0]?.createdAt ?? 0) + SIGNING_SECONDS;

/** Whether the ring has the key, and nobody has revoked it. */
export const isTrusted = ({ keys }: KeyRing, kid: string): boolean =>
  keys.some((key) => key.kid === kid && key.revokedAt === null);

/** The public halves with their validity, for everyone who verifies. */
export const publicKeys = ({ keys }: KeyRing): ProvenanceKeys => ({ keys: keys.map(toJwk) });

const toJwk = ({ kid, x, y, createdAt, retiredAt, revokedAt }: z.infer<typeof RingKey>): ProvenanceKey => ({
  kty: 'EC',
  crv: 'P-256',
  x,
  y,
  kid,
  alg: 'ES256',
  use: 'sig',
  key_ops: ['verify'],
  nbf: createdAt,
  exp: retiredAt ?? createdAt + SIGNING_SECONDS,
  ...(revokedAt === null ? {} : { revoked: { revoked_at: revokedAt } }),
});
