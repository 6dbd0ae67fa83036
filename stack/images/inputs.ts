/** What goes into a builder image, and the hash that says whether an image was made of it. */
import { createHash, X509Certificate } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BuilderImage } from './catalog.ts';

/** A file of the build context. */
export interface InputFile {
  /** Its path in the context, with `/`. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Buffer;
}

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

function byPath(a: InputFile, b: InputFile) {
  return a.path < b.path ? -1 : 1;
}

/** The hash (SHA-256, hex) of an image's inputs. Their order does not matter; path, content and executable bit do. */
export function hashInputs(files: readonly InputFile[], architecture: HostFacts['architecture']): string {
  const hash = createHash('sha256').update(`${architecture}\n`);
  for (const file of [...files].sort(byPath)) {
    // JSON keeps the parts of an entry apart; the length keeps the content apart from the next entry.
    hash
      .update(`${JSON.stringify([file.path, file.executable, file.content.length])}\n`)
      .update(file.content);
  }
  return hash.digest('hex');
}

/** Every regular file below `folder`, at `prefix` in the context. `node_modules` and links are left out. */
async function readTree(folder: string, prefix: string): Promise<InputFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: InputFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path).split(sep);
    if (!entry.isFile() || inside.includes('node_modules') || entry.name.endsWith('.test.ts')) continue;
    files.push({
      path: [...prefix.split('/'), ...inside].filter((part) => part !== '').join('/'),
      ...(await readInput(path)),
    });
  }
  return files;
}

async function readInput(path: string): Promise<Omit<InputFile, 'path'>> {
  await using file = await open(path);
  const { mode } = await file.stat();
  return { executable: (mode & 0o100) !== 0, content: await file.readFile() };
}

/** All that an image is made of, but for what is downloaded: that is pinned by a lockfile which is among these. */
export async function imageInputs(image: BuilderImage, host: HostFacts): Promise<InputFile[]> {
  const own = await readTree(join(image.parent, image.kind), '');
  const shared = await Promise.all(image.shared.map((name) => readTree(join(image.parent, name), name)));
  return [
    ...own,
    ...shared.flat(),
    ...certificateFiles(host.certificates),
    {
      path: 'prepared/npm-registry',
      executable: false,
      content: Buffer.from(`${withoutCredentials(host.npmRegistry)}\n`),
    },
  ];
}
