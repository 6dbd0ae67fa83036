/** The key pair with which the embedded issuer signs, made at its first use and kept sealed in metadata. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Env } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { createSealer, type Sealer } from '../secrets/sealing.ts';

/** The only algorithm that access tokens are signed with (RFC 7518 §3.4). */
export const SIGNING_ALGORITHM = 'ES256';

const SECRET_NAME = 'issuer:signing-key';

export interface SigningKeys {
  /** Names the pair in tokens and in the key set: its RFC 7638 thumbprint. */
  keyId: string;
  privateKey: CryptoKey;
  /** The public half, as `/.well-known/jwks.json` shows it. */
  publicJwk: JWK;
}

/** What this isolate has opened already, with the sealing key that it belongs to. Never a promise: those end with their request. */
let opened: { sealingKey: string; keys: SigningKeys } | undefined;

/** The signing keys of this instance, read from metadata once in the life of an isolate. */
export async function signingKeys(env: Env, metadata: Metadata): Promise<SigningKeys> {
  if (opened?.sealingKey === env.SEALING_KEY) return opened.keys;
  const keys = await readSigningKeys(createSealer(env), metadata);
  opened = { sealingKey: env.SEALING_KEY, keys };
  return keys;
}

/** Reads the signing keys, making them when there are none. Of two isolates that make them, one's are kept. */
export async function readSigningKeys(sealer: Sealer, metadata: Metadata): Promise<SigningKeys> {
  const sealed =
    (await metadata.secrets.get(SECRET_NAME)) ??
    (await metadata.secrets.keep(SECRET_NAME, await sealer.seal(await makePrivateKey(), SECRET_NAME)));
  const privateJwk = JSON.parse(await sealer.open(sealed, SECRET_NAME)) as JWK;
  const { d: _, ...publicJwk } = privateJwk;
  const keyId = await calculateJwkThumbprint(publicJwk);
  return {
    keyId,
    privateKey: (await importJWK(privateJwk, SIGNING_ALGORITHM)) as CryptoKey,
    publicJwk: { ...publicJwk, kid: keyId, alg: SIGNING_ALGORITHM, use: 'sig', key_ops: ['verify'] },
  };
}

/** A new private key, as a JWK in JSON. */
async function makePrivateKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}
