/** The build caches of this runner, one per app. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountSettings } from 'dockerode';
import { describeError } from '../journal.ts';
import {
  type AttemptCacheFolder,
  attemptCacheFolder,
  type PackagesFolder,
} from '../sandbox/attempt-cache-folder.ts';
import { chooseEntry, type Wanted } from './choose.ts';
import { bootId, syncFileSystem } from './durable.ts';
import {
  type Entry,
  type FoundEntry,
  isOf,
  type Layer,
  layersOf,
  readEntries,
  touchEntry,
  writeEntry,
} from './entry.ts';
import { appFolder, CACHE_FOLDER, makeWritten, newLayerId } from './folder.ts';
import { type Measured, measureTree } from './measure.ts';
import { attemptMount } from './mount.ts';
import { readablePackages } from './packages-image.ts';
import { type CachesOptions, Upkeep } from './upkeep.ts';

/** With more layers than this, they are put together into one after the build. */
const PACK_ABOVE = 6;
/** With more than this, packing has failed again and again, or the mount's options would become too long. */
export const MOST_LAYERS = 16;

/** A folder that a build has written, and its size in bytes. */
interface WrittenLayer {
  readonly path: string;
  readonly bytes: number;
}

/** What a build has written to its cache. */
export interface Written extends WrittenLayer {
  /** The packages of an earlier build that it has reused; null for none. */
  readonly reused: Entry['installed'];
  /** The packages that it has installed and later builds can reuse, with their key (installed.ts); null for none. */
  readonly installed: (WrittenLayer & { readonly key: string }) | null;
}

/** Caches of all apps. Changes to the folders are made one after the other; builds run meanwhile. */
export class Caches {
  readonly #options: CachesOptions;
  readonly #folder: string;
  readonly #upkeep: Upkeep;
  readonly #closed = new AbortController();
  readonly #boot = bootId();
  #turn: Promise<unknown> = Promise.resolve();
  #background: Promise<unknown> = Promise.resolve();

