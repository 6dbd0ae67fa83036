/** What decides whether a cache has exactly the packages that a build asks for. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files that say which packages a project has, down to their versions. */
const LOCKFILES = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
  'pubspec.lock',
  'Cargo.lock',
  'src-tauri/Cargo.lock',
  'Gemfile.lock',
  'gradle.lockfile',
  'gradle/libs.versions.toml',
  'gradle/wrapper/gradle-wrapper.properties',
  'build.gradle',
  'build.gradle.kts',
  'app/build.gradle',
  'app/build.gradle.kts',
] as const;

/** More than the largest lockfile that anybody has; what is beyond does not count. */
const MAX_BYTES = 64 * 1024 ** 2;
const CHUNK = 1024 ** 2;

export interface KeyInput {
  /** The root directory, and the top of the source that it lies in; lockfiles of folders between count too. */
  readonly root: string;
  readonly top: string;
  /** The image's digest: new tools may keep their stores in another way. */
  readonly imageId: string;
  /** What else decides, such as the Node version that was asked for. */
  readonly more: readonly string[];
}

/** The key of a build: the same for the same lockfiles, image and tools. In hexadecimal. */
export async function cacheKey({ root, top, imageId, more }: KeyInput): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([imageId, ...more]));
  for (const folder of upward(root, top)) {
    for (const name of LOCKFILES) {
      const digest = await fileDigest(join(folder, name));
      if (digest !== null) hash.update(`\n${name} ${digest}`);
    }
    hash.update('\n..');
  }
  return hash.digest('hex');
}

function* upward(from: string, top: string): Generator<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    yield folder;
    if (folder === top || folder === dirname(folder)) return;
  }
}

/** Null for what is no regular file. A link is not followed: it may lead anywhere. */
async function fileDigest(path: string): Promise<string | null> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    // Not there, a link, or not readable: whatever it is, it tells of no packages.
    return null;
  }
  try {
    if (!(await handle.stat()).isFile()) return null;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let read = 0; read < MAX_BYTES; ) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      read += bytesRead;
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}
