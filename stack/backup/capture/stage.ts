/**
 * Takes a copy of what an instance keeps on disk, as it is at one moment. Most is copied while the instance works; what
 * has changed since is copied in a pause.
 */
import {
  type BigIntStats,
  constants,
  copyFileSync,
  type Dirent,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { MARK } from '../../state-format.ts';
import type { FileEntry } from '../format/manifest.ts';

/** A file of the state, as it was at the moment. */
export interface Staged {
  /** Within the state folder. */
  readonly path: string;
  readonly kind: FileEntry['kind'];
  /** Where the copy lies; null for a file that the previous snapshot has already. */
  readonly from: string | null;
  /** By what it is recognized later, if nothing has changed. */
  readonly seen: string | undefined;
}

/** What a previous snapshot has of a file. */
export type Known = (path: string) => { readonly seen?: string | undefined } | null;

/** Folders of `edge/` that need no copy: a cache fills again. */
const LEFT_OUT = new Set(['edge/cache']);

/**
 * How far the time of a change may lie behind the clock, in milliseconds: file systems take the time of the last tick of
 * the kernel's timer.
 */
const TICK_MS = 50;

/** The companions of a database that hold what is not yet in its main file. The index of a WAL (`-shm`) is recreated from it. */
const COMPANIONS = ['-wal', '-journal'];

export class Stage {
  readonly #state: string;
  readonly #folder: string;
  readonly #known: Known;
  /** By path: what was copied ahead, and how the files looked just before. */
  readonly #ahead = new Map<string, { seen: string | undefined; from: string | null }>();
  #copies = 0;

  /**
   * @param state the state folder
   * @param folder where copies go: an empty folder on the same file system, since objects are linked and not copied
   */
  constructor(state: string, folder: string, known: Known) {
    this.#state = state;
    this.#folder = folder;
    this.#known = known;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Copies everything once, so that little is left for the pause. */
  copyAhead(): void {
    for (const [path, kind] of this.#files()) this.#take(path, kind);
  }

  /** Copies what has changed since, and says what there is. Nothing may write to the state meanwhile. */
  complete(): Staged[] {
    return [...this.#files()].map(([path, kind]) => ({ path, kind, ...this.#take(path, kind) }));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #take(path: string, kind: FileEntry['kind']): { seen: string | undefined; from: string | null } {
    const source = join(this.#state, path);
    // An object's file never changes: it is there whole, or its name is in no database.
    if (kind === 'object')
      return this.#ahead.get(path) ?? this.#note(path, undefined, this.#linked(path, source));
    const now = Date.now();
    const seen = signature(source, now);
    const ahead = this.#ahead.get(path);
    if (ahead?.seen !== undefined && ahead.seen === seen) return ahead;
    if (seen !== undefined && this.#known(path)?.seen === seen) return this.#note(path, seen, null);
    return this.#note(path, seen, this.#copied(source));
  }

  #note(path: string, seen: string | undefined, from: string | null) {
    const taken = { seen, from };
    this.#ahead.set(path, taken);
    return taken;
  }

  #linked(path: string, source: string): string | null {
    if (this.#known(path) !== null) return null;
    const target = this.#next();
    try {
      linkSync(source, target);
    } catch (error) {
      if (isAbsent(error)) return target;
      // A file system without hard links.
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
    }
    return target;
  }

  #copied(source: string): string {
    const target = this.#next();
    for (const suffix of ['', ...COMPANIONS]) {
      try {
        copyFileSync(source + suffix, target + suffix, constants.COPYFILE_FICLONE);
      } catch (error) {
        // It has no such companion, or has just been removed: then the pause finds it gone.
        if (!isAbsent(error)) throw error;
      }
    }
    return target;
  }

  #next(): string {
    this.#copies += 1;
    return join(this.#folder, String(this.#copies));
  }

  *#files(): Generator<[path: string, kind: FileEntry['kind']]> {
    yield* walk(this.#state, 'edge');
    yield* walk(this.#state, 'servers');
    // Certificates and the account at their authority: asking for all of them again would meet its rate limits.
    for (const folder of ['proxy/certificates', 'proxy/acme']) yield* walk(this.#state, folder);
    const single = entriesOf(join(this.#state, 'runners')).map(({ name }) => `runners/${name}/runner.json`);
    for (const path of ['secrets.json', MARK, ...single]) {
      if (look(join(this.#state, path)) !== undefined) yield [path, 'file'];
    }
  }
}

function* walk(state: string, folder: string): Generator<[path: string, kind: FileEntry['kind']]> {
  if (LEFT_OUT.has(folder)) return;
  const isBlobs = /^edge\/r2\/[^/]+\/blobs$/.test(folder);
  for (const entry of entriesOf(join(state, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(state, path);
    else if (!entry.isFile()) continue;
    else if (isBlobs) yield [path, 'object'];
    else if (path.endsWith('.sqlite')) yield [path, 'database'];
    else if (!/\.sqlite-(?:wal|shm|journal)$/.test(path)) yield [path, 'file'];
  }
}

/** What is in a folder; nothing when it is not there. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const look = (path: string): BigIntStats | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false });

/**
 * How a file and its companions look: the same text later means that nothing was written to them in between. Undefined
 * when they were changed so shortly before `now` that a later change could carry the same time.
 */
function signature(path: string, now: number): string | undefined {
  const parts: string[] = [];
  for (const suffix of ['', ...COMPANIONS]) {
    const stats = look(path + suffix);
    if (stats === undefined) parts.push('-');
    else {
      const { ino, size, mtimeNs, ctimeNs } = stats;
      if (Number(mtimeNs / 1_000_000n) > now - TICK_MS || Number(ctimeNs / 1_000_000n) > now - TICK_MS)
        return undefined;
      parts.push([ino, size, mtimeNs, ctimeNs].join(':'));
    }
  }
  return parts.join(' ');
}
