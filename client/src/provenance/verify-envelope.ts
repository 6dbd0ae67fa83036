/**
 * Verifies the provenance of a deployment: that a key of the instance has signed it, and that a file is what it is about.
 * Pure but for WebCrypto, so it runs in browsers, Node and Workers.
 */
import {
  DsseEnvelope,
  issuesOf,
  ProvenanceKey,
  ProvenanceStatement,
  preAuthEncoding,
  STATEMENT_TYPE,
} from '@appflux/protocol';
import { z } from 'zod';
import { rawSignature } from './raw-signature.ts';

/** Why provenance is not valid. */
export type VerificationCode =
  /** The envelope, its payload or the key set isn't what the protocol says. */
  | 'malformed'
  /** The payload isn't an in-toto statement by its type. */
  | 'wrong_type'
  /** None of the keys has the `keyid` of a signature. */
  | 'unknown_key'
  /** All keys that have signed it are revoked. */
  | 'revoked_key'
  /** The payload was changed, or another key has signed it. */
  | 'bad_signature'
  /** The statement is valid and not about this file. */
  | 'other_file';

/** Provenance that is not valid. `hint` says what to do. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';
  readonly code: VerificationCode;
  readonly hint: string;

  constructor(code: VerificationCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export interface Verified {
  readonly statement: ProvenanceStatement;
  /** The `kid` of the key that has signed it. */
  readonly keyId: string;
  /** The names of the subjects with the given SHA-256; all subjects if none was given. */
  readonly subjects: readonly string[];
}

/** A key set with whatever else it lists: keys of other kinds are not ours, and verify nothing. */
const KeySet = z.object({ keys: z.array(z.unknown()).max(10_000) });

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/**
 * Checks an envelope of `GET /api/deployments/:id/attestation` with the keys of `/.well-known/appflux/keys.json`. One
 * valid signature of a known, unrevoked key is enough; others are ignored, as DSSE asks. Only ES256 is accepted,
 * whatever envelope or keys say. `sha256` in lower-case hex: the file that the statement must be about.
 * Throws VerificationError.
 */
export async function verifyEnvelope(
  envelope: unknown,
  keys: unknown,
  { sha256 }: { readonly sha256?: string } = {},
): Promise<Verified> {
  const { payloadType, payload, signatures } = parsed(DsseEnvelope, envelope, 'envelope');
  if (payloadType !== STATEMENT_TYPE) {
    throw new VerificationError(
      'wrong_type',
      `The payload is ${JSON.stringify(payloadType)}, not an in-toto statement`,
      'Use the answer of GET /api/deployments/ID/attestation.',
    );
  }
  const usable = keysById(keys);
  const bytes = bytesOf(payload);
  const signed = preAuthEncoding(payloadType, bytes);
  const outcomes = await Promise.all(
    signatures.map(async (signature) => ({
      keyId: signature.keyid,
      outcome: await check(signature, signed, usable),
    })),
  );
  const valid = outcomes.find(({ outcome }) => outcome === 'valid');
  if (valid === undefined) throw refusalOf(outcomes.map(({ outcome }) => outcome));
  const statement = parsed(ProvenanceStatement, parsedJson(bytes), 'statement');
  const subjects = statement.subject
    .filter(({ digest }) => sha256 === undefined || digest.sha256 === sha256)
    .map(({ name }) => name);
  if (subjects.length === 0) {
    throw new VerificationError(
      'other_file',
      `The provenance is valid, but not about a file with the SHA-256 ${sha256}`,
      'Download the file again, and compare it with the provenance of the deployment that it is from.',
    );
  }
  return { statement, keyId: valid.keyId, subjects };
}

type Outcome = 'valid' | 'unknown_key' | 'revoked_key' | 'bad_signature';

async function check(
  { keyid, sig }: DsseEnvelope['signatures'][number],
  signed: Uint8Array<ArrayBuffer>,
  keys: ReadonlyMap<string, ProvenanceKey>,
): Promise<Outcome> {
  const key = keys.get(keyid);
  if (key === undefined) return 'unknown_key';
  if (key.revoked !== undefined) return 'revoked_key';
  const signature = rawSignature(bytesOf(sig));
  const publicKey = await importKey(key);
  if (signature === null || publicKey === null) return 'bad_signature';
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return (await crypto.subtle.verify(algorithm, publicKey, signature, signed)) ? 'valid' : 'bad_signature';
}

/** The type of `CryptoKey`, which isn't global in all parts that import this. */
type PublicKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Only what verifies: whatever algorithm or use the set names, the key is one for ECDSA on P-256. */
async function importKey({ kty, crv, x, y }: ProvenanceKey): Promise<PublicKey | null> {
  try {
    return await crypto.subtle.importKey('jwk', { kty, crv, x, y }, P256, false, ['verify']);
  } catch {
    // The only reason: x and y are no point of the curve.
    return null;
  }
}

function keysById(keys: unknown): Map<string, ProvenanceKey> {
  const known = new Map<string, ProvenanceKey>();
  for (const key of parsed(KeySet, keys, 'key set').keys) {
    const own = ProvenanceKey.safeParse(key);
    // The first one counts: a second key of the same name can't take its place.
    if (own.success && !known.has(own.data.kid)) known.set(own.data.kid, own.data);
  }
  return known;
}

function refusalOf(outcomes: readonly Outcome[]): VerificationError {
  if (outcomes.includes('bad_signature')) {
    return new VerificationError(
      'bad_signature',
      'The signature does not match: the provenance was changed, or another key has signed it',
      'Do not use the file. Ask the instance itself for the provenance, and tell the person who gave you this one.',
    );
  }
  if (outcomes.includes('revoked_key')) {
    return new VerificationError(
      'revoked_key',
      'The key that has signed this provenance was revoked',
      'Ask the instance for the provenance again: it is signed with another key now.',
    );
  }
  return new VerificationError(
    'unknown_key',
    'None of the keys has signed this provenance',
    'Use the keys of the instance that built the file, and load them again.',
  );
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = issuesOf(result.error)[0];
  throw malformed(`The ${what} is malformed (${issue?.path || 'whole'}: ${issue?.message ?? 'invalid'})`);
}

function parsedJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    // Not UTF-8 or not JSON: the error says so.
    throw malformed('The payload is not JSON');
  }
}

const malformed = (message: string) =>
  new VerificationError('malformed', message, 'Use the unchanged answers of the instance.');

/** The bytes of base64 that is well-formed already. */
const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
