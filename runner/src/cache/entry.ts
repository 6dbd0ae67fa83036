/** Entries: which layers a build begins with. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncPath } from './durable.ts';
import { type AppFolder, entryName, LAYER_ID } from './folder.ts';

const Layer = z.strictObject({ id: z.string().regex(LAYER_ID), bytes: z.int().min(0) });
export type Layer = z.infer<typeof Layer>;

/** What an entry's file holds. */
const Entry = z.strictObject({
  scope: z.string().min(1),
  /** The image's name: another image has other tools, and gets nothing of this. */
  image: z.string().min(1),
  /** Digest of what decides about the packages (key.ts). */
  key: z.string().min(1),
  /** The newest first. */
  layers: z.array(Layer).min(1),
  /** The installed packages: their key (installed.ts), and the layer that is node_modules; null if none can be reused. */
  installed: z.strictObject({ key: z.string().min(1), layer: Layer }).nullable(),
  /** The host's start in which the layers were written (durable.ts); null once they are on the disk for certain. */
  boot: z.string().min(1).nullable(),
});
export type Entry = z.infer<typeof Entry>;

/** An entry as it was found: with its file, and when it was last used, in Unix milliseconds. */
export interface FoundEntry extends Entry {
  readonly file: string;
  readonly usedAt: number;
}

/** Whether an entry is the one of a scope and an image. */
export const isOf =
  ({ scope, image }: Pick<Entry, 'scope' | 'image'>) =>
  (entry: Entry): boolean =>
    entry.scope === scope && entry.image === image;

/** All layers of an entry, with the one of its packages. */
export const layersOf = ({ layers, installed }: Pick<Entry, 'layers' | 'installed'>): readonly Layer[] =>
  installed === null ? layers : [...layers, installed.layer];

/** All bytes of an entry's layers. */
export const entryBytes = (entry: Pick<Entry, 'layers' | 'installed'>): number =>
  layersOf(entry).reduce((sum, { bytes }) => sum + bytes, 0);

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The names in a folder; none if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

/**
 * The entries of an app. A file that cannot be read as one is removed: it is of another version of the runner. So is
 * one whose layers may not have reached the disk before the host went down. A cache that is lost costs a slower build.
 * @param boot which start of the host this is
 */
export async function readEntries({ entries }: AppFolder, boot: string | null): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const name of await namesIn(entries)) {
    const file = join(entries, name);
    const entry = await readEntry(file);
    if (entry === null || !isWhole(entry, boot)) await rm(file, { force: true });
    else found.push({ ...entry, file, usedAt: (await stat(file)).mtimeMs });
  }
  return found;
}

/** Whether all of an entry's layers can be relied on. */
export const isWhole = (entry: Pick<Entry, 'boot'>, boot: string | null): boolean =>
  entry.boot === null || entry.boot === boot;

async function readEntry(file: string): Promise<Entry | null> {
  const text = await readFile(file, 'utf8');
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    // Not JSON, or not of this shape: said above.
    return null;
  }
}

/**
 * Puts an entry in the place of the older one of its scope and image, in one step, on the disk as well.
 * @param usedAt when its cache was last used, in Unix milliseconds; now if it is left out
 */
export async function writeEntry({ entries }: AppFolder, entry: Entry, usedAt = Date.now()): Promise<void> {
  await mkdir(entries, { recursive: true, mode: 0o700 });
  const file = join(entries, entryName(entry.scope, entry.image));
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(entry), { mode: 0o600, flush: true });
  await utimes(draft, usedAt / 1000, usedAt / 1000);
  await rename(draft, file);
  await syncPath(entries);
}

/** Records that an entry was used now. */
export async function touchEntry({ file }: FoundEntry): Promise<void> {
  const now = new Date();
  await utimes(file, now, now);
}
