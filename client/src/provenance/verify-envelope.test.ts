import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { preAuthEncoding } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { type VerificationError, verifyEnvelope } from './verify-envelope.ts';

const STATEMENT_TYPE = 'application/vnd.in-toto+json';

const SHA256 = createHash('sha256').update('app').digest('hex');

const STATEMENT = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    { name: 'app.apk', digest: { sha256: SHA256 } },
    { name: 'notes.txt', digest: { sha256: '1'.repeat(64) } },
  ],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: { buildType: 'https://apps.example.com/type', externalParameters: {} },
    runDetails: { builder: { id: 'https://apps.example.com/docker' } },
  },
};

/** A key pair, with its public half as the instance publishes it. */
function makeKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x,
    y,
    kid,
    alg: 'ES256',
    use: 'sig',
    key_ops: ['verify'],
    nbf: 1_790_000_000,
    exp: 1_797_776_000,
  };
  return { privateKey, jwk };
}

const first = makeKey('first');
const second = makeKey('second');
const KEYS = { keys: [first.jwk, second.jwk] };

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

/** A signature of these by Node's crypto, which makes DER itself. */
const signatureOf = (payload: string, key: KeyObject, type = STATEMENT_TYPE) =>
  sign('sha256', preAuthEncoding(type, Buffer.from(payload, 'base64')), key).toString('base64');

function envelopeOf(statement: unknown = STATEMENT, key = first) {
  const payload = encode(statement);
  const sig = signatureOf(payload, key.privateKey);
  return { payloadType: STATEMENT_TYPE, payload, signatures: [{ keyid: key.jwk.kid, sig }] };
}

/** The code that these are refused with. */
const codeOf = (envelope: unknown, keys: unknown = KEYS, sha256?: string): Promise<string> =>
  verifyEnvelope(envelope, keys, sha256 === undefined ? {} : { sha256 }).then(
    () => 'valid',
    (error: VerificationError) => error.code,
  );

