/** Nuxt 3 and 4, and servers of Nitro 2: a preset of ours, on top of Nitro's own for Cloudflare. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
import { PackFailure } from '../failure.mjs';
import { ownSettings } from '../own-settings.mjs';

/** The binding of the cache: cached handlers and functions, and routes with `swr` or `isr`. */
const CACHE = 'NITRO_CACHE';

const facts = (ctx) => join(ctx.work, 'nitro.json');

/** NITRO_PRESET may be a path. It takes precedence over a preset in the project's configuration. */
export const environment = (_, ctx) => ({
  NITRO_PRESET: join(import.meta.dirname, 'nitro', 'preset'),
  APPFLUX_SERVER_NITRO: JSON.stringify({ facts: facts(ctx), cache: CACHE, build: randomUUID().slice(0, 8) }),
});

/** Whether Nitro has built in this deployment: frameworks on it may also build without it. */
export const hasBuilt = (ctx) => existsSync(facts(ctx));

export async function pack(ctx) {
  if (!hasBuilt(ctx))
    throw new PackFailure(
      'The build made no server: Nitro has not built one',
      'Run "nuxt build" or "nitro build" in the build command.',
    );
  const nitro = JSON.parse(await readFile(facts(ctx), 'utf8'));
  const main = join(nitro.serverDir, 'index.mjs');
  if (!existsSync(main))
    throw new PackFailure(
      `Nitro made no Worker: ${main} is missing`,
      'Remove "preset", "entry" and "output.serverDir" from the configuration of Nitro.',
    );
  const own = await ownSettings(ctx);
  const bundled = await bundle(ctx, { entry: main });
  return {
    ...own,
    ...bundled,
    framework: frameworkOf(ctx),
    assets: existsSync(nitro.publicDir) ? nitro.publicDir : null,
    workerFirst: false,
    notFound: 'none',
    crons: [...new Set([...own.crons, ...Object.keys(nitro.scheduledTasks)])],
    bindings: { ...own.bindings, ...nitro.bindings, [CACHE]: 'kv' },
  };
}

function frameworkOf(ctx) {
  for (const [name, title] of [
    ['nuxt', 'Nuxt'],
    ['@solidjs/start', 'SolidStart'],
    ['@analogjs/platform', 'Analog'],
    ['nitropack', 'Nitro'],
    ['nitro', 'Nitro'],
  ]) {
    const version = ctx.packageOf(name)?.version;
    if (version !== undefined) return `${title} ${version}`;
  }
  return 'Nitro';
}
