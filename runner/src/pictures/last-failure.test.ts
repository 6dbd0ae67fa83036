import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastPictureFailure, notePictureFailure } from './last-failure.ts';

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'appflux-pictures-'));
});
afterEach(() => rm(state, { recursive: true }));

const at = new Date('2026-11-20T12:00:00.000Z');

test('the last failure is kept, the end of a long one, until a picture was taken', async () => {
  expect(await lastPictureFailure(state)).toBeNull();
  await notePictureFailure(state, null);
  await notePictureFailure(state, 'first');
  await notePictureFailure(state, `${'x'.repeat(1000)}: no space left`, at);
  const failure = await lastPictureFailure(state);
  expect(failure?.at).toBe(at.toISOString());
  expect(failure?.reason).toHaveLength(500);
  expect(failure?.reason).toMatch(/: no space left$/);
  await notePictureFailure(state, null);
  expect(await lastPictureFailure(state)).toBeNull();
  expect(await readdir(state)).toEqual([]);
});

test.each(['', '{', '[]', '{"at":"yesterday","reason":"x"}', '{"at":1}'])(
  'a file with %j counts as none',
  async (text) => {
    await writeFile(join(state, 'picture-failure.json'), text);
    expect(await lastPictureFailure(state)).toBeNull();
  },
);

test('a folder that can’t be read is an error', async () => {
  await expect(lastPictureFailure(join(state, 'x'.repeat(300)))).rejects.toThrow('ENAMETOOLONG');
});
