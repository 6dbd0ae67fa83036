import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { defaultMinFree, diskService } from './disk.ts';

const NO_BLOBS = { sync: () => Promise.reject(new Error('nothing is stored')) };
const GIB = 1024 ** 3;

test.each([
  ['a small disk keeps 2 GiB', 20, 2],
  ['one in between keeps 5 %', 100, 5],
  ['a large one keeps 10 GiB', 4000, 10],
])('%s free', (_, total, least) => {
  expect(defaultMinFree(total * GIB)).toBe(least * GIB);
});

test('the service answers for the disk of its folder, with the setting where there is one', async () => {
  const answer = async (minFreeBytes?: number) =>
    (await diskService(tmpdir(), minFreeBytes, NO_BLOBS)({ method: 'GET' })).json;
  expect(await answer(7)).toEqual({
    freeBytes: expect.any(Number),
    totalBytes: expect.any(Number),
    minFreeBytes: 7,
  });
  expect(await answer(0)).toMatchObject({ minFreeBytes: 0 });
  const { totalBytes, minFreeBytes } = (await answer()) as Record<string, number>;
  expect(minFreeBytes).toBe(defaultMinFree(totalBytes ?? 0));
});

test('a file system that does not count its bytes has none to run out of', async () => {
  const answer = await diskService('/proc', undefined, NO_BLOBS)({ method: 'GET' });
  expect(answer).toEqual({ status: 200, json: null });
});

test('a folder that is gone fails', async () => {
  await expect(diskService('/nonexistent/folder', 0, NO_BLOBS)({ method: 'GET' })).rejects.toThrow(/ENOENT/);
});
