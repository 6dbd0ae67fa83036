/**
 * Where caches lie in the state folder. An app's cache is a stack of layers; a layer is what one build wrote, and never
 * changes once it is there. An entry names the layers that a build of a scope and an image begins with.
 *
 *   cache/{appId}/entries/{name}.json    entry.ts
 *   cache/{appId}/layers/{layerId}       a folder tree of the builder's user, or a file with one (packages-image.ts)
 *   cache/trash/{any}/                   unused folders, until they are removed
 *   cache/packing/{any}/                 layers that are being merged (pack.ts)
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { WrittenFolder } from '../sandbox/attempt-cache-folder.ts';

/** The folder of all caches, with the folders in it that belong to no app. */
export const CACHE_FOLDER = 'cache';
export const TRASH = 'trash';
export const PACKING = 'packing';

export interface AppFolder {
  readonly top: string;
  readonly entries: string;
  readonly layers: string;
}

/** The caches of one app. Ids are 24 hexadecimal digits by the protocol, so one app's path is no other's. */
export function appFolder(caches: string, appId: string): AppFolder {
  const top = join(caches, appId);
  return { top, entries: join(top, 'entries'), layers: join(top, 'layers') };
}

/** Makes the folders that a build writes to. */
export async function makeWritten({ upper, work }: WrittenFolder): Promise<void> {
  await mkdir(upper, { recursive: true, mode: 0o700 });
  await mkdir(work);
  // The state folder above is this user's alone; inside of the container the builder's user has to get in.
  await chmod(dirname(upper), 0o755);
  await chmod(upper, 0o777);
}

/** A file name for an entry: scopes are named after branches, which may hold anything. */
export function entryName(scope: string, image: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([scope, image]))
    .digest('hex');
  return `${digest.slice(0, 24)}.json`;
}

/** Layer ids are short: the paths of all layers go into one mount, whose options have 4 KB (mount(2)). */
export const newLayerId = (): string => randomBytes(6).toString('hex');

/** What a layer id looks like: other names in the folder are none of ours. */
export const LAYER_ID = /^[0-9a-f]{12}$/;
