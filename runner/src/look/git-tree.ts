/** A commit's tree as detection reads it, from Git's object store: nothing is checked out. */
import { type NodeKind, SourceTree, type WantedText, wantedText } from '@appflux/detection';
import { isNear, MAX_ENTRIES, MAX_TEXT_LENGTH, MAX_TEXTS, SKIPPED } from '../job/read-tree.ts';
import { say } from '../masking/sentence.ts';
import { JobFailure } from '../step-context.ts';
import { BatchReader } from './batch-reader.ts';
import { type TreeEntry, TreeListing } from './tree-listing.ts';

/** Runs Git in the repository, and throws if it fails. */
export type Git = (
  args: readonly string[],
  options: { onOutput: (chunk: Buffer) => boolean; input?: string },
) => Promise<void>;

interface WantedFile extends TreeEntry {
  readonly wanted: WantedText;
}

/**
 * The tree of a commit, seen from `base`. Links and submodules are left out, as they are when a build detects.
 * @throws {JobFailure} `source_invalid` if a package.json or appflux.json is larger than anybody writes one.
 */
export async function readGitTree(git: Git, commit: string, base: string): Promise<SourceTree> {
  const isWanted = (path: string) => {
    const folders = path.split('/').slice(0, -1);
    if (folders.some((name) => SKIPPED.has(name))) return false;
    return folders.every((_, index) => isNear(folders.slice(0, index + 1).join('/'), base));
  };
  const listing = new TreeListing(isWanted, MAX_ENTRIES);
  await git(['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit], {
    onOutput: (chunk) => listing.push(chunk),
  });
  const entries = listing.entries();
  const kinds = new Map<string, NodeKind>(entries.map(({ path, kind }) => [path, kind]));
  return new SourceTree(kinds, await readTexts(git, entries), base);
}

/** The texts of the files that detection reads, by path. */
async function readTexts(git: Git, entries: readonly TreeEntry[]): Promise<Map<string, string>> {
  const files = entries
    .flatMap((entry): WantedFile[] => {
      const wanted = entry.kind === 'file' ? wantedText(entry.path) : null;
      return wanted === null ? [] : [{ ...entry, wanted }];
    })
    .slice(0, MAX_TEXTS);
  const texts = new Map<string, string>();
  if (files.length === 0) return texts;
  for (const { path, size, wanted } of files) {
    if (size <= wanted.maxBytes || wanted.headOnly) continue;
    const kilobytes = Math.round(wanted.maxBytes / 1024);
    throw new JobFailure('source_invalid', say`${path} is larger than ${kilobytes} KB.`);
  }
  let length = 0;
  const reader = new BatchReader(
    files.map(({ wanted }) => wanted.maxBytes),
    (index, text) => {
      const file = files[index];
      if (file !== undefined) texts.set(file.path, text);
      length += text.length;
      return length < MAX_TEXT_LENGTH;
    },
  );
  await git(['cat-file', '--batch'], {
    onOutput: (chunk) => reader.push(chunk),
    input: files.map(({ id }) => `${id}\n`).join(''),
  });
  return texts;
}
