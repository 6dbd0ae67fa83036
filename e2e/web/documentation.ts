/** AppFlux's own documentation, as it is deployed from a checkout. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipOf } from '../source/zip.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** What npm and VitePress write. */
const GENERATED = new Set(['node_modules', 'dist', '.temp']);

/** The files below a folder of the checkout, by their paths in it. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true });
  const paths = entries
    .filter(({ name }) => !GENERATED.has(name))
    .map((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
  return (await Promise.all(paths)).flat();
}

/**
 * A ZIP of the checkout, as far as the site needs it, with what detection finds at the top: `appflux.json`, and the
 * package.json whose workspaces the site isn't one of.
 */
export async function documentationZip(): Promise<Buffer> {
  const atTop = (await readdir(ROOT)).filter((name) => /\.(?:md|json)$/.test(name));
  const paths = [
    ...atTop,
    'builder-images/README.md',
    ...(await filesBelow('docs')),
    ...(await filesBelow('docs-site')),
  ];
  const files = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(ROOT, path))] as const),
  );
  return zipOf(Object.fromEntries(files));
}
