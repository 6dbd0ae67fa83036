/** Finishes a source tree: sets owner and permissions, and handles links that lead out of it. */

import { chmod, lchown, lstat, readdir, unlink } from 'node:fs/promises';
import { quoted } from '@appflux/protocol';
import { say, type Text } from '../../masking/sentence.ts';
import { JobFailure } from '../../step-context.ts';
import { BYTES, bytesOf, onDisk, textOf } from './byte-path.ts';
import { leadsOut } from './links.ts';
import { OddNames } from './odd-names.ts';

/** The user that every builder image builds as. */
export const BUILDER_UID = 10_001;

export interface SettleOptions {
  /** A link that leads out ends the job (`refuse`) or is taken away (`remove`). */
  readonly outwardLinks: 'refuse' | 'remove';
  /**
   * Whether this process may give files away: then the tree becomes the builder's. Otherwise it is opened to
   * everyone.
   */
  readonly giveAway: boolean;
  readonly signal: AbortSignal;
}

export interface SettledTree {
  readonly removed: readonly string[];
  readonly warnings: readonly Text[];
}

/** How many files of one folder are touched at a time. */
const AT_ONCE = 64;

/**
 * Goes through a tree once. Afterwards it holds folders, regular files and links that stay inside, the
 * container's user may write everywhere, and the runner may delete it. Nothing is followed on the way.
 * @returns the links that were removed, relative to `topPath`, and sentences about names that other systems can't hold.
 * @throws {JobFailure} `source_invalid` for a link that leads out, if those are refused, or for anything that
 * is no file, folder or link.
 */
export async function settleTree(topPath: string, options: SettleOptions): Promise<SettledTree> {
  const top = bytesOf(topPath);
  const removed: string[] = [];
  const odd = new OddNames();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    options.signal.throwIfAborted();
    const names = await readdir(onDisk(top, folder), { encoding: BYTES });
    await settleEntry(onDisk(top, folder), 'folder', options);
    // Git's own files are no part of the source.
    if (!/(?:^|\/)\.git(?:\/|$)/.test(folder)) odd.add(textOf(folder), names.map(textOf));
    for (let start = 0; start < names.length; start += AT_ONCE) {
      await Promise.all(
        names.slice(start, start + AT_ONCE).map(async (name) => {
          const path = folder === '' ? name : `${folder}/${name}`;
          const kind = await kindOf(onDisk(top, path));
          if (kind === 'folder') folders.push(path);
          else if (kind === 'link' && (await leadsOut(top, path)))
            removed.push(await dropLink(top, path, options));
          else if (kind === 'special') {
            throw new JobFailure(
              'source_invalid',
              say`${quoted(textOf(path))} is not a file, folder or link.`,
            );
          } else await settleEntry(onDisk(top, path), kind, options);
        }),
      );
    }
  }
  return { removed: removed.sort(), warnings: odd.warnings() };
}

type Kind = 'folder' | 'file' | 'program' | 'link' | 'special';

async function kindOf(path: Buffer): Promise<Kind> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isDirectory()) return 'folder';
  if (!stats.isFile()) return 'special';
  return (stats.mode & 0o111) === 0 ? 'file' : 'program';
}

async function dropLink(top: string, path: string, options: SettleOptions): Promise<string> {
  if (options.outwardLinks === 'refuse') {
    throw new JobFailure(
      'source_invalid',
      say`${quoted(textOf(path))} is a link to a path outside the source.`,
    );
  }
  await unlink(onDisk(top, path));
  return textOf(path);
}

async function settleEntry(
  path: Buffer,
  kind: Exclude<Kind, 'special'>,
  options: SettleOptions,
): Promise<void> {
  // chmod would follow a link, and a link has no mode of its own.
  if (kind !== 'link') {
    const mode = kind === 'file' ? 0o644 : 0o755;
    // Where the tree cannot become the builder's, write permission for all stands in for it: only the
    // container and the runner see the folder.
    await chmod(path, options.giveAway ? mode : mode | 0o222);
  }
  if (options.giveAway) await lchown(path, BUILDER_UID, BUILDER_UID);
}
