// @vitest-environment node
/** Folders that are dropped on the page, in a real browser: it reads them from the disk as it does for people. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-drop-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Drops files and folders of the disk in the middle of the page, as an operating system does. */
async function drop(page: Page, names: readonly string[]): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: names.map((name) => join(folder, name)), dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, x: 640, y: 450, data });
}

/** Waits until what was dropped is packed and looked at, and goes back to where it is described. */
async function packed(page: Page, description: RegExp): Promise<void> {
  await page.getByRole('heading', { name: 'Configure' }).waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByText(description).waitFor();
}

describe.skipIf(chromiumPath === undefined)('a folder that is dropped', () => {
  test('is read in whole, however many files a folder has, and without what isn’t packed', async () => {
    // Chromium gives 100 entries at a time.
    const many = Array.from({ length: 230 }, (_, n) => [`shop/assets/deep/file-${n}.txt`, String(n)]);
    await write({
      ...Object.fromEntries(many),
      'shop/index.html': '<h1>Shop</h1>',
      'shop/Überblick/日本.html': 'x',
      'shop/node_modules/left/out.js': 'x',
      'shop/.git/HEAD': 'ref: refs/heads/main',
    });
    await mkdir(join(folder, 'shop/empty'));
    const { page, faults } = await visit('/new');
    await drop(page, ['shop']);
    await packed(page, /^\s*232 files, /);
    expect(faults).toEqual([]);
  });

  test('that links into itself is read once', async () => {
    await write({ 'site/index.html': '<h1>Site</h1>', 'site/pages/a.html': 'a' });
    await symlink('..', join(folder, 'site/pages/up'));
    const { page, faults } = await visit('/new');
    await drop(page, ['site']);
    await packed(page, /^\s*2 files, /);
    expect(faults).toEqual([]);
  });

  test('is replaced by the next one; files that are dropped together are packed together', async () => {
    await write({ 'one/index.html': '1', 'one/a.css': '2', 'index.html': 'x', 'a.css': 'y', 'b.css': 'z' });
    const { page } = await visit('/new');
    await drop(page, ['one']);
    await packed(page, /^\s*2 files, /);
    await drop(page, ['index.html', 'a.css', 'b.css']);
    await packed(page, /^\s*3 files, /);
  });
});
