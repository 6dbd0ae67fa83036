import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import type { PackedFolder } from './pack-folder.ts';
import { SourceArchive } from './source-archive.svelte.ts';

const file = (name: string, path = '') =>
  Object.defineProperty(new File(['x'], name), 'webkitRelativePath', { value: path });
const packed = (name: string): PackedFolder => ({
  zip: new File(['zip'], `${name}.zip`),
  count: 2,
  leftOut: ['node_modules/'],
});

describe('a source archive', () => {
  test('is a chosen ZIP as it is', async () => {
    const archive = new SourceArchive(() => Promise.reject(new Error('nothing to pack')));
    expect(archive.problem).toMatch(/Choose a ZIP/);
    await archive.choose([file('shop.zip')]);
    expect([archive.file?.name, archive.folder, archive.problem]).toEqual(['shop.zip', null, null]);
    await archive.choose([file('shop.tar.gz')]);
    expect(archive.problem).toMatch(/Not a ZIP/);
  });

  test('is packed from a folder, from loose files, and from a single page', async () => {
    const names: string[] = [];
    const archive = new SourceArchive(async (folder, progress) => {
      names.push(folder.name);
      progress(1, 2);
      expect(archive.packing).toMatchObject({ done: 1, total: 2 });
      expect(archive.problem).toMatch(/Wait/);
      return packed(folder.name || 'files');
    });
    await archive.choose([file('index.html', 'shop/index.html'), file('a.css', 'shop/a.css')]);
    expect(archive.file?.name).toBe('shop.zip');
    expect(archive.folder).toEqual({ name: 'shop', count: 2, leftOut: ['node_modules/'] });
    expect([archive.packing, archive.problem]).toEqual([null, null]);
    await archive.choose([file('index.html'), file('a.css')]);
    await archive.choose([file('index.html')]);
    expect(names).toEqual(['shop', '', '']);
  });

  test('refuses a ZIP among other files', async () => {
    const archive = new SourceArchive();
    await archive.choose([file('a.zip'), file('b.css')]);
    expect([archive.file, archive.problem]).toEqual([null, expect.stringMatching(/Choose one ZIP/)]);
  });

  test('keeps why a folder was refused until something else is chosen', async () => {
    const archive = new SourceArchive(() =>
      Promise.reject(new AppFluxError('unprocessable', 'Too large.', { hint: 'Leave out media.' })),
    );
    await archive.choose([file('a', 'x/a'), file('b', 'x/b')]);
    expect(archive.problem).toBe('Too large. Leave out media.');
    await archive.choose([file('shop.zip')]);
    expect(archive.problem).toBe(null);
  });

  test('does not take over a folder that is packed after another source was chosen', async () => {
    let finish: (folder: PackedFolder) => void = () => expect.unreachable();
    const archive = new SourceArchive(() => new Promise((resolve) => (finish = resolve)));
    const packing = archive.choose([file('a', 'x/a'), file('b', 'x/b')]);
    await archive.choose([file('shop.zip')]);
    finish(packed('x'));
    await packing;
    expect([archive.file?.name, archive.folder]).toEqual(['shop.zip', null]);
  });
});
