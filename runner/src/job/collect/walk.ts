/** Lists the files of an output folder. */

import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { formatBytes, quoted } from '@appflux/protocol';
import { own, say, type Text } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import type { CollectLimits } from './limits.ts';
import { changed, type FoundFile } from './safe-file.ts';

/** A file, and its path in the folder that is packed. */
export interface PackedFile extends FoundFile {
  readonly inside: string;
}

export interface WalkOptions {
  /** The root directory's real path: no link may lead out of it. */
  readonly root: string;
  readonly limits: CollectLimits;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Whether an entry, by its path in the folder, is left out with all below it. */
  readonly leaveOut: (inside: string) => boolean;
  /** Receives a link that leads nowhere, by its path in the folder, and leaves it out. Without this, such a link is refused. */
  readonly onBroken?: (inside: string) => void;
}

const invalid = (message: Text, hint?: Text) =>
  new JobFailure('artifact_invalid', message, hint === undefined ? {} : { hint });

const unpublishable = (shown: string) =>
  invalid(
    say`The output contains a name that can’t be published: ${quoted(shown)}.`,
    own('Use UTF-8 names without backslashes and control characters.'),
  );

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * All regular files of a folder, sorted by path. A link that leads to a file or folder inside the root
 * directory stands for what it leads to, as it does for a web server; one that leads out, nowhere (unless
 * `onBroken` takes it) or round in a circle is refused, and so is anything that is no file or folder.
 * @param shown the folder's path, for messages.
 * @throws {JobFailure} `artifact_invalid`
 */
export async function walkFolder(folder: string, shown: string, options: WalkOptions): Promise<PackedFile[]> {
  const walk = new Walk(options);
  await walk.folder(await realpath(folder), shown, '', []);
  return walk.files.sort((a, b) => (a.inside < b.inside ? -1 : 1));
}

class Walk {
  readonly files: PackedFile[] = [];
  readonly #options: WalkOptions;
  #entries = 0;
  #bytes = 0n;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  /** @param above the real paths of the folders on the way here, to notice a circle. */
  async folder(real: string, shown: string, inside: string, above: readonly string[]): Promise<void> {
    const { signal, limits, leaveOut } = this.#options;
    signal.throwIfAborted();
    if (above.includes(real)) throw invalid(say`The link ${quoted(shown)} is circular.`);
    if (above.length > limits.depth)
      throw invalid(say`The output is nested more than ${limits.depth} folders deep: ${quoted(shown)}.`);
    const names = await readdir(real);
    // Between finding this folder and reading it, a link may have taken its place or that of one above.
    if ((await realpath(real)) !== real) throw invalid(say`${quoted(shown)} changed while it was read.`);
    for (const name of names.sort()) {
      const here = inside === '' ? name : `${inside}/${name}`;
      if (leaveOut(here)) continue;
      await this.#entry(join(real, name), `${shown}/${name}`, here, [...above, real]);
    }
  }

  async #entry(path: string, shown: string, inside: string, above: readonly string[]): Promise<void> {
    this.#count(shown, inside);
    const own = await lstat(path, { bigint: true }).catch((error: unknown) => {
      // A name that is not UTF-8 comes out of readdir as another, which does not exist.
      throw path.includes('\u{FFFD}') ? unpublishable(shown) : isMissing(error) ? changed(shown) : error;
    });
    const real = own.isSymbolicLink() ? await this.#follow(path, shown, inside) : path;
    if (real === null) return;
    const stats = own.isSymbolicLink() ? await lstat(real, { bigint: true }) : own;
    if (stats.isDirectory()) return this.folder(real, shown, inside, above);
    if (!stats.isFile()) throw invalid(say`${quoted(shown)} is not a file or folder.`);
    this.#bytes += stats.size;
    if (this.#bytes > BigInt(this.#options.maxBytes)) throw tooLarge(this.#options.maxBytes);
    this.files.push({ path: shown, real, stats, inside });
  }

  /** Where a link leads, all links followed; null if nowhere, and that is no failure. */
  async #follow(path: string, shown: string, inside: string): Promise<string | null> {
    const { root, onBroken } = this.#options;
    let real: string;
    try {
      real = await realpath(path);
    } catch (error) {
      // Nowhere, or in a circle of links.
      if (onBroken === undefined || !isMissing(error)) throw invalid(say`${quoted(shown)} is a broken link.`);
      onBroken(inside);
      return null;
    }
    if (real !== root && !real.startsWith(root + sep)) {
      throw invalid(
        say`${quoted(shown)} is a link to a path outside the project.`,
        own('Make the build copy the file instead of linking to it.'),
      );
    }
    return real;
  }

  #count(shown: string, inside: string): void {
    const { limits } = this.#options;
    this.#entries += 1;
    if (this.#entries > limits.files)
      throw invalid(say`The output contains more than ${limits.files} files.`);
    if (Buffer.byteLength(inside) > limits.pathBytes)
      throw invalid(say`The output contains a path that is too long: ${quoted(shown)}.`);
    if (/[\p{Cc}\\]/u.test(inside)) throw unpublishable(shown);
  }
}

/** The failure of artifacts beyond the limit. */
export const tooLarge = (maxBytes: number): JobFailure =>
  invalid(
    say`The output is larger than ${own(formatBytes(maxBytes))}, the limit of this runner or app.`,
    own('Make the output smaller, or ask the owner of the runner to raise the limit.'),
  );

/** Whether there is a folder at `path`, links followed. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there, a link to nowhere or in a circle, below a file, or too long a name: in each case no folder.
    return false;
  }
}
