/** SvelteKit 2 and 3: the adapter for Cloudflare takes the place of the one that the project names. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { COMPATIBILITY_DATE } from '../context.mjs';
import { PackFailure } from '../failure.mjs';

/** Adapters that make a server. That for static sites makes none, and stays. */
const SWAPPED = ['auto', 'node', 'vercel', 'netlify', 'cloudflare', 'cloudflare-workers'];

export const swaps = (ctx) => {
  const adapter = join(
    import.meta.dirname,
    'sveltekit',
    ctx.majorOf('@sveltejs/kit') === 2 ? 'kit-2.mjs' : 'kit-3.mjs',
  );
  return Object.fromEntries(SWAPPED.map((name) => [`@sveltejs/adapter-${name}`, adapter]));
};
export const peers = ['@sveltejs/kit', 'svelte', 'vite'];

/** Where the adapter writes: in SvelteKit's own folder, so that the code finds the packages of the project. */
const output = (ctx) => join(ctx.root, '.svelte-kit', 'appflux');
const worker = (ctx) => join(output(ctx), 'worker', 'server.js');
const assets = (ctx) => join(output(ctx), 'assets');
const config = (ctx) => join(ctx.work, 'sveltekit.json');

export const environment = (_, ctx) => ({ APPFLUX_SERVER_SVELTEKIT: config(ctx) });

/** Both adapters read where to write from a configuration as wrangler has it. */
export async function prepare(ctx) {
  await writeFile(
    config(ctx),
    JSON.stringify({
      name: 'site',
      compatibility_date: COMPATIBILITY_DATE,
      compatibility_flags: ['nodejs_compat'],
      main: worker(ctx),
      assets: { directory: assets(ctx), binding: 'ASSETS' },
    }),
  );
}

export async function pack(ctx) {
  if (!existsSync(worker(ctx)))
    throw new PackFailure(
      'The build made no server: SvelteKit has not called an adapter',
      'Set an adapter such as @sveltejs/adapter-auto, and run SvelteKit with Node in the build command.',
    );
  const bundled = await bundle(ctx, { entry: worker(ctx) });
  return { ...bundled, framework: 'SvelteKit', assets: assets(ctx), workerFirst: false, notFound: 'none' };
}
