/**
 * The embedded bucket of one machine, whose writes return when their bytes are on disk. Only the process that runs workerd
 * can sync files (stack/edge/blobs.ts). Without it a loss of power would take objects that were reported as stored, and with
 * an archived log the only copy of its lines.
 */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { ObjectStore, Presigner } from './storage.ts';

/** Resolves when everything that was stored before is on disk. */
export type Sync = () => Promise<void>;

/** How the objects of this instance reach the disk; null where storage sees to that itself. */
export function syncOf({
  DISK: disk,
  STORAGE_DRIVER: driver,
}: Pick<Env, 'DISK' | 'STORAGE_DRIVER'>): Sync | null {
  if (disk === undefined || driver === 's3') return null;
  return async () => {
    const answer = await disk.fetch('http://disk/sync', { method: 'POST' });
    if (!answer.ok)
      throw new AppFluxError('unavailable', "The storage doesn't respond", { retryAfterSeconds: 5 });
  };
}

export const durableObjects = (objects: ObjectStore, sync: Sync): ObjectStore => ({
  ...objects,
  put: async (...object) => {
    await objects.put(...object);
    await sync();
  },
  copyChecked: async (...copy) => {
    const copied = await objects.copyChecked(...copy);
    if (typeof copied !== 'string') await sync();
    return copied;
  },
  putParts: async (...object) => {
    const writer = await objects.putParts(...object);
    const complete = async () => {
      await writer.complete();
      await sync();
    };
    return { ...writer, complete };
  },
});

export const durablePresigner = (presigner: Presigner, sync: Sync): Presigner => ({
  ...presigner,
  complete: async (...upload) => {
    await presigner.complete(...upload);
    await sync();
  },
});
