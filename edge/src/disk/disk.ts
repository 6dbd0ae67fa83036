/**
 * The disk that this instance's data is on. On one machine the process that runs the Worker answers what is free
 * (stack/edge/disk.ts); Cloudflare's storage has no disk to fill. Below a threshold no new work is accepted, so that what was
 * accepted can end: a full disk fails builds that run, and the answers of everything that writes.
 */
import { AppFluxError, formatBytes } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';

const Disk = z.object({
  freeBytes: z.number(),
  totalBytes: z.number(),
  /** How many bytes have to be free for new work. */
  minFreeBytes: z.number(),
});
export type Disk = z.infer<typeof Disk>;

type DiskEnv = Pick<Env, 'DISK'>;

/** With less than this, in bytes, writing fails: databases grow by pages, and their journals by more. */
const FULL_BELOW_BYTES = 4 * 1024 ** 2;

/** When to ask again. */
const RETRY_AFTER_SECONDS = 60;

/** The disk as it is now; null where there is none to know of, or where the question fails, which goes to the log. */
export async function diskOf(env: DiskEnv): Promise<Disk | null> {
  if (env.DISK === undefined) return null;
  try {
    const answer = await env.DISK.fetch('http://disk/');
    return Disk.nullable().parse(await answer.json());
  } catch (error) {
    // Work is not refused because of a question that fails.
    journal.error('the free space of the disk is unknown', error);
    return null;
  }
}

/** Whether there is too little space for new work that takes `bytes` itself. Pure. */
export const isLow = (disk: Disk, bytes = 0): boolean => disk.freeBytes - bytes < disk.minFreeBytes;

/** Whether writing fails for lack of space. Pure. */
export const isFull = ({ freeBytes }: Disk): boolean => freeBytes < FULL_BELOW_BYTES;

/** Why builds wait while there is too little space; null while there is enough. */
export async function lowDiskReason(env: DiskEnv): Promise<string | null> {
  const disk = await diskOf(env);
  return disk !== null && isLow(disk) ? lowDisk(disk) : null;
}

/** Throws `storage_full` when there is too little space for new work that takes `bytes` itself. */
export async function requireDisk(env: DiskEnv, bytes = 0): Promise<void> {
  const disk = await diskOf(env);
  if (disk !== null && isLow(disk, bytes)) throw storageFull(lowDisk(disk));
}

/** What a failure is reported as: `storage_full` if the disk is full, which databases and storage don't say. */
export async function asDiskFull(error: AppFluxError, env: DiskEnv): Promise<AppFluxError> {
  if (error.status < 500 || error.code === 'storage_full') return error;
  const disk = await diskOf(env);
  return disk !== null && isFull(disk) ? storageFull('The disk of this instance is full', error) : error;
}

const lowDisk = ({ freeBytes, minFreeBytes }: Disk): string =>
  `The disk of this instance has only ${formatBytes(freeBytes)} free, and ${formatBytes(minFreeBytes)} have to stay free`;

const storageFull = (message: string, cause?: unknown): AppFluxError =>
  new AppFluxError('storage_full', message, {
    hint: 'Ask the operator of this instance to free disk space. What was accepted before is kept and continues by itself.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    ...(cause === undefined ? {} : { cause }),
  });
