/** Reads one record of a ZIP's directory. */
import type { Entry } from 'yauzl';
import { readName } from './names.ts';
import type { EntryKind, ListedEntry } from './plan.ts';

/** "Version made by", upper byte (APPNOTE 4.4.2): the systems whose file modes are those of Unix. */
const UNIX = 3;
const DARWIN = 19;
const TYPE_MASK = 0o170000;
const DOS_DIRECTORY = 0x10;

/** An entry as the planner sees it. */
export function listEntry(entry: Entry): ListedEntry {
  const name = readName(entry);
  return {
    name,
    kind: kindOf(entry, name),
    size: entry.uncompressedSize,
    packedSize: entry.compressedSize,
    encrypted: entry.isEncrypted(),
    method: entry.compressionMethod,
  };
}

function kindOf(entry: Entry, name: string): EntryKind {
  const system = entry.versionMadeBy >>> 8;
  const mode = system === UNIX || system === DARWIN ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & TYPE_MASK;
  if (type === 0o120000) return 'link';
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'special';
  if (name.endsWith('/') || type === 0o040000) return 'directory';
  // A folder without its slash, from a program for DOS.
  if (type === 0 && (entry.externalFileAttributes & DOS_DIRECTORY) !== 0 && entry.uncompressedSize === 0)
    return 'directory';
  return (mode & 0o111) === 0 ? 'file' : 'program';
}
