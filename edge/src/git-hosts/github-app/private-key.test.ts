import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8 } from 'jose';
import { expect, test } from 'vitest';
import { pkcs8Of } from './private-key.ts';

const pair = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;

// Lengths in DER take one, two or three bytes.
test.each([512, 1024, 2048, 4096])('a PKCS#1 key of %i bits becomes the same key in PKCS#8', (bits) => {
  const key = pair(bits);
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }).toString();
  expect(`${pkcs8Of(pkcs1)}\n`).toBe(key.export({ type: 'pkcs8', format: 'pem' }).toString());
});

test('WebCrypto takes it, and line ends of Windows do not matter', async () => {
  const pkcs1 = pair(2048).export({ type: 'pkcs1', format: 'pem' }).toString();
  await expect(importPKCS8(pkcs8Of(pkcs1.replaceAll('\n', '\r\n')), 'RS256')).resolves.toBeDefined();
});

test('a PKCS#8 key stays as it is', () => {
  const pkcs8 = pair(512).export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(pkcs8Of(pkcs8)).toBe(pkcs8.trim());
});

test.each([
  '',
  'x',
  '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
])('anything else is refused: %j', (text) => {
  expect(() => pkcs8Of(text)).toThrow('neither PKCS#1 nor PKCS#8');
});
