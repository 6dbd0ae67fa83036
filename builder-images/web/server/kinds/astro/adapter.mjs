/** Puts the adapter for Cloudflare into the `node_modules` of a project that has not installed it. */
import { cp, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pinned } from '../../context.mjs';

export const ADAPTER = '@astrojs/cloudflare';

/** What the adapters of each major version import. Those of the image are below the adapter or beside it. */
const IMPORTS = [
  '@astrojs/internal-helpers',
  '@astrojs/underscore-redirects',
  '@cloudflare/unenv-preset',
  'miniflare',
  'piccolore',
  'prismjs',
  'tinyglobby',
  'unenv',
  'workerd',
  'wrangler',
  'ws',
];

/**
 * Copies the adapter and Cloudflare's plugin for Vite: both import packages of the project, and must be found below
 * it. The rest is linked. `node_modules` is what was installed, and no source of the project.
 * @param {import('../../context.mjs').Context} ctx
 * @param {number} major of Astro
 */
export async function placeAdapter(ctx, major) {
  const source = pinned(`astro-${major}`);
  const target = join(ctx.root, 'node_modules', ADAPTER);
  await rm(target, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true });
  const below = (name) => join(target, 'node_modules', name);
  for (const name of IMPORTS) {
    await mkdir(dirname(below(name)), { recursive: true });
    // An adapter has packages of its own where versions differ; they are copied already.
    await symlink(pinned(name), below(name)).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await cp(pinned('@cloudflare/vite-plugin'), below('@cloudflare/vite-plugin'), { recursive: true });
  await symlink(await viteOfAstro(ctx), below('vite'));
}

/** The Vite that Astro uses: with pnpm, the project itself finds none. */
async function viteOfAstro(ctx) {
  const fromProject = createRequire(join(ctx.root, 'package.json'));
  for (const folder of fromProject.resolve.paths('astro') ?? []) {
    try {
      const astro = await realpath(join(folder, 'astro', 'package.json'));
      return dirname(createRequire(astro).resolve('vite/package.json'));
    } catch (error) {
      // Not in this folder: Node looks into the ones above, too.
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error('Astro is installed without Vite');
}
