/** The caches of this runner: what builds leave to later builds of the same App. */
import { chmod, mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MountSettings } from 'dockerode';
import { z } from 'zod';
import { describeError, type Journal } from '../agent/journal.ts';
import { WORK_FOLDER } from '../sandbox/attempt-folder.ts';
import { type Engine, engineMessage } from '../sandbox/engine.ts';
import { removeBuilt } from '../sandbox/remove-tree.ts';
import { chooseEntry, entriesToEvict, type OwnedEntry, unusedLayers, type Wanted } from './choose.ts';
import {
  type Entry,
  entryBytes,
  type FoundEntry,
  type Layer,
  namesIn,
  readEntries,
  touchEntry,
  writeEntry,
} from './entry.ts';
import {
  type AppFolder,
  type AttemptCacheFolder,
  appFolder,
  attemptCacheFolder,
  CACHE_FOLDER,
  LAYER_ID,
  newLayerId,
  PACKING,
  TRASH,
} from './folder.ts';
import { attemptMount } from './mount.ts';
import { packLayers } from './pack.ts';
import { tryMount } from './probe.ts';

export interface CachesOptions {
  readonly state: string;
  readonly engine: Engine;
  readonly runnerId: string;
  readonly journal: Journal;
  /** What all caches together may take, in bytes; 0 keeps nothing. */
  readonly maxBytes: number;
  /** What has to stay free on the disk for the host; caches leave twice as much. */
  readonly keepFree: number;
}

/** With more layers than this, they are put together into one after the build. */
const PACK_ABOVE = 6;
/** With more than this, packing has failed again and again, or the mount's options would become too long. */
export const MOST_LAYERS = 16;
/** An App's ids are 24 hexadecimal digits; other names in the folder are none of an App. */
const APP_ID = /^[0-9a-f]{24}$/;
const Lease = z.array(z.string());

/** Caches of all Apps. Changes to the folders are made one after the other; builds run meanwhile. */
export class Caches {
  readonly #options: CachesOptions;
  readonly #folder: string;
  readonly #closed = new AbortController();
  /** Layers, by their paths, that the engine has mounted before. */
  readonly #mounted = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();
  #background: Promise<unknown> = Promise.resolve();

  constructor(options: CachesOptions) {
    this.#options = options;
    this.#folder = join(options.state, CACHE_FOLDER);
  }

  /** Whether this runner keeps anything. */
  get enabled(): boolean {
    return this.#options.maxBytes > 0;
  }

  /** The largest cache of one scope that is kept: a single App shall not push out all others. */
  get maxEntryBytes(): number {
    return Math.floor(this.#options.maxBytes / 2);
  }

  /** Where an App's layer lies. */
  layerPath(appId: string, { id }: Layer): string {
    return join(appFolder(this.#folder, appId).layers, id);
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
    await mkdir(folder.upper, { recursive: true, mode: 0o700 });
    await mkdir(folder.work);
    // The state folder above is this user's alone; inside of the container the builder's user has to get in.
    await chmod(folder.top, 0o755);
    await chmod(folder.upper, 0o777);
    if (!this.enabled) return { folder, entry: null };
    const entry = await this.#inTurn(async () => {
      const entries = await readEntries(appFolder(this.#folder, appId));
      if (clear) {
        for (const { file } of entries.filter(isOf(wanted))) await rm(file, { force: true });
        this.#later(() => this.#tidy());
        return null;
      }
      const chosen = chooseEntry(entries, wanted);
      if (chosen === null) return null;
      await writeFile(folder.lease, JSON.stringify(chosen.layers.map(({ id }) => id)));
      await touchEntry(chosen);
      return chosen;
    });
    return { folder, entry };
  }

  /**
   * The mount of what an attempt begins with, tried out where that was not done before; null when the engine cannot
   * mount it, which is in the journal then: it costs the build its cache, and nothing more.
   */
  async mountOf(
    appId: string,
    { folder, entry }: { readonly folder: AttemptCacheFolder; readonly entry: FoundEntry },
    imageId: string,
  ): Promise<MountSettings | null> {
    const lower = entry.layers.map((layer) => this.layerPath(appId, layer));
    const mount = attemptMount(folder, lower);
    const layers = lower.join('\n');
    if (mount === null || this.#mounted.has(layers)) return mount;
    const { engine, runnerId, journal } = this.#options;
    try {
      await tryMount(engine, runnerId, imageId, mount);
      this.#mounted.add(layers);
      return mount;
    } catch (error) {
      journal.warn('The engine cannot mount a cache', { app: appId, error: engineMessage(error) });
      return null;
    }
  }

  /** Forgets the cache of a scope. */
  async forget(appId: string, wanted: Pick<Wanted, 'scope' | 'image'>): Promise<void> {
    await this.#inTurn(async () => {
      const entries = await readEntries(appFolder(this.#folder, appId));
      for (const { file } of entries.filter(isOf(wanted))) await rm(file, { force: true });
    });
    this.#later(() => this.#tidy());
  }

  /**
   * Makes what a build wrote the newest layer of its scope's cache: two renames, so that a crash leaves either the old
   * state or the new one. Makes room for it by forgetting what was not used for longest.
   * @param base the layers that the build began with
   */
  async keep(
    appId: string,
    wanted: Wanted,
    written: { readonly path: string; readonly bytes: number },
    base: readonly Layer[],
  ): Promise<void> {
    const app = appFolder(this.#folder, appId);
    const layer: Layer = { id: newLayerId(), bytes: written.bytes };
    const { scope, image, key } = wanted;
    const entry: Entry = { scope, image, key, layers: [layer, ...base] };
    await this.#inTurn(async () => {
      await mkdir(app.layers, { recursive: true, mode: 0o700 });
      await rename(written.path, this.layerPath(appId, layer));
      await writeEntry(app, entry);
    });
    if (entry.layers.length > PACK_ABOVE) this.#later(() => this.#pack(appId, entry));
    this.#later(() => this.#tidy());
  }

  /** Removes what an earlier process left half done. Only to be called when nothing runs. */
  async sweep(): Promise<void> {
    await this.#inTurn(async () => {
      for (const name of await namesIn(join(this.#folder, PACKING)))
        await this.#toTrash(join(this.#folder, PACKING, name));
    });
    await this.#tidy();
  }

  /** Waits for what is done beside the builds, or ends it. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#background;
  }

  /** Waits until nothing is done beside the builds. */
  async settled(): Promise<void> {
    await this.#background;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    // The next in turn goes on whether this one failed or not; who asked for it is told.
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #later(work: () => Promise<void>): void {
    this.#background = this.#background.then(work).catch((error: unknown) => {
      if (this.#closed.signal.aborted) return;
      this.#options.journal.error('The caches could not be tidied up', { error: describeError(error) });
    });
  }

  /** Forgets what is too much, moves layers that nobody needs to the trash, and empties that. */
  async #tidy(): Promise<void> {
    await this.#inTurn(async () => {
      for (const { appId, entry } of entriesToEvict(await this.#allEntries(), await this.#room())) {
        await rm(entry.file, { force: true });
        this.#options.journal.info('A cache was removed to make room', {
          app: appId,
          bytes: entryBytes(entry),
        });
      }
      const leased = await this.#leased();
      for (const appId of await this.#apps())
        await this.#discardUnused(appFolder(this.#folder, appId), leased);
    });
    // Large trees take their time, and nobody waits for them.
    const { engine, runnerId } = this.#options;
    const trash = join(this.#folder, TRASH);
    for (const name of await namesIn(trash)) await removeBuilt(engine, runnerId, join(trash, name));
  }

  async #discardUnused(app: AppFolder, leased: ReadonlySet<string>): Promise<void> {
    const layers = (await namesIn(app.layers)).filter((name) => LAYER_ID.test(name));
    const entries = await readEntries(app);
    for (const id of unusedLayers(layers, entries, leased)) await this.#toTrash(join(app.layers, id));
    if (entries.length === 0 && (await namesIn(app.layers)).length === 0) {
      await rm(app.top, { recursive: true, force: true });
    }
  }

