import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Builder } from '@sveltejs/kit';
import { expect, test } from 'vitest';
import { ASSET_HEADERS, withAssetHeaders } from './asset-headers.ts';

test('the headers are written after the adapter, which empties its folder first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-headers-'));
  try {
    const adapter = {
      name: 'empties',
      adapt: async () => {
        for (const name of await readdir(folder)) await rm(join(folder, name));
        await writeFile(join(folder, 'index.html'), 'page');
      },
    };
    for (let round = 0; round < 2; round++) await withAssetHeaders(adapter, folder).adapt({} as Builder);
    expect((await readdir(folder)).sort()).toEqual(['_headers', 'index.html']);
    expect(await readFile(join(folder, '_headers'), 'utf8')).toBe(ASSET_HEADERS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
