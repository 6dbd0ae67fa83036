/** What goes into a builder image. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { byPath, type InputFile, readTree } from '../fingerprint.ts';
import type { BuilderImage, ImageVariant } from './catalog.ts';

/** What an image takes from the machine that builds it, so that a mirror or a proxy of its network is honored. */
export interface HostFacts {
  /** Docker's name for the engine's architecture. */
  readonly architecture: 'amd64' | 'arm64';
  /** Texts that hold PEM certificates, of the authorities that the host trusts besides the usual ones. */
  readonly certificates: readonly string[];
  /** Where this machine's npm installs from. */
  readonly npmRegistry: string;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * One file for each certificate in the texts, named after its fingerprint, each once, in an order of their own:
 * `update-ca-certificates` takes one certificate a file. What is no certificate is left out.
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
    // Not a certificate after all; the system's own tools skip such a block too.
    return null;
  }
}

/** A registry's address without the password that may be in it: an image is no place for one. */
export function withoutCredentials(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * All that a variant of an image is made of, but for what is downloaded: that is pinned by a lockfile which is among
 * these. Of the other variants nothing is, neither their Dockerfiles nor the folders of their names, and no test is.
 */
export async function imageInputs(
  image: BuilderImage,
  variant: ImageVariant,
  host: HostFacts,
): Promise<InputFile[]> {
  const others = image.variants.filter(({ name }) => name !== variant.name);
  const isAnothers = ({ path }: InputFile) =>
    others.some(({ name, dockerfile }) => path === dockerfile || path.startsWith(`${name}/`));
  const own = await readTree(join(image.parent, image.kind));
  const shared = await Promise.all(
    [...image.shared, ...variant.shared].map((name) => readTree(join(image.parent, name), name)),
  );
  return [
    ...[...own.filter((input) => !isAnothers(input)), ...shared.flat()].filter(
      ({ path }) => !path.endsWith('.test.ts'),
    ),
    ...certificateFiles(host.certificates),
    {
      path: 'prepared/npm-registry',
      executable: false,
      content: Buffer.from(`${withoutCredentials(host.npmRegistry)}\n`),
    },
  ];
}
