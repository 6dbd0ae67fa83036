import { AppFluxError } from '@appflux/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { asDiskFull, diskOf, lowDiskReason, requireDisk } from './disk.ts';

const MIB = 1024 ** 2;

afterEach(() => void vi.restoreAllMocks());

/** An environment whose disk has so many bytes free, of which 100 MiB have to stay. */
const withFree = (freeBytes: number) => ({
  DISK: {
    fetch: async () => Response.json({ freeBytes, totalBytes: 1000 * MIB, minFreeBytes: 100 * MIB }),
  } as unknown as Fetcher,
});
const broken = (fetch: () => Promise<Response>) => ({ DISK: { fetch } as unknown as Fetcher });

test('new work is refused once less is free than has to stay, or less than it takes besides', async () => {
  await requireDisk(withFree(100 * MIB));
  await expect(requireDisk(withFree(100 * MIB), 1)).rejects.toMatchObject({
    code: 'storage_full',
    status: 507,
  });
  await expect(requireDisk(withFree(100 * MIB - 1))).rejects.toMatchObject({ code: 'storage_full' });
  await requireDisk(withFree(300 * MIB), 200 * MIB);
});

test('builds wait with a reason, and without one when there is room', async () => {
  expect(await lowDiskReason(withFree(50 * MIB))).toBe(
    'The disk of this instance has only 50 MiB free, and 100 MiB have to stay free',
  );
  expect(await lowDiskReason(withFree(100 * MIB))).toBeNull();
});

test('without a disk, and when the question fails, work is accepted', async () => {
  await requireDisk({}, Number.MAX_SAFE_INTEGER);
  const log = vi.spyOn(console, 'error').mockReturnValue();
  for (const env of [
    broken(() => Promise.reject(new Error('gone'))),
    broken(async () => new Response('no JSON')),
    broken(async () => Response.json({ freeBytes: 'many' })),
  ]) {
    await requireDisk(env, Number.MAX_SAFE_INTEGER);
    expect(await diskOf(env)).toBeNull();
  }
  expect(log).toHaveBeenCalledTimes(6);
});

test('a failure is the disk’s only if that is full, and never a refusal of what was asked', async () => {
  const failed = new AppFluxError('unavailable', 'The metadata store doesn’t respond');
  expect(await asDiskFull(failed, withFree(MIB))).toMatchObject({ code: 'storage_full', cause: failed });
  expect(await asDiskFull(failed, withFree(50 * MIB))).toBe(failed);
  expect(await asDiskFull(failed, {})).toBe(failed);
  const refused = new AppFluxError('not_found', 'Upload not found');
  expect(await asDiskFull(refused, withFree(0))).toBe(refused);
});
