/** What the control plane may ask about the disk that its data is on: workerd has no such call. */
import { statfs } from 'node:fs/promises';
import type { Blobs } from './blobs.ts';
import type { Answer, Call } from './calls.ts';

const GIB = 1024 ** 3;

/** The share of a disk that stays free unless a setting says otherwise, and its bounds in bytes. */
const SHARE = 0.05;
const AT_LEAST = 2 * GIB;
const AT_MOST = 10 * GIB;

/** How much of a disk of so many bytes stays free by default: 5 %, at least 2 GiB and at most 10 GiB. */
export const defaultMinFree = (totalBytes: number): number =>
  Math.round(Math.min(AT_MOST, Math.max(AT_LEAST, totalBytes * SHARE)));

/**
 * A service for the Worker's DISK binding. It answers GET with the bytes of the disk of `folder`: those that are free, all,
 * and those that have to stay free for new work to be accepted; `minFreeBytes` is the latter, if it is set. The answer is
 * null for a file system that doesn't say. It answers
 * `POST /sync` when all objects that were stored before are on disk.
 */
export function diskService(
  folder: string,
  minFreeBytes: number | undefined,
  blobs: Pick<Blobs, 'sync'>,
): (call: Pick<Call, 'method'>) => Promise<Answer> {
  return async ({ method }) => {
    if (method === 'POST') {
      await blobs.sync();
      return { status: 204 };
    }
    const { bavail, blocks, bsize } = await statfs(folder);
    const totalBytes = blocks * bsize;
    // File systems that don't count say zero, as many in user space do.
    if (totalBytes === 0) return { status: 200, json: null };
    const least = minFreeBytes ?? defaultMinFree(totalBytes);
    return { status: 200, json: { freeBytes: bavail * bsize, totalBytes, minFreeBytes: least } };
  };
}
