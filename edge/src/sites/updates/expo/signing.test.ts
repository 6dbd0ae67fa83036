import { createVerify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkedKey, signatureOf } from './signing.ts';
import {
  CERTIFICATE,
  EC_CERTIFICATE,
  EC_PRIVATE_KEY,
  OTHER_PRIVATE_KEY,
  PRIVATE_KEY,
  PRIVATE_KEY_PKCS1,
  SERVER_CERTIFICATE,
  SMALL_CERTIFICATE,
  SMALL_PRIVATE_KEY,
} from './testing/keys.ts';

const NOW = new Date('2026-11-29T12:00:00Z');

const check = (privateKey: string, certificate: string, now = NOW) => {
  try {
    return checkedKey({ privateKey, certificate }, now);
  } catch (error) {
    return String(error);
  }
};

describe('a key', () => {
  test.each([
    ['PKCS #8', PRIVATE_KEY],
    ['PKCS #1', PRIVATE_KEY_PKCS1],
  ])('in %s is kept as PKCS #8, with its certificate', (_form, privateKey) => {
    expect(check(privateKey, CERTIFICATE)).toEqual({
      privateKey: PRIVATE_KEY,
      certificate: CERTIFICATE,
      expiresAt: expect.stringMatching(/^2126-\d\d-\d\dT[\d:]{8}\.000Z$/),
    });
  });

  test.each([
    ['another key', OTHER_PRIVATE_KEY, CERTIFICATE, 'another private key'],
    ['a certificate for servers', PRIVATE_KEY, SERVER_CERTIFICATE, 'not for code signing'],
    ['an elliptic curve', EC_PRIVATE_KEY, EC_CERTIFICATE, 'RSA key of 2048 bits'],
    ['1,024 bits', SMALL_PRIVATE_KEY, SMALL_CERTIFICATE, 'RSA key of 2048 bits'],
    ['no PEM', 'hunter2', CERTIFICATE, 'private key must be PEM'],
    ['a certificate as its key', CERTIFICATE, CERTIFICATE, 'private key must be PEM'],
    ['no certificate', PRIVATE_KEY, 'hunter2', 'certificate must be PEM'],
    ['nothing', '', '', 'private key must be PEM'],
  ])('is refused with %s', (_what, privateKey, certificate, message) => {
    const refused = check(privateKey, certificate);
    expect(refused).toContain(message);
    expect(refused).not.toContain('hunter2');
  });

  test('is refused when its certificate has expired', () => {
    expect(check(PRIVATE_KEY, CERTIFICATE, new Date('2200-01-01T00:00:00Z'))).toContain('has expired');
  });
});

test('a signature is what the certificate’s key verifies, for this text only', () => {
  const text = '{"id":"ä"}';
  const verified = (signed: string) =>
    createVerify('RSA-SHA256').update(signed).verify(CERTIFICATE, signatureOf(text, PRIVATE_KEY), 'base64');
  expect(verified(text)).toBe(true);
  expect(verified(`${text} `)).toBe(false);
});
