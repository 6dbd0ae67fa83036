import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Blobs, blobFolder } from './blobs.ts';

function blobs() {
  const persist = mkdtempSync(join(tmpdir(), 'appflux-blobs-'));
  const folder = blobFolder(persist, 'bucket');
  const stored = new Blobs(folder);
  onTestFinished(() => {
    stored.close();
    rmSync(persist, { recursive: true });
  });
  return { folder, stored };
}

test('the folder is there before the first object is', () => {
  expect(existsSync(blobs().folder)).toBe(true);
});

test('objects are synced that are new, also those whose temporary names or themselves are gone', async () => {
  const { folder, stored } = blobs();
  await stored.sync();
  writeFileSync(join(folder, '.part'), 'a');
  renameSync(join(folder, '.part'), join(folder, 'object'));
  writeFileSync(join(folder, 'deleted'), 'b');
  rmSync(join(folder, 'deleted'));
  await Promise.all([stored.sync(), stored.sync()]);
});

test('without a watch of the folder, the whole file system is synced', async () => {
  const { folder, stored } = blobs();
  stored.close();
  writeFileSync(join(folder, 'object'), 'a');
  await stored.sync();
});
