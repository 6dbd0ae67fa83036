/** Finds out what a target is: a file, a folder, or a bucket. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { bucketStore } from './bucket.ts';
import { fileStore } from './file.ts';
import { folderStore } from './folder.ts';
import type { S3Server } from './s3-server.ts';
import type { BackupStore } from './store.ts';

/** A target as it is kept: absolute, whatever folder it was given in. A folder ends with a slash, unless it is there. */
export function absoluteTarget(target: string, cwd: string): string {
  if (target.startsWith('s3://') || isAbsolute(target)) return target;
  return join(cwd, target);
}

/** The store at an absolute target; `s3` is the server of a bucket. A path is a folder when there is one, or when it ends with a slash; else a file. */
export async function openStore(target: string, s3: S3Server | null = null): Promise<BackupStore> {
  if (target.startsWith('s3://')) return bucketStore(target, s3);
  const there = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (there?.isDirectory() || (there === null && target.endsWith('/'))) {
    return folderStore(target.replace(/(?<=.)\/+$/, ''));
  }
  return fileStore(target);
}

/** Whether a store is a file that ends before its archive does. */
export const isCutOff = async (store: BackupStore): Promise<boolean> =>
  'isCutOff' in store && typeof store.isCutOff === 'function' && (await store.isCutOff()) === true;
