/** The repository's Worker with a module of a benchmark around it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { bundleWorker } from '../stack/edge/bundle.ts';

const ROOT = join(import.meta.dirname, '..');

export interface WrappedWorker {
  /** wrangler.toml with the other main module, absolute. */
  readonly wranglerConfig: string;
  /** The bundle's main module, absolute. */
  readonly main: string;
}

/** Bundles `<folder>/index.ts`, a path in the checkout, as the main module in place of the control plane's own. */
export async function wrapWorker(folder: string): Promise<WrappedWorker> {
  const cache = join(ROOT, 'node_modules', '.cache', 'appflux-bench', folder.replaceAll('/', '-'));
  const wranglerConfig = await configFor(`${folder}/index.ts`, cache);
  const sources = ['edge/src', 'protocol/src', folder].map((path) => join(ROOT, path));
  const files = [join(ROOT, 'package-lock.json')];
  return {
    wranglerConfig,
    main: await bundleWorker({ wranglerConfig, sources, files }, join(cache, 'edge')),
  };
}

/** The repository's wrangler.toml with another main module; its paths are relative to its own folder. */
async function configFor(main: string, folder: string): Promise<string> {
  const to = (path: string) => relative(folder, join(ROOT, path));
  const text = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  const changed = text
    .replace('"edge/src/index.ts"', `"${to(main)}"`)
    .replace('"dashboard/build"', `"${to('dashboard/build')}"`)
    .replace('"edge/migrations"', `"${to('edge/migrations')}"`);
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'wrangler.toml');
  await writeFile(path, changed);
  return path;
}
