/** Finds and opens the files to scan, without following a link. */
import { constants } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';

export interface FileToScan {
  /** Bytes, since a repository may hold names that are no UTF-8. */
  readonly path: Buffer | string;
  /** Its name in the log. */
  readonly name: string;
}

const SLASH = Buffer.from('/');
const PIECE_BYTES = 256 * 1024;

/**
 * The regular files below `top`, named relative to it. Links are left out: what they lead to inside the tree comes by
 * itself, and nothing else is the tree's.
 */
export async function* filesBelow(top: string): AsyncGenerator<FileToScan> {
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    // The types of Node know this option with text only; the names are bytes then.
    const entries = await opendir(absolute(top, folder), { encoding: 'buffer' as BufferEncoding });
    for await (const entry of entries) {
      const name = entry.name as unknown as Buffer;
      const relative = folder.length === 0 ? name : Buffer.concat([folder, SLASH, name]);
      if (entry.isDirectory()) folders.push(relative);
      else if (entry.isFile()) yield { path: absolute(top, relative), name: relative.toString('utf8') };
    }
  }
}

function absolute(top: string, relative: Buffer): Buffer {
  return relative.length === 0 ? Buffer.from(top) : Buffer.concat([Buffer.from(top), SLASH, relative]);
}

/** What is in a file, read from its beginning each time that it is asked for. */
export type Content = () => AsyncIterable<Uint8Array>;

/**
 * Opens a regular file and hands it to `work`. What is none any more, or never was, is passed over: gives null.
 */
export async function withFile<T>(
  path: Buffer | string,
  work: (content: Content, size: number) => Promise<T>,
): Promise<T | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A link, a socket.
    if (['ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  try {
    const stats = await file.stat();
    return stats.isFile() ? await work(() => piecesOf(file), stats.size) : null;
  } finally {
    await file.close();
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; ) {
    // A new one each time: the socket may still hold the one before.
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(PIECE_BYTES), position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
