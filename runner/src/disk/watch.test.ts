import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerDisk } from '@appflux/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { DiskWatch, type DiskWatchOptions } from './watch.ts';

/** A watch of a folder of its own. */
function watch(options: Partial<DiskWatchOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const errors: unknown[] = [];
  const made: string[] = [];
  const disks = new DiskWatch({
    folders: [folder],
    minFree: 0,
    makeRoom: async () => void made.push('room'),
    onError: (error) => errors.push(error),
    everyMs: 5,
    ...options,
  });
  return { disks, errors, made, folder };
}

const total = () => {
  const { blocks, bsize } = statfsSync(tmpdir());
  return blocks * bsize;
};

test('room is made before a disk counts as low', async () => {
  const { disks, made } = watch({ minFree: total() * 2 });
  expect(await disks.look()).toMatchObject({ low: true, totalBytes: total() });
  expect(made).toEqual(['room']);
});

test('nothing is removed while there is room', async () => {
  const { disks, made } = watch();
  expect(await disks.look()).toMatchObject({ low: false });
  expect(made).toEqual([]);
});

test('a state is reported once, and not again until it changes', async () => {
  const { disks } = watch();
  const reports: RunnerDisk[] = [];
  const stop = new AbortController();
  const running = disks.run((disk) => reports.push(disk), stop.signal);
  for (let time = 0; time < 3; time += 1) await disks.look();
  stop.abort();
  await running;
  expect(reports).toHaveLength(1);
});

test('a folder that this user can’t see is left out; without any there is nothing to report', async () => {
  const { disks, errors, folder } = watch({ folders: ['/nonexistent/engine'] });
  expect(await disks.look()).toBeNull();
  expect(errors).toEqual([]);
  expect(await watch({ folders: ['/nonexistent/engine', folder] }).disks.look()).toMatchObject({
    low: false,
  });
});

test('a file system that does not count its bytes is left out', async () => {
  expect(await watch({ folders: ['/proc'], minFree: undefined }).disks.look()).toBeNull();
});

test('caches that can’t be removed do not end the watch', async () => {
  const makeRoom = () => Promise.reject(new Error('busy'));
  const { disks, errors } = watch({ minFree: total() * 2, makeRoom });
  expect(await disks.look()).toBeNull();
  expect(errors).toMatchObject([{ message: 'busy' }]);
});
