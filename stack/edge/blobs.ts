/**
 * Makes the bytes of stored objects survive a loss of power. Miniflare writes each as a file and never syncs it: Linux may
 * hold it back for 30 seconds, while the database with its name, which SQLite syncs, is on disk already.
 */
import { execFile } from 'node:child_process';
import { type FSWatcher, mkdirSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Where Miniflare stores the objects of a bucket. */
export const blobFolder = (persist: string, bucket: string): string => join(persist, 'r2', bucket, 'blobs');

export class Blobs {
  readonly #folder: string;
  /** Notes which files are new. Null where that isn't possible: then the whole file system is synced. */
  #watcher: FSWatcher | null;
  readonly #fresh = new Set<string>();
  #turn: Promise<unknown>;

  /** Creates the folder if it isn't there. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#watcher = watchOf(folder, (name) => this.#fresh.add(name));
    this.#watcher?.on('error', () => {
      // Names may be lost from here on.
      this.close();
    });
    this.#turn = syncFolders(folder);
    // A failure is thrown by the first call of `sync`.
    this.#turn.catch(() => undefined);
  }

  /** Resolves when everything that was stored before the call is on disk. Throws the file system's error. */
  async sync(): Promise<void> {
    // What the kernel has noted is read in the same turn of the event loop as the request for this.
    await setImmediate();
    const turn = this.#turn.then(() => this.#sync());
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  async #sync(): Promise<void> {
    if (this.#watcher === null) {
      await promisify(execFile)('sync', ['--file-system', this.#folder]);
      return;
    }
    const names = [...this.#fresh];
    if (names.length === 0) return;
    this.#fresh.clear();
    try {
      for (const name of names) await syncPath(join(this.#folder, name));
      await syncPath(this.#folder);
    } catch (error) {
      for (const name of names) this.#fresh.add(name);
      throw error;
    }
  }
}

function watchOf(folder: string, onName: (name: string) => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, (_, name) => {
      if (name !== null) onName(name);
    });
  } catch {
    // All watches of this user are taken (inotify(7)), or the file system has none.
    return null;
  }
}

/** Syncs a folder and those above that may have been created with it: bucket, `r2`, and the instance's. */
async function syncFolders(folder: string): Promise<void> {
  let path = folder;
  for (let level = 0; level < 5; level += 1) {
    await syncPath(path);
    path = dirname(path);
  }
}

async function syncPath(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // A temporary name, or an object that was deleted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
