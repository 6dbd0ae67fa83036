/**
 * Provenance: what the control plane states about a deployment, signed. The statement is in-toto's, its predicate SLSA's
 * (https://slsa.dev/spec/v1.0/provenance), the envelope DSSE's (https://github.com/secure-systems-lab/dsse).
 */
import { z } from 'zod';
import { Sha256 } from './ids.ts';

/** Where an instance publishes the keys that its statements are signed with. */
export const PROVENANCE_KEYS_PATH = '/.well-known/appflux/keys.json';

/** `payloadType` of an envelope with a statement. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/** `_type` of a statement. */
export const IN_TOTO_STATEMENT = 'https://in-toto.io/Statement/v1';

/** `predicateType` of a statement about a build. */
export const SLSA_PROVENANCE = 'https://slsa.dev/provenance/v1';

/** How many signatures an envelope may have. Ours have one. */
export const MAX_SIGNATURES = 16;

/** Standard base64 (RFC 4648 §4), as DSSE asks signers to use. */
const Base64 = z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/);

/** A coordinate of a P-256 point: 32 bytes in base64url (RFC 7518 §6.2.1). */
const Coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Seconds since 1970. */
const Seconds = z.int().nonnegative();

/** A payload and its signatures. Each signs `preAuthEncoding` of type and payload. */
export const DsseEnvelope = z
  .object({
    payloadType: z.string().min(1).max(200),
    payload: Base64,
    signatures: z
      .array(
        z.object({
          /** The `kid` of the key. Nothing but a hint: the signature decides. */
          keyid: z.string().max(200),
          /** An ECDSA signature in DER (ANSI X9.62), as OpenSSL and Sigstore expect it. */
          sig: Base64.max(400),
        }),
      )
      .min(1)
      .max(MAX_SIGNATURES),
  })
  .meta({ id: 'DsseEnvelope' });
export type DsseEnvelope = z.infer<typeof DsseEnvelope>;

/** A statement about a build, as far as everyone relies on it. The predicate has more members. */
export const ProvenanceStatement = z.object({
  _type: z.literal(IN_TOTO_STATEMENT),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: Sha256 }) })).min(1),
  predicateType: z.literal(SLSA_PROVENANCE),
  predicate: z.looseObject({
    buildDefinition: z.looseObject({ buildType: z.url() }),
    runDetails: z.looseObject({ builder: z.looseObject({ id: z.url() }) }),
  }),
});
export type ProvenanceStatement = z.infer<typeof ProvenanceStatement>;

/** A public key, as a JWK (RFC 7517) with its validity. */
export const ProvenanceKey = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: Coordinate,
    y: Coordinate,
    /** The key's RFC 7638 thumbprint. */
    kid: z.string().min(1).max(200),
    alg: z.literal('ES256'),
    use: z.literal('sig'),
    key_ops: z.array(z.literal('verify')).length(1),
    /** Since when it has signed. */
    nbf: Seconds,
    /** Until when it signs, or has signed. What it has signed stays valid. */
    exp: Seconds,
    /** Since when nothing that it has signed is valid, if that is so (as in OpenID Federation 1.0, §8.7.2). */
    revoked: z.object({ revoked_at: Seconds }).optional(),
  })
  .meta({ id: 'ProvenanceKey' });
export type ProvenanceKey = z.infer<typeof ProvenanceKey>;

/** What `/.well-known/appflux/keys.json` answers: a JWK set, newest first. */
export const ProvenanceKeys = z.object({ keys: z.array(ProvenanceKey) }).meta({ id: 'ProvenanceKeys' });
export type ProvenanceKeys = z.infer<typeof ProvenanceKeys>;

/** Body of `POST /api/ops/provenance/rotate`. `revoke`: the `kid` of a key that others may know. */
export const RotateProvenanceKey = z
  .strictObject({ revoke: z.string().min(1).max(200).optional() })
  .meta({ id: 'RotateProvenanceKey' });
export type RotateProvenanceKey = z.infer<typeof RotateProvenanceKey>;

/**
 * What a signature of an envelope signs: type and payload with their lengths, so that neither can be read as a part of
 * the other (DSSE's `PAE`).
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const typeBytes = text.encode(payloadType);
  const head = text.encode(`DSSEv1 ${typeBytes.length} ${payloadType} ${payload.length} `);
  const encoded = new Uint8Array(head.length + payload.length);
  encoded.set(head);
  encoded.set(payload, head.length);
  return encoded;
}
