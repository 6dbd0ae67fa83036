/** Says whether an output was made from the current inputs: files, and one hash over all of them. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** An input file. */
export interface InputFile {
  /** Its path in the output, with `/`. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Buffer;
}

/** Orders files by their paths. */
export function byPath(a: InputFile, b: InputFile): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

/**
 * The hash (SHA-256, hex) of files and of other inputs. The files' order does not matter; path, content and
 * executable bit do.
 */
export function fingerprint(files: readonly InputFile[], ...besides: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(besides));
  for (const file of [...files].sort(byPath)) {
    // JSON separates the parts of an entry; the length separates the content from the next entry.
    hash.update(JSON.stringify([file.path, file.executable, file.content.length])).update(file.content);
  }
  return hash.digest('hex');
}

/** How much of a file is read at a time, in bytes. */
const PIECE = 64 * 1024;

/**
 * The hash (SHA-256, hex) of all regular files below a folder, by their paths and contents. It holds a piece of one file at a
 * time: `fingerprint` needs all of them, and thousands of small ones leave holes in a process's memory.
 */
export function hashTree(folder: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(PIECE);
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  for (const path of entries) {
    const descriptor = openSync(path, 'r');
    try {
      hash.update(JSON.stringify([relative(folder, path), fstatSync(descriptor).size]));
      for (let length = readSync(descriptor, piece); length > 0; length = readSync(descriptor, piece))
        hash.update(piece.subarray(0, length));
    } finally {
      closeSync(descriptor);
    }
  }
  return hash.digest('hex');
}

/** Whether a file of that name is a test or test material, which is part of no output. */
const isTest = (name: string) => /\.test\.[a-z]+$/.test(name);

/**
 * Every regular file below `folder`, its path behind `prefix`. Excludes links, tests and folders of the names in
 * `leftOut` (outputs, downloads).
 */
export async function readTree(
  folder: string,
  prefix = '',
  leftOut: readonly string[] = ['node_modules'],
): Promise<InputFile[]> {
  return filesBelow(folder, prefix, leftOut);
}

/** Blocks on purpose: a start reads thousands of small files, whose promises took several times as long as the files. */
function filesBelow(folder: string, prefix: string, leftOut: readonly string[]): InputFile[] {
  const files: InputFile[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!leftOut.includes(entry.name)) files.push(...filesBelow(join(folder, entry.name), path, leftOut));
    } else if (entry.isFile() && !isTest(entry.name)) {
      files.push(readNow(join(folder, entry.name), path));
    }
  }
  return files;
}

/** One file, under the given path. */
export async function readInput(file: string, path: string): Promise<InputFile> {
  return readNow(file, path);
}

function readNow(file: string, path: string): InputFile {
  const descriptor = openSync(file, 'r');
  try {
    return {
      path,
      executable: (fstatSync(descriptor).mode & 0o100) !== 0,
      content: readFileSync(descriptor),
    };
  } finally {
    closeSync(descriptor);
  }
}

/** The stored fingerprint of an output; null if there is none. */
export async function readStamp(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Stores the fingerprint of an output's inputs. */
export async function writeStamp(file: string, value: string): Promise<void> {
  await writeFile(file, value);
}