describe('valid provenance', () => {
  test('gives its statement, the key, and the files that it is about', async () => {
    expect(await verifyEnvelope(envelopeOf(), KEYS)).toEqual({
      statement: STATEMENT,
      keyId: 'first',
      subjects: ['app.apk', 'notes.txt'],
    });
    expect(await verifyEnvelope(envelopeOf(), KEYS, { sha256: SHA256 })).toMatchObject({
      subjects: ['app.apk'],
    });
  });

  test('of a key that has been rotated is valid, too, among keys of other kinds', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = { ...publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' };
    expect(await codeOf(envelopeOf(STATEMENT, second), { keys: [other, ...KEYS.keys] })).toBe('valid');
  });

  test('has signatures of every form that DER gives r and s', async () => {
    const lengths = new Set<number>();
    for (let made = 0; made < 200; made += 1) {
      const envelope = envelopeOf();
      lengths.add(Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64').length);
      expect(await codeOf(envelope)).toBe('valid');
    }
    expect(lengths.size).toBeGreaterThan(1);
  });

  test('stays valid with signatures of unknown keys beside its own', async () => {
    const envelope = envelopeOf();
    const stranger = makeKey('stranger');
    const extra = { keyid: 'stranger', sig: signatureOf(envelope.payload, stranger.privateKey) };
    expect(await codeOf({ ...envelope, signatures: [extra, ...envelope.signatures] })).toBe('valid');
    const broken = { keyid: 'second', sig: 'AAAA' };
    expect(await codeOf({ ...envelope, signatures: [broken, ...envelope.signatures] })).toBe('valid');
  });
});

describe('refused', () => {
  test('a payload that was changed', async () => {
    const forged = { ...STATEMENT, subject: [{ name: 'app.apk', digest: { sha256: '2'.repeat(64) } }] };
    expect(await codeOf({ ...envelopeOf(), payload: encode(forged) })).toBe('bad_signature');
    expect(await codeOf({ ...envelopeOf(), payload: encode(`${JSON.stringify(STATEMENT)} `) })).toBe(
      'bad_signature',
    );
  });

  test('another type of payload, whether or not it is signed', async () => {
    const envelope = envelopeOf();
    const other = 'application/json';
    expect(await codeOf({ ...envelope, payloadType: other })).toBe('wrong_type');
    const sig = signatureOf(envelope.payload, first.privateKey, other);
    expect(await codeOf({ ...envelope, payloadType: other, signatures: [{ keyid: 'first', sig }] })).toBe(
      'wrong_type',
    );
    // Signed for another type, and shown as a statement.
    expect(await codeOf({ ...envelope, signatures: [{ keyid: 'first', sig }] })).toBe('bad_signature');
  });

  test('the signature of another key under a known name', async () => {
    const stranger = makeKey('first');
    expect(await codeOf(envelopeOf(STATEMENT, stranger))).toBe('bad_signature');
  });

  test('a name that no key has, also for a right signature', async () => {
    const envelope = envelopeOf();
    const signatures = envelope.signatures.map(({ sig }) => ({ keyid: 'third', sig }));
    expect(await codeOf({ ...envelope, signatures })).toBe('unknown_key');
    expect(await codeOf(envelope, { keys: [] })).toBe('unknown_key');
    expect(await codeOf({ ...envelope, signatures: [{ ...signatures[0], keyid: '__proto__' }] })).toBe(
      'unknown_key',
    );
  });

  test('the name of another known key', async () => {
    const envelope = envelopeOf();
    const signatures = envelope.signatures.map(({ sig }) => ({ keyid: 'second', sig }));
    expect(await codeOf({ ...envelope, signatures })).toBe('bad_signature');
  });

  test('a second key under a name that is taken already', async () => {
    const stranger = makeKey('first');
    const keys = { keys: [first.jwk, stranger.jwk] };
    expect(await codeOf(envelopeOf(STATEMENT, stranger), keys)).toBe('bad_signature');
  });

  test('a revoked key, and no other one', async () => {
    const revoked = { keys: [{ ...first.jwk, revoked: { revoked_at: 1_795_000_000 } }, second.jwk] };
    expect(await codeOf(envelopeOf(), revoked)).toBe('revoked_key');
    expect(await codeOf(envelopeOf(STATEMENT, second), revoked)).toBe('valid');
  });

  test.each([
    ['HMAC with the public key as its secret', { kty: 'oct', k: first.jwk.x, alg: 'HS256' }],
    ['RSA', { kty: 'RSA', n: first.jwk.x, e: 'AQAB', alg: 'RS256' }],
    ['no algorithm', { alg: 'none' }],
    ['another algorithm of the same key', { alg: 'ES384' }],
    ['another curve', { crv: 'P-384' }],
    ['a key for encryption', { use: 'enc' }],
    ['a key that signs', { key_ops: ['sign'] }],
    ['a point that is not on the curve', { x: 'A'.repeat(43) }],
  ])('a key that asks for something else: %s', async (_, change) => {
    const keys = { keys: [{ ...first.jwk, ...change }] };
    expect(['unknown_key', 'bad_signature']).toContain(await codeOf(envelopeOf(), keys));
  });

  test('a signature that is none, or in another encoding than DER', async () => {
    const envelope = envelopeOf();
    const bytes = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
    const encoded = preAuthEncoding(STATEMENT_TYPE, Buffer.from(envelope.payload, 'base64'));
    const raw = sign('sha256', encoded, { key: first.privateKey, dsaEncoding: 'ieee-p1363' });
    const zero = Buffer.from([0x30, 6, 2, 1, 0, 2, 1, 0]);
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    const padded = Buffer.concat([
      Buffer.from([0x30, (bytes[1] ?? 0) + 1, 2, (bytes[3] ?? 0) + 1, 0]),
      bytes.subarray(4),
    ]);
    for (const sig of [raw, zero, longer, padded, bytes.subarray(0, -1), Buffer.alloc(0)]) {
      const signatures = [{ keyid: 'first', sig: sig.toString('base64') }];
      expect(await codeOf({ ...envelope, signatures }), sig.toString('hex')).toBe('bad_signature');
    }
  });

  test('a file that the statement is not about', async () => {
    expect(await codeOf(envelopeOf(), KEYS, '3'.repeat(64))).toBe('other_file');
    expect(await codeOf(envelopeOf(), KEYS, SHA256.toUpperCase())).toBe('other_file');
  });

  test.each([
    ['nothing', null],
    ['no signatures', { ...envelopeOf(), signatures: [] }],
    ['seventeen signatures', { ...envelopeOf(), signatures: Array(17).fill(envelopeOf().signatures[0]) }],
    ['a payload that is not base64', { ...envelopeOf(), payload: 'e30' }],
    ['base64 of URLs', { ...envelopeOf(), payload: '_-8=' }],
    ['a signed payload that is not JSON', envelopeOf('{')],
    ['a signed statement of another kind', envelopeOf({ ...STATEMENT, _type: 'https://example.com' })],
    [
      'a signed statement with another predicate',
      envelopeOf({ ...STATEMENT, predicateType: 'https://x.example' }),
    ],
    ['a signed statement about nothing', envelopeOf({ ...STATEMENT, subject: [] })],
  ])('%s', async (_, envelope) => {
    expect(await codeOf(envelope)).toBe('malformed');
  });

  test('what is no key set', async () => {
    for (const keys of [null, [], { keys: {} }]) expect(await codeOf(envelopeOf(), keys)).toBe('malformed');
  });
});
