/**
 * A backup in one file: a tar archive of what a backup's folder would hold. Later snapshots are appended. `tar -x` makes
 * a folder of it, which is a backup too.
 */
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackProblem } from '../../problem.ts';
import { syncFolder } from './folder.ts';
import { type BackupStore, isOurs, notThere } from './store.ts';
import { BLOCK, END, padded, readTarHeader, tarHeader } from './tar.ts';

interface Place {
  /** Where its bytes begin. */
  readonly at: number;
  readonly size: number;
}

interface Contents {
  readonly places: Map<string, Place>;
  /** Where the next header goes. */
  end: number;
  /** Whether the archive has its end: a file that was cut off, or an append that broke off, has none. */
  readonly whole: boolean;
}

export interface FileStore extends BackupStore {
  /** Whether the file ends before its archive does: what it holds up to there is whole. */
  isCutOff(): Promise<boolean>;
}

/** The backup in a file, which is made when something is first put there. */
export function fileStore(path: string): FileStore {
  let contents: Promise<Contents> | null = null;
  const read = () => {
    contents ??= scan(path);
    return contents;
  };
  const write = async (work: (file: FileHandle) => Promise<void>) => {
    await mkdir(dirname(path), { recursive: true });
    // Neither truncated nor required to be there.
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return open(path, 'wx+', 0o600);
    });
    try {
      await work(file);
      await file.sync();
    } finally {
      await file.close();
    }
  };
  let appended = false;
  return {
    name: path,

    isCutOff: async () => !(await read()).whole,

    async list() {
      const { places } = await read();
      return new Map([...places].map(([name, { size }]) => [name, size]));
    },

    async get(name) {
      const place = (await read()).places.get(name);
      if (place === undefined) throw notThere(path, name);
      const file = await open(path, 'r');
      try {
        return await readAt(file, place);
      } finally {
        await file.close();
      }
    },

    async put(name, bytes) {
      const known = await read();
      await write(async (file) => {
        // The end of the archive goes first: a write that breaks off must not look like a whole archive.
        if (!appended) await file.truncate(known.end);
        appended = true;
        const header = tarHeader(name, bytes.length, new Date());
        await file.write(header, 0, BLOCK, known.end);
        await file.write(bytes, 0, bytes.length, known.end + BLOCK);
        const next = known.end + BLOCK + padded(bytes.length);
        await file.truncate(next);
        known.places.set(name, { at: known.end + BLOCK, size: bytes.length });
        known.end = next;
      });
    },

    async remove(names) {
      const known = await read();
      const gone = new Set(names);
      const aside = `${path}.${process.pid}.part`;
      const kept = [...known.places].filter(([name]) => !gone.has(name));
      const source = await open(path, 'r');
      const target = await open(aside, 'wx', 0o600);
      try {
        for (const [name, place] of kept) {
          await target.writeFile(tarHeader(name, place.size, new Date()));
          await target.writeFile(await readAt(source, place));
          await target.writeFile(Buffer.alloc(padded(place.size) - place.size));
        }
        await target.writeFile(END);
        await target.sync();
        await rename(aside, path);
        await syncFolder(dirname(path));
      } finally {
        await Promise.all([source.close(), target.close()]);
        await rm(aside, { force: true });
      }
      contents = null;
      appended = false;
    },

    async close() {
      if (!appended) return;
      const { end } = await read();
      await write(async (file) => void (await file.write(END, 0, END.length, end)));
      appended = false;
      contents = null;
    },
  };
}

async function readAt(file: FileHandle, { at, size }: Place): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await file.read(bytes, done, size - done, at + done);
    if (bytesRead === 0) throw new Error('The file has become shorter while it was read');
    done += bytesRead;
  }
  return bytes;
}

/** Reads the headers of the archive. @throws StackProblem `backup_damaged` for a file that is no backup */
async function scan(path: string): Promise<Contents> {
  const places = new Map<string, Place>();
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return { places, end: 0, whole: true };
  try {
    const { size } = await file.stat();
    let at = 0;
    while (at + BLOCK <= size) {
      const header = readTarHeader(await readAt(file, { at, size: BLOCK }));
      if (header === 'end') return { places, end: at, whole: at + END.length <= size };
      if (header === null || !isOurs(header.name)) throw notABackup(path, at);
      const next = at + BLOCK + padded(header.size);
      if (next > size) break;
      places.set(header.name, { at: at + BLOCK, size: header.size });
      at = next;
    }
    if (places.size === 0) throw notABackup(path, 0);
    return { places, end: at, whole: false };
  } finally {
    await file.close();
  }
}

const notABackup = (path: string, at: number) =>
  new StackProblem(
    'backup_damaged',
    at === 0 ? `${path} is not a backup of AppFlux` : `The backup ${path} is damaged at byte ${at}`,
    'give a file that "npm run backup" wrote, or another copy of it',
  );
