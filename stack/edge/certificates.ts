/** The certificates that this machine trusts beside those of browsers. */
import { readFileSync } from 'node:fs';

/** The certificates of the authorities in NODE_EXTRA_CA_CERTS, in PEM, as Miniflare's own network trusts them. */
export function extraCertificates(): string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (file === undefined || file === '') return [];
  return (
    readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  );
}
