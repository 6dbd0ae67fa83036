/** Unpacks a package of the runner. It was checked against its checksum, and is still trusted with nothing but its own folder. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { checkName } from '../job/prepare/zip/names.ts';

/** What a package may have at most: ten times what ours has. */
export interface UnpackLimits {
  readonly entries: number;
  readonly bytes: number;
}
const LIMITS: UnpackLimits = { entries: 20_000, bytes: 256 * 1024 * 1024 };

/** How paths may look in it. */
const NAMES = { depth: 30, nameBytes: 200, pathBytes: 500 };

/** A package that must not be installed, whatever its checksum. */
export class BadPackage extends Error {
  override readonly name = 'BadPackage';
}

/**
 * Unpacks a gzipped tar archive of files and folders into a new folder.
 * @param limits for tests
 * @throws BadPackage if an entry is a link or a device, lies outside, comes twice, or the whole is too large
 */
export async function unpack(archive: string, folder: string, limits = LIMITS): Promise<void> {
  await mkdir(folder, { recursive: false, mode: 0o755 });
  const seen = new Set<string>();
  let bytes = 0;
  const entries = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), entries).catch((error: unknown) => {
    entries.destroy();
    throw error;
  });
  const writing = (async () => {
    for await (const entry of entries) {
      const { name, type, size = 0, mode = 0 } = entry.header;
      const checked = checkName(name, NAMES);
      if ('problem' in checked) throw new BadPackage(`an entry of the package ${checked.problem}`);
      const path = checked.parts.join('/');
      if (name.includes('\\')) throw new BadPackage('an entry of the package has a backslash in its name');
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      if (type !== 'file') throw new BadPackage(`an entry of the package is a ${type}, not a file`);
      if (path === '' || seen.has(path)) throw new BadPackage('an entry of the package comes twice');
      seen.add(path);
      bytes += size;
      if (seen.size > limits.entries || bytes > limits.bytes)
        throw new BadPackage('the package is too large');
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      // `wx`: nothing is ever written through what is there already.
      const executable = (mode & 0o100) === 0 ? 0o644 : 0o755;
      await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: executable }));
    }
  })();
  const [read, written] = await Promise.allSettled([reading, writing]);
  // What is wrong with an entry also ends the reading.
  if (written.status === 'rejected' && written.reason instanceof BadPackage) throw written.reason;
  if (read.status === 'rejected') throw read.reason;
  if (written.status === 'rejected') throw written.reason;
}