  async #toTrash(path: string): Promise<void> {
    const trash = join(this.#folder, TRASH);
    await mkdir(trash, { recursive: true, mode: 0o700 });
    await rename(path, join(trash, newLayerId()));
  }

  /** What caches may take, which is less where the disk is nearly full. */
  async #room(): Promise<number> {
    const { maxBytes, keepFree, state } = this.#options;
    const { bavail, bsize } = await statfs(state);
    const layers = new Map<string, number>();
    for (const { appId, entry } of await this.#allEntries()) {
      for (const { id, bytes } of entry.layers) layers.set(`${appId}/${id}`, bytes);
    }
    const taken = [...layers.values()].reduce((sum, bytes) => sum + bytes, 0);
    return Math.max(0, Math.min(maxBytes, taken + bavail * bsize - 2 * keepFree));
  }

  async #apps(): Promise<string[]> {
    return (await namesIn(this.#folder)).filter((name) => APP_ID.test(name));
  }

  async #allEntries(): Promise<OwnedEntry[]> {
    const all: OwnedEntry[] = [];
    for (const appId of await this.#apps()) {
      for (const entry of await readEntries(appFolder(this.#folder, appId))) all.push({ appId, entry });
    }
    return all;
  }

  /** The layers that running attempts read, by what their folders say. */
  async #leased(): Promise<Set<string>> {
    const leased = new Set<string>();
    const work = join(this.#options.state, WORK_FOLDER);
    for (const name of await namesIn(work)) {
      const text = await readFile(attemptCacheFolder(join(work, name)).lease, 'utf8').catch(
        // No lease: it begins with nothing, or its folder is on its way out.
        () => '[]',
      );
      for (const id of Lease.parse(JSON.parse(text))) leased.add(id);
    }
    return leased;
  }

  /** Puts an entry's layers together into one, unless a newer build has changed it meanwhile. */
  async #pack(appId: string, entry: Entry): Promise<void> {
    const { engine, runnerId } = this.#options;
    const app = appFolder(this.#folder, appId);
    const into = join(this.#folder, PACKING, newLayerId());
    const lower = entry.layers.map((layer) => this.layerPath(appId, layer));
    const packed = await packLayers({
      engine,
      runnerId,
      image: entry.image,
      lower,
      into,
      signal: this.#closed.signal,
    });
    const layer: Layer = { id: newLayerId(), bytes: packed.bytes };
    await this.#inTurn(async () => {
      const now = (await readEntries(app)).find(isOf(entry));
      const same = now !== undefined && JSON.stringify(now.layers) === JSON.stringify(entry.layers);
      if (same) {
        await rename(packed.path, this.layerPath(appId, layer));
        await writeEntry(app, { ...entry, layers: [layer] });
      }
      await this.#toTrash(into);
    });
  }
}

const isOf =
  ({ scope, image }: Pick<Wanted, 'scope' | 'image'>) =>
  (entry: Entry) =>
    entry.scope === scope && entry.image === image;
