/** Hashes of packages, as lockfiles write them. */
import type { PackageHash } from './lock-graph.ts';

const ALGORITHMS: Readonly<Record<string, { name: PackageHash['algorithm']; bytes: number }>> = {
  sha1: { name: 'SHA-1', bytes: 20 },
  sha256: { name: 'SHA-256', bytes: 32 },
  sha384: { name: 'SHA-384', bytes: 48 },
  sha512: { name: 'SHA-512', bytes: 64 },
};

/** The hashes of an `integrity` member (W3C Subresource Integrity, §3.1). What is none is left out. */
export function hashesOf(integrity: unknown): PackageHash[] {
  if (typeof integrity !== 'string' || integrity.length > 2_000) return [];
  const found = new Map<string, PackageHash>();
  for (const one of integrity.split(/\s+/)) {
    const { algorithm = '', digest = '' } =
      /^(?<algorithm>\w+)-(?<digest>[\w+/=-]+)$/.exec(one)?.groups ?? {};
    const known = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
    const bytes = Buffer.from(digest, 'base64');
    if (known === undefined || bytes.length !== known.bytes || found.has(known.name)) continue;
    found.set(known.name, { algorithm: known.name, content: bytes.toString('hex') });
  }
  return [...found.values()];
}

/** A hash in hex; none if it has another length. */
export function hexHash(algorithm: 'SHA-1' | 'SHA-256', content: unknown): PackageHash[] {
  const digits = algorithm === 'SHA-1' ? 40 : 64;
  const isHash = typeof content === 'string' && content.length === digits && /^[0-9a-f]+$/i.test(content);
  return isHash ? [{ algorithm, content: content.toLowerCase() }] : [];
}
