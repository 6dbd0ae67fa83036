/** What is done about the caches beside the builds: room, waste, what has to reach the disk, packing. */
import { mkdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../journal.ts';
import { attemptCacheFolder } from '../sandbox/attempt-cache-folder.ts';
import { WORK_FOLDER } from '../sandbox/attempt-folder.ts';
import type { Engine } from '../sandbox/engine.ts';
import { removeBuilt } from '../sandbox/remove-tree.ts';
import { entriesToEvict, type OwnedEntry, unusedLayers } from './choose.ts';
import { syncFileSystem } from './durable.ts';
import {
  type Entry,
  entryBytes,
  type FoundEntry,
  isOf,
  type Layer,
  layersOf,
  namesIn,
  readEntries,
  writeEntry,
} from './entry.ts';
import { type AppFolder, appFolder, CACHE_FOLDER, LAYER_ID, newLayerId, PACKING, TRASH } from './folder.ts';
import { packLayers } from './pack.ts';

export interface CachesOptions {
  readonly state: string;
  readonly engine: Engine;
  readonly runnerId: string;
  readonly journal: Journal;
  /** What all caches together may take, in bytes; 0 keeps nothing. */
  readonly maxBytes: number;
  /** What has to stay free on the disk for the host; caches leave twice as much. */
  readonly keepFree: number;
  /** What caches leave free of a disk of so many bytes; twice `keepFree` unless set. */
  readonly leaveFree?: (totalBytes: number) => number;
}

export interface Around {
  /** Which start of the host this is. */
  readonly boot: Promise<string | null>;
  /** The runner ends. */
  readonly closed: AbortSignal;
  /** Runs a change to the folders when no other one runs. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** An app's ids are 24 hexadecimal digits; other names in the folder are none of an app. */
const APP_ID = /^[0-9a-f]{24}$/;
const Lease = z.array(z.string());

export class Upkeep {
  readonly #options: CachesOptions;
  readonly #around: Around;
  readonly #folder: string;

  constructor(options: CachesOptions, around: Around) {
    this.#options = options;
    this.#around = around;
    this.#folder = join(options.state, CACHE_FOLDER);
  }

  /** Where an app's layer lies. */
  layerPath(appId: string, { id }: Layer): string {
    return join(appFolder(this.#folder, appId).layers, id);
  }

  /** Moves what an earlier process was packing to the trash. */
  async sweep(): Promise<void> {
    const packing = join(this.#folder, PACKING);
    await this.#around.inTurn(async () => {
      for (const name of await namesIn(packing)) await this.toTrash(join(packing, name));
    });
  }

  /** Evicts entries over the limit, moves unused layers to the trash, and empties it. */
  async tidy(): Promise<void> {
    await this.#around.inTurn(async () => {
      for (const { appId, entry } of entriesToEvict(await this.#allEntries(), await this.#room())) {
        await rm(entry.file, { force: true });
        this.#options.journal.info('A cache was removed to free disk space', {
          app: appId,
          bytes: entryBytes(entry),
        });
      }
      const leased = await this.#leased();
      for (const appId of await this.#apps()) {
        await this.#discardUnused(appFolder(this.#folder, appId), leased);
      }
    });
    // Large trees take long, and nothing waits for them.
    const { engine, runnerId } = this.#options;
    const trash = join(this.#folder, TRASH);
    for (const name of await namesIn(trash)) await removeBuilt(engine, runnerId, join(trash, name));
  }

  /** Waits until an entry's layers have reached the disk, and notes it, unless a newer build has changed the entry. */
  async secure(appId: string, entry: Entry): Promise<void> {
    const app = appFolder(this.#folder, appId);
    await syncFileSystem(app.layers, this.#around.closed);
    await this.#around.inTurn(async () => {
      const now = await this.#unchanged(app, entry);
      if (now !== null) await writeEntry(app, { ...entry, boot: null }, now.usedAt);
    });
  }

  /** Puts an entry's layers together into one, unless a newer build has changed it meanwhile. */
  async pack(appId: string, entry: Entry): Promise<void> {
    const { engine, runnerId } = this.#options;
    const app = appFolder(this.#folder, appId);
    const into = join(this.#folder, PACKING, newLayerId());
    const lower = entry.layers.map((layer) => this.layerPath(appId, layer));
    const signal = this.#around.closed;
    const packed = await packLayers({ engine, runnerId, image: entry.image, lower, into, signal });
    await syncFileSystem(into, signal);
    const layer: Layer = { id: newLayerId(), bytes: packed.bytes };
    await this.#around.inTurn(async () => {
      const now = await this.#unchanged(app, entry);
      if (now !== null) {
        await rename(packed.path, this.layerPath(appId, layer));
        await writeEntry(app, { ...entry, layers: [layer], boot: null }, now.usedAt);
      }
      await this.toTrash(into);
    });
  }

  /** Moves a folder to where it is removed. */
  async toTrash(path: string): Promise<void> {
    const trash = join(this.#folder, TRASH);
    await mkdir(trash, { recursive: true, mode: 0o700 });
    await rename(path, join(trash, newLayerId()));
  }

  /** An entry as it is now; null if a newer build has put another one in its place. */
  async #unchanged(app: AppFolder, entry: Entry): Promise<FoundEntry | null> {
    const now = (await readEntries(app, await this.#around.boot)).find(isOf(entry));
    return now !== undefined && JSON.stringify(layersOf(now)) === JSON.stringify(layersOf(entry))
      ? now
      : null;
  }

  async #discardUnused(app: AppFolder, leased: ReadonlySet<string>): Promise<void> {
    const layers = (await namesIn(app.layers)).filter((name) => LAYER_ID.test(name));
    const entries = await readEntries(app, await this.#around.boot);
    for (const id of unusedLayers(layers, entries, leased)) await this.toTrash(join(app.layers, id));
    if (entries.length === 0 && (await namesIn(app.layers)).length === 0) {
      await rm(app.top, { recursive: true, force: true });
    }
  }

  /** What caches may take, which is less where the disk is nearly full. */
  async #room(): Promise<number> {
    const { maxBytes, keepFree, leaveFree, state } = this.#options;
    const { bavail, blocks, bsize } = await statfs(state);
    const leave = leaveFree?.(blocks * bsize) ?? 2 * keepFree;
    const layers = new Map<string, number>();
    for (const { appId, entry } of await this.#allEntries()) {
      for (const { id, bytes } of layersOf(entry)) layers.set(`${appId}/${id}`, bytes);
    }
    const taken = [...layers.values()].reduce((sum, bytes) => sum + bytes, 0);
    return Math.max(0, Math.min(maxBytes, taken + bavail * bsize - leave));
  }

  async #apps(): Promise<string[]> {
    return (await namesIn(this.#folder)).filter((name) => APP_ID.test(name));
  }

  async #allEntries(): Promise<OwnedEntry[]> {
    const all: OwnedEntry[] = [];
    for (const appId of await this.#apps()) {
      const entries = await readEntries(appFolder(this.#folder, appId), await this.#around.boot);
      all.push(...entries.map((entry) => ({ appId, entry })));
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
}
