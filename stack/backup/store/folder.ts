/** A backup in a folder. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BackupStore, isOurs, notThere } from './store.ts';

/** The backup in a folder, which is made when something is first put there. */
export function folderStore(folder: string): BackupStore {
  return {
    name: folder,

    async list() {
      const sizes = new Map<string, number>();
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return [];
          throw error;
        },
      );
      for (const entry of entries) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const name = path.slice(folder.length + 1);
        if (isOurs(name)) sizes.set(name, (await stat(path)).size);
      }
      return sizes;
    },

    async get(name) {
      return readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? notThere(folder, name) : error;
      });
    },

    async put(name, bytes) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const aside = `${path}.${process.pid}.part`;
      const file = await open(aside, 'w', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(aside, path);
      await syncFolder(dirname(path));
    },

    async remove(names) {
      for (const name of names) await rm(join(folder, name), { force: true });
    },

    close: async () => undefined,
  };
}

/** Has a folder's entries written down. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
