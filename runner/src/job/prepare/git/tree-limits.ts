/**
 * Looks at a commit's tree before it is checked out: a repository of a few KB can unpack to more files than a
 * disk holds.
 */

import { formatBytes, quoted } from '@appflux/protocol';
import { JobFailure } from '../../../step-context.ts';
import type { SourceLimits } from '../limits.ts';

/** Another repository's commit that stands in the tree as a folder. */
export interface Gitlink {
  /** Relative to the top of the repository that holds it. */
  readonly path: string;
  readonly commit: string;
}

/** What a commit's tree holds. */
export interface TreeContents {
  readonly submodules: readonly Gitlink[];
  /** Paths of `.gitattributes` files, the first of many. */
  readonly attributes: readonly string[];
  readonly entries: number;
  readonly bytes: number;
}

/** What is in the source already and counts with what comes: nothing, for the repository itself. */
export type TreeSize = Pick<TreeContents, 'entries' | 'bytes'>;

/** A tree can have one in each folder; what the rest say is not worth reading them all. */
const MOST_ATTRIBUTES = 50;

export const NOTHING_YET: TreeSize = { entries: 0, bytes: 0 };

/**
 * Reads the output of `git ls-tree -r -l -z`, piece by piece, and counts on from `before`. `push` answers false once the tree
 * is too large, so that nobody has to wait for the rest; `finish` then throws `source_invalid`.
 */
export function createTreeCounter(
  limits: SourceLimits,
  before: TreeSize = NOTHING_YET,
): {
  push(chunk: Buffer): boolean;
  finish(): TreeContents;
} {
  let rest = Buffer.alloc(0);
  let { entries, bytes } = before;
  let problem: string | null = null;
  const submodules: Gitlink[] = [];
  const attributes: string[] = [];

  const take = (record: string) => {
    const tab = record.indexOf('\t');
    const [mode, , commit = '', size] = record.slice(0, tab).split(/ +/);
    const path = record.slice(tab + 1);
    entries += 1;
    bytes += size === undefined || size === '-' ? 0 : Number(size);
    if (mode === '160000') submodules.push({ path, commit });
    if (/(?:^|\/)\.gitattributes$/.test(path) && attributes.length < MOST_ATTRIBUTES) attributes.push(path);
    problem ??= judge(path);
  };
  const judge = (path: string): string | null => {
    if (entries > limits.entries) return `The repository contains more than ${limits.entries} files.`;
    if (bytes > limits.treeBytes)
      return `The files of the repository are larger than ${formatBytes(limits.treeBytes)}.`;
    if (Buffer.byteLength(path) > limits.pathBytes)
      return `The repository contains a path that is too long: ${quoted(path)}.`;
    if (path.split('/').length - 1 > limits.depth) {
      return `The folders of the repository are nested more than ${limits.depth} deep: ${quoted(path)}.`;
    }
    return null;
  };

  return {
    push(chunk) {
      let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = buffer.indexOf(0); end !== -1 && problem === null; end = buffer.indexOf(0)) {
        take(buffer.subarray(0, end).toString('utf8'));
        buffer = buffer.subarray(end + 1);
      }
      rest = Buffer.from(buffer);
      // One record is a path and a few numbers: what grows on without an end is no path that could be checked
      // out.
      if (rest.length > 2 * limits.pathBytes + 200)
        problem ??= 'The repository contains a path that is too long.';
      return problem === null;
    },
    finish() {
      if (problem !== null) throw new JobFailure('source_invalid', problem);
      return { submodules, attributes, entries, bytes };
    },
  };
}
