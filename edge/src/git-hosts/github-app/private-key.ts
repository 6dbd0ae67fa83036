/**
 * The private key of a GitHub App. GitHub gives it as PKCS#1 (`BEGIN RSA PRIVATE KEY`); WebCrypto imports PKCS#8 alone,
 * which is the same key in an envelope (RFC 5208 §5, RFC 8017 appendix A.1.2). Pure.
 */

/** `AlgorithmIdentifier` of rsaEncryption: 1.2.840.113549.1.1.1 with NULL parameters, in DER. */
const RSA_ENCRYPTION = Uint8Array.of(
  ...[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00],
);

/** `version` 0, in DER. */
const VERSION = Uint8Array.of(0x02, 0x01, 0x00);

const PEM =
  /^-----BEGIN (?<kind>RSA PRIVATE KEY|PRIVATE KEY)-----(?<base64>[A-Za-z0-9+/=\s]+)-----END \k<kind>-----$/;

/** The key as PKCS#8 in PEM; one that is PKCS#8 already stays as it is. Throws an Error for anything else. */
export function pkcs8Of(pem: string): string {
  const found = PEM.exec(pem.trim())?.groups;
  if (found?.base64 === undefined) throw new Error('The private key is neither PKCS#1 nor PKCS#8 in PEM');
  if (found.kind === 'PRIVATE KEY') return pem.trim();
  const pkcs1 = new Uint8Array(Buffer.from(found.base64, 'base64'));
  const pkcs8 = element(0x30, VERSION, RSA_ENCRYPTION, element(0x04, pkcs1));
  const lines =
    Buffer.from(pkcs8)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----`;
}

/** A DER element: its tag, the length of its contents (X.690 §8.1.3), and these. */
function element(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return new Uint8Array(Buffer.concat([Uint8Array.of(tag, ...lengthOf(length)), ...contents]));
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
