/**
 * Code signing of manifests and directives.
 * Source: https://docs.expo.dev/technical-specs/expo-updates-1/#code-signing and https://docs.expo.dev/eas-update/code-signing/
 */
import { createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { AppFluxError } from '@appflux/protocol';

/** Keys below this size are not safe any more (NIST SP 800-131A). */
const MIN_BITS = 2048;

/** `id-kp-codeSigning` (RFC 5280 §4.2.1.12): clients refuse certificates without it. */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** What was checked of a key and its certificate. */
export interface CheckedKey {
  /** PKCS #8, as PEM. */
  readonly privateKey: string;
  readonly certificate: string;
  readonly expiresAt: string;
}

/**
 * Checks a private key and its certificate, as clients do: RSA, belonging together, for code signing, not expired.
 * Throws `unprocessable` with what is wrong; no message contains anything of the key.
 */
export function checkedKey(
  { privateKey, certificate }: { readonly privateKey: string; readonly certificate: string },
  now: Date,
): CheckedKey {
  const key = readKey(privateKey);
  const x509 = readCertificate(certificate);
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) {
    throw invalid(`The private key must be an RSA key of ${MIN_BITS} bits at least`);
  }
  if (!belongTogether(key, x509)) throw invalid('The certificate belongs to another private key');
  const expiresAt = new Date(x509.validTo);
  if (!(expiresAt > now)) throw invalid('The certificate has expired');
  if (x509.keyUsage?.includes(CODE_SIGNING) !== true) {
    throw invalid('The certificate is not for code signing (extended key usage)');
  }
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: x509.toString(),
    expiresAt: expiresAt.toISOString(),
  };
}

/** The signature of a text: RSASSA-PKCS1-v1_5 with SHA-256, in base64. */
export const signatureOf = (text: string, privateKey: string): string =>
  sign('sha256', Buffer.from(text), createPrivateKey(privateKey)).toString('base64');

/** Whether the certificate's key verifies what the private key signs. workerd's `checkPrivateKey` always says no. */
function belongTogether(key: KeyObject, { publicKey }: X509Certificate): boolean {
  const probe = Buffer.from('probe');
  return verify('sha256', probe, publicKey, sign('sha256', probe, key));
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The reason may quote the input; a passphrase would have to be stored with the key.
    throw invalid('The private key must be PEM without a passphrase');
  }
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    // Nothing in the reason helps more.
    throw invalid('The certificate must be PEM');
  }
}

const invalid = (message: string): AppFluxError =>
  new AppFluxError('unprocessable', message, {
    hint: 'Create both with "npx expo-updates codesigning:generate"; see docs/update-feeds.md.',
  });
