/** Entries: which layers a build begins with. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
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
});
export type Entry = z.infer<typeof Entry>;

/** An entry as it was found: with its file, and when it was last used, in Unix milliseconds. */
export interface FoundEntry extends Entry {
  readonly file: string;
  readonly usedAt: number;
}

/** All bytes of an entry's layers. */
export const entryBytes = ({ layers }: Pick<Entry, 'layers'>): number =>
  layers.reduce((sum, { bytes }) => sum + bytes, 0);

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** The names in a folder; none if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

/**
 * The entries of an App. A file that cannot be read as one is removed: it was cut off by a crash, or is of another
 * version of the runner, and a cache that is lost costs a slower build.
 */
export async function readEntries({ entries }: AppFolder): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const name of await namesIn(entries)) {
    const file = join(entries, name);
    const entry = await readEntry(file);
    if (entry === null) await rm(file, { force: true });
    else found.push({ ...entry, file, usedAt: (await stat(file)).mtimeMs });
  }
  return found;
}

async function readEntry(file: string): Promise<Entry | null> {
  const text = await readFile(file, 'utf8');
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    // Not JSON, or not of this shape: said above.
    return null;
  }
}

/** Puts an entry in the place of the older one of its scope and image, in one step. */
export async function writeEntry({ entries }: AppFolder, entry: Entry): Promise<void> {
  await mkdir(entries, { recursive: true, mode: 0o700 });
  const file = join(entries, entryName(entry.scope, entry.image));
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(entry), { mode: 0o600 });
  await rename(draft, file);
}

/** Notes that an entry was used now. */
export async function touchEntry({ file }: FoundEntry): Promise<void> {
  const now = new Date();
  await utimes(file, now, now);
}
