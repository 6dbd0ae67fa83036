/** Packs a folder into a ZIP in the browser: the same files as `appflux deploy` takes. Loaded on demand. */
import {
  ENTRY_TIME,
  IGNORE_FILES,
  IgnoreRules,
  keepsItsFolder,
  MARKER_FOLDER,
  nameProblem,
} from '@appflux/client/pack';
import {
  AppFluxError,
  MAX_SOURCE_ENTRIES,
  MAX_SOURCE_TREE_BYTES,
  MAX_UPLOAD_BYTES,
  quoted,
} from '@appflux/protocol';
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js';
import { formatBytes } from '#lib/format/bytes.ts';
import { formatNumber } from '#lib/format/number.ts';
import { isFolder, type SourceFile, type SourceFolder } from './source-tree.ts';

/** A file to pack. */
export interface CollectedFile {
  /** From the folder, with forward slashes. */
  readonly path: string;
  readonly file: File;
}

export interface CollectedFolder {
  readonly name: string;
  /** In the order of their paths. */
  readonly files: readonly CollectedFile[];
  /** The files and folders that rules leave out, by path. */
  readonly leftOut: readonly string[];
}

export interface PackedFolder {
  readonly zip: File;
  readonly count: number;
  readonly leftOut: readonly string[];
}

/** Types and permissions as stat(2) has them. A browser doesn't know whether a file is executable: `#!` says so. */
const FILE_MODE = 0o100644;
const PROGRAM_MODE = 0o100755;

interface Limits {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Collects the files of a folder by its ignore files.
 * @param foldsCase whether names that differ in case are the same file on this system
 * @throws AppFluxError `unprocessable` if nothing is left to deploy, or it is more than a runner accepts
 */
export async function collectFolder(
  folder: SourceFolder,
  foldsCase: boolean,
  limits: Limits = { entries: MAX_SOURCE_ENTRIES, bytes: MAX_SOURCE_TREE_BYTES },
): Promise<CollectedFolder> {
  const files: CollectedFile[] = [];
  const leftOut: string[] = [];
  let bytes = 0;
  const waiting = [{ node: folder, path: '', above: new IgnoreRules(foldsCase) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const children = await next.node.children();
    const rules = next.above.within(next.path, {
      own: await textOf(children, IGNORE_FILES.own),
      git: await textOf(children, IGNORE_FILES.git),
    });
    for (const child of children) {
      const path = next.path === '' ? child.name : `${next.path}/${child.name}`;
      if (rules.leaveOut(path, isFolder(child))) {
        leftOut.push(isFolder(child) ? `${path}/` : path);
        continue;
      }
      requireGoodName(path);
      if (isFolder(child)) {
        waiting.push({ node: child, path, above: rules });
        continue;
      }
      const file = await read(child, path);
      files.push({ path, file });
      bytes += file.size;
      if (files.length > limits.entries) throw tooMany(files, limits.entries);
      if (bytes > limits.bytes) throw tooLarge('The folder', files, limits.bytes);
    }
  }
  if (files.length === 0) {
    throw new AppFluxError('unprocessable', `There are no files to deploy in ${quoted(folder.name)}.`, {
      hint: 'Choose another folder, or check its .gitignore and .appfluxignore.',
    });
  }
  files.sort((one, other) => (one.path < other.path ? -1 : 1));
  return { name: folder.name, files, leftOut: leftOut.sort() };
}

/**
 * Packs collected files. The same files give the same bytes.
 * @param onFile receives how many files are packed
 * @throws AppFluxError `unprocessable` if the ZIP gets larger than an upload can be, or a file can't be read
 */
export async function packFolder(
  { name, files, leftOut }: CollectedFolder,
  onFile?: (done: number) => void,
  signal?: AbortSignal,
): Promise<PackedFolder> {
  // zip.js starts workers from blob URLs, which the page's Content Security Policy blocks.
  const writer = new ZipWriter(new BlobWriter('application/zip'), {
    useWebWorkers: false,
    lastModDate: ENTRY_TIME,
    extendedTimestamp: false,
    ...(signal && { signal }),
  });
  let packed = 0;
  for (const [index, { path, file }] of files.entries()) {
    signal?.throwIfAborted();
    const entry = await writer
      .add(path, new BlobReader(file), { unixMode: (await isProgram(file)) ? PROGRAM_MODE : FILE_MODE })
      .catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw unreadable(path, cause);
      });
    packed += entry.compressedSize;
    if (packed > MAX_UPLOAD_BYTES) throw tooLarge('The ZIP of the folder', files, MAX_UPLOAD_BYTES);
    onFile?.(index + 1);
  }
  if (!keepsItsFolder(files.map(({ path }) => path)))
    await writer.add(`${MARKER_FOLDER}/`, undefined, { directory: true });
  const zip = new File([await writer.close()], `${name || 'files'}.zip`, { type: 'application/zip' });
  return { zip, count: files.length, leftOut };
}

async function textOf(
  children: readonly (SourceFile | SourceFolder)[],
  name: string,
): Promise<string | null> {
  const file = children.find((child) => child.name === name);
  // A folder of that name has no rules.
  return file === undefined || isFolder(file) ? null : (await read(file, name)).text();
}

const read = (file: SourceFile, path: string): Promise<File> =>
  file.read().catch((cause: unknown) => {
    throw unreadable(path, cause);
  });

async function isProgram(file: File): Promise<boolean> {
  return (await file.slice(0, 2).text()) === '#!';
}

function requireGoodName(path: string): void {
  const problem = nameProblem(path);
  if (problem === null) return;
  throw new AppFluxError('unprocessable', `The name of ${quoted(path)} ${problem}.`, {
    hint: 'Rename it, or add it to .appfluxignore.',
  });
}

const unreadable = (path: string, cause: unknown) =>
  new AppFluxError('unprocessable', `${path} can’t be read.`, {
    hint: 'If it was changed or moved after you chose the folder, choose the folder again.',
    cause,
  });

function tooMany(files: readonly CollectedFile[], most: number): AppFluxError {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.includes('/') ? `${path.split('/')[0]}/` : 'the folder itself';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const [fullest = ''] = [...counts].sort(([, one], [, other]) => other - one)[0] ?? [];
  return new AppFluxError('unprocessable', `The folder has more than ${formatNumber(most)} files.`, {
    hint: `Most are in ${fullest}. Add to .appfluxignore what the build doesn’t need.`,
  });
}

function tooLarge(what: string, files: readonly CollectedFile[], most: number): AppFluxError {
  const largest = [...files]
    .sort((one, other) => other.file.size - one.file.size)
    .slice(0, 3)
    .map(({ path, file }) => `${path} (${formatBytes(file.size)})`);
  return new AppFluxError('unprocessable', `${what} is larger than ${formatBytes(most)}.`, {
    hint: `The largest files: ${largest.join(', ')}. Add to .appfluxignore what the build doesn’t need.`,
  });
}
