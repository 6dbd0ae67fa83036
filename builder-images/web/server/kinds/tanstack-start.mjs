/** TanStack Start: its server build, or that of Nitro or of Cloudflare's plugin where the project uses one. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { PackFailure } from '../failure.mjs';
import { packWrangler, redirectedConfig } from '../wrangler-output.mjs';
import * as nitro from './nitro.mjs';

/** For projects with the plugin of Nitro, and for older versions, which are built by it. */
export const { environment } = nitro;

export async function pack(ctx) {
  return { ...(await packBuild(ctx)), framework: frameworkOf(ctx) };
}

function frameworkOf(ctx) {
  const names = ['@tanstack/react-start', '@tanstack/solid-start', '@tanstack/start'];
  const found = names.map((name) => ctx.packageOf(name)?.version).find(Boolean);
  return found === undefined ? 'TanStack Start' : `TanStack Start ${found}`;
}

async function packBuild(ctx) {
  if (nitro.hasBuilt(ctx)) return nitro.pack(ctx);
  const redirected = await redirectedConfig(ctx);
  if (redirected !== null) return packWrangler(ctx, redirected);
  const server = join(ctx.root, 'dist', 'server');
  if (!existsSync(join(server, 'server.js')))
    throw new PackFailure(
      'The build made no server: dist/server/server.js is missing',
      'Check that the build command runs "vite build" with the plugin of TanStack Start.',
    );
  // Exports besides the default one are no handlers, and a Worker may have none.
  const entry = join(server, 'appflux-server.js');
  await writeFile(entry, "export { default } from './server.js';\n");
  const bundled = await bundle(ctx, { entry });
  return { ...bundled, assets: join(ctx.root, 'dist', 'client'), workerFirst: false, notFound: 'none' };
}
