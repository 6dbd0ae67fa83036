/** The inputs of a builder image. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { byPath, type InputFile, readTree } from '../fingerprint.ts';
import type { BuilderImage, ImageVariant } from './catalog.ts';

/** Facts of the machine that builds an image, so that a mirror or a proxy of its network is honored. */
export interface HostFacts {
  /** Docker's name for the engine's architecture. */
  readonly architecture: 'amd64' | 'arm64';
  /** Texts with PEM certificates, of the authorities that the host trusts besides the usual ones. */
  readonly certificates: readonly string[];
  /** Where this machine's npm installs from. */
  readonly npmRegistry: string;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * One file per certificate in the texts, named after its fingerprint, without duplicates, sorted:
 * `update-ca-certificates` accepts one certificate per file. Everything else is dropped.
 */
export function certificateFiles(texts: readonly string[]): InputFile[] {
  const files = new Map<string, InputFile>();
  for (const pem of texts.flatMap((text) => text.match(PEM_CERTIFICATE) ?? [])) {
    const fingerprint = fingerprintOf(pem);
    if (fingerprint === null) continue;
    const path = `prepared/certificates/host-${fingerprint.slice(0, 16)}.crt`;
    files.set(path, { path, executable: false, content: Buffer.from(`${pem}\n`) });
  }
  return [...files.values()].sort(byPath);
}

function fingerprintOf(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    // Not a certificate; the system's own tools skip such a block too.
    return null;
  }
}

/** A registry's URL without its password: an image must not contain one. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * All inputs of a variant of an image except downloads, which a lockfile among these pins. Excludes other variants,
 * with their Dockerfiles and folders, and tests.
 */
export async function imageInputs(
  image: BuilderImage,
  variant: ImageVariant,
  host: HostFacts,
): Promise<InputFile[]> {
  const others = image.variants.filter(({ name }) => name !== variant.name);
  const isAnothers = ({ path }: InputFile) =>
    others.some(({ name, dockerfile }) => path === dockerfile || path.startsWith(`${name}/`));
  const isWithout = ({ path }: InputFile) => image.without.some((folder) => path.startsWith(`${folder}/`));
  const own = await readTree(join(image.parent, image.kind));
  const shared = await Promise.all(
    [...image.shared, ...variant.shared].map((name) => readTree(join(image.parent, name), name)),
  );
  return [
    ...[...own.filter((input) => !isAnothers(input)), ...shared.flat()].filter(
      (input) => !input.path.endsWith('.test.ts') && !isWithout(input),
    ),
    ...certificateFiles(host.certificates),
    registryFile(host),
  ];
}

/** The file with the URL that the npm of an image installs from. */
export const registryFile = ({ npmRegistry }: Pick<HostFacts, 'npmRegistry'>): InputFile => ({
  path: 'prepared/npm-registry',
  executable: false,
  content: Buffer.from(`${withoutCredentials(npmRegistry)}\n`),
});
