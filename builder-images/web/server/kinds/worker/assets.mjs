/** The files beside a Worker. */
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

/** Where a project without a configuration keeps its files. */
const USUAL = ['public', 'static'];

/**
 * The folder of what is served as files. Where the Worker itself lies in it, a copy without the Worker.
 * @param {import('../../context.mjs').Context} ctx
 * @param {Record<string, unknown> | null} config of wrangler
 * @param {string} main the Worker's main module, absolute
 * @returns {Promise<string | null>} absolute; null if there is none
 */
export async function assetsOf(ctx, config, main) {
  const folder = folderOf(ctx, config, main);
  if (folder === null || !existsSync(folder)) return null;
  if (!main.startsWith(folder + sep)) return folder;
  const copy = join(ctx.work, 'assets');
  await rm(copy, { recursive: true, force: true });
  const isWorker = (path) => path === main || path === `${main}.map`;
  await cp(folder, copy, { recursive: true, filter: (path) => !isWorker(path) });
  return copy;
}

function folderOf({ root }, config, main) {
  const named = config?.assets?.directory ?? config?.pages_build_output_dir;
  if (named !== undefined) return resolve(dirname(config.configPath), named);
  if (config !== null) return null;
  // Vite has copied them beside what it built.
  if (dirname(main) === join(root, 'dist')) return dirname(main);
  return USUAL.map((name) => join(root, name)).find((path) => existsSync(path)) ?? null;
}
