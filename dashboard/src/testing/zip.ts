import { TextReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import type { Page } from 'playwright-core';

/** A ZIP with these text files, by path. */
export async function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, text] of Object.entries(files)) await writer.add(name, new TextReader(text));
  return Buffer.from(await writer.close());
}

/** A workspace with two sites. */
export const TWO_SITES = {
  'harbor/package.json': '{"workspaces":["apps/*"]}',
  'harbor/apps/shop/package.json':
    '{"name":"shop","scripts":{"build":"vite build"},"devDependencies":{"vite":"8.0.0"}}',
  'harbor/apps/blog/package.json':
    '{"name":"blog","scripts":{"build":"astro build"},"dependencies":{"astro":"7.0.0"}}',
};

/** Chooses a ZIP in the form for a new app, and continues to the next step. */
export async function chooseZip(page: Page, name: string, files: Readonly<Record<string, string>>) {
  await page
    .getByLabel('Project archive')
    .setInputFiles({ name, mimeType: 'application/zip', buffer: await zip(files) });
  await page.getByRole('button', { name: 'Continue' }).click();
}