  constructor(options: CachesOptions) {
    this.#options = options;
    this.#folder = join(options.state, CACHE_FOLDER);
    this.#upkeep = new Upkeep(options, {
      boot: this.#boot,
      closed: this.#closed.signal,
      inTurn: (work) => this.#inTurn(work),
    });
  }

  /** Whether caching is on. */
  get enabled(): boolean {
    return this.#options.maxBytes > 0;
  }

  /** The size limit for one scope: a single app must not evict all others. */
  get maxEntryBytes(): number {
    return Math.floor(this.#options.maxBytes / 2);
  }

  /**
   * Makes an attempt's cache folder, and finds what it begins with, which nobody removes as long as the attempt's folder
   * is there. With `clear`, the cache of the scope is forgotten first and nothing is found.
   */
  async lease(
    appId: string,
    wanted: Wanted,
    attemptTop: string,
    clear: boolean,
  ): Promise<{ folder: AttemptCacheFolder; entry: FoundEntry | null }> {
    const folder = attemptCacheFolder(attemptTop);
    for (const written of [folder, folder.packages]) await makeWritten(written);
    if (!this.enabled) return { folder, entry: null };
    const entry = await this.#inTurn(async () => {
      const entries = await readEntries(appFolder(this.#folder, appId), await this.#boot);
      if (clear) {
        for (const { file } of entries.filter(isOf(wanted))) await rm(file, { force: true });
        this.#later(() => this.#upkeep.tidy());
        return null;
      }
      const chosen = chooseEntry(entries, wanted);
      if (chosen === null) return null;
      await writeFile(folder.lease, JSON.stringify(layersOf(chosen).map(({ id }) => id)));
      await touchEntry(chosen);
      return chosen;
    });
    return { folder, entry };
  }

  /** The mount of what an attempt begins with; null where it cannot be said in a mount's options. */
  mountOf(
    appId: string,
    { folder, entry }: { readonly folder: AttemptCacheFolder; readonly entry: Pick<Entry, 'layers'> },
  ): MountSettings | null {
    return attemptMount(
      folder,
      entry.layers.map((layer) => this.#upkeep.layerPath(appId, layer)),
    );
  }

  /**
   * The mount of the packages that an attempt reuses; null where it cannot be said in a mount's options.
   * @throws {ProgramFailure} if their file can't be mounted
   */
  async packagesMountOf(
    appId: string,
    folder: PackagesFolder,
    layer: Layer,
    target: string,
  ): Promise<MountSettings | null> {
    const lower = await readablePackages(this.#upkeep.layerPath(appId, layer), folder);
    return attemptMount(folder, [lower], target);
  }

  /** What a build has written; null where that cannot be said. */
  measure(path: string, image: string, signal: AbortSignal): Promise<Measured | null> {
    const { engine, runnerId } = this.#options;
    return measureTree({ engine, runnerId, image, path, signal });
  }

  /** Forgets the cache of a scope. */
  async forget(appId: string, wanted: Pick<Wanted, 'scope' | 'image'>): Promise<void> {
    await this.#inTurn(async () => {
      const entries = await readEntries(appFolder(this.#folder, appId), await this.#boot);
      for (const { file } of entries.filter(isOf(wanted))) await rm(file, { force: true });
    });
    this.#later(() => this.#upkeep.tidy());
  }

  /**
   * Makes what a build wrote the newest layer of its scope's cache, by renames, the entry's last, so that a crash leaves
   * either the old state or the new one. That it also reaches the disk is not waited for: until then the entry says in which start of
   * the host it was written, and counts in that one only. Makes room by forgetting what was not used for longest.
   * @param base the layers that the build began with
   */
  async keep(
    appId: string,
    wanted: Wanted,
    { path, bytes, reused, installed }: Written,
    base: readonly Layer[],
  ): Promise<void> {
    const app = appFolder(this.#folder, appId);
    const { scope, image, key } = wanted;
    const boot = await this.#boot;
    const moves: { readonly from: string; readonly layer: Layer }[] = [];
    const moved = (written: WrittenLayer): Layer => {
      const layer = { id: newLayerId(), bytes: written.bytes };
      moves.push({ from: written.path, layer });
      return layer;
    };
    const layers = [moved({ path, bytes }), ...base];
    const packages = installed === null ? reused : { key: installed.key, layer: moved(installed) };
    const entry: Entry = { scope, image, key, layers, installed: packages, boot };
    await this.#inTurn(async () => {
      await mkdir(app.layers, { recursive: true, mode: 0o700 });
      for (const { from, layer } of moves) await rename(from, this.#upkeep.layerPath(appId, layer));
      if (boot === null) await syncFileSystem(app.layers, this.#closed.signal);
      await writeEntry(app, entry);
    });
    if (boot !== null) this.#later(() => this.#upkeep.secure(appId, entry));
    if (entry.layers.length > PACK_ABOVE) this.#later(() => this.#upkeep.pack(appId, entry));
    this.#later(() => this.#upkeep.tidy());
  }

  /** Removes what an earlier process left unfinished. Only to be called while no build runs. */
  async sweep(): Promise<void> {
    await this.#upkeep.sweep();
    await this.#upkeep.tidy();
  }

  /** Removes caches until as much is free as they have to leave, as far as no running build needs them. */
  async makeRoom(): Promise<void> {
    this.#later(() => this.#upkeep.tidy());
    await this.#background;
  }

  /** Waits for background work, or ends it. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#background;
  }

  /** Waits for background work. */
  async settled(): Promise<void> {
    await this.#background;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    // The next change runs even if this one fails; its caller gets the error.
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #later(work: () => Promise<void>): void {
    this.#background = this.#background.then(work).catch((error: unknown) => {
      if (this.#closed.signal.aborted) return;
      this.#options.journal.error('The caches could not be pruned', { error: describeError(error) });
    });
  }
}
