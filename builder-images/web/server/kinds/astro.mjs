/** Astro 5, 6 and 7: the adapter for Cloudflare takes the place of the one that the project names. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { COMPATIBILITY_DATE } from '../context.mjs';
import { PackFailure } from '../failure.mjs';
import { packModules, packWrangler, readProject, settingsOf } from '../wrangler-output.mjs';
import { ADAPTER, placeAdapter } from './astro/adapter.mjs';
import { filesOnly } from './astro/files-only.mjs';

/** The oldest minor version of each major one that the image's adapter works with, from its peerDependencies. */
const OLDEST_MINOR = { 5: 7, 6: 3, 7: 3 };

/** The settings of ./astro/load-config.mjs, and where it writes what Astro decided. */
const settingsFile = (ctx) => join(ctx.work, 'astro.json');
const decidedFile = (ctx) => join(ctx.work, 'astro-decided.json');

export const environment = (_, ctx) => ({
  APPFLUX_SERVER_ASTRO: settingsFile(ctx),
  // The adapter simulates Cloudflare's network while it builds, and would ask Cloudflare where it is.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'astro', 'register.mjs')).href}`,
});

/** Puts the adapter into `node_modules`, unless the project has it, and a configuration of wrangler beside. */
export async function prepare(ctx) {
  const { version } = ctx.packageOf('astro') ?? {};
  if (version === undefined)
    throw new PackFailure(
      'Astro is not in node_modules',
      'Add astro to the dependencies. Yarn needs nodeLinker: node-modules.',
    );
  if (ctx.packageOf(ADAPTER) === null) {
    const [major, minor] = version.split('.').map(Number);
    if (!(minor >= OLDEST_MINOR[major])) throw tooOld(version);
    await placeAdapter(ctx, major);
  }
  let configPath = null;
  if ((await readProject(ctx)) === null) {
    configPath = join(ctx.work, 'astro-wrangler.json');
    const config = {
      name: 'site',
      compatibility_date: COMPATIBILITY_DATE,
      compatibility_flags: ['nodejs_compat'],
    };
    await writeFile(configPath, JSON.stringify(config));
  }
  await writeFile(settingsFile(ctx), JSON.stringify({ configPath, decidedFile: decidedFile(ctx) }));
}

const tooOld = (version) => {
  const oldest = Object.entries(OLDEST_MINOR).map((pair) => pair.join('.'));
  return new PackFailure(
    `Astro ${version} can't be published with its server`,
    `Use Astro ${oldest.join(', ')} or a newer minor version of these, or output: 'static'.`,
  );
};

export async function pack(ctx) {
  const decided = await readDecided(ctx);
  const packed = await packBuild(ctx, decided);
  return { ...packed, framework: `Astro ${ctx.packageOf('astro').version}` };
}

async function readDecided(ctx) {
  if (!existsSync(decidedFile(ctx)))
    throw new PackFailure(
      'The build command did not run Astro with Node',
      'Run "astro build" in the build command, without --bun.',
    );
  return JSON.parse(await readFile(decidedFile(ctx), 'utf8'));
}

async function packBuild(ctx, { buildOutput, outDir, client, server, sessionBinding }) {
  if (buildOutput === 'static') {
    ctx.log('No page of this project renders on request: its server only serves files.');
    return filesOnly(ctx, existsSync(client) ? client : outDir);
  }
  const config = join(server, 'wrangler.json');
  if (existsSync(config)) return packWrangler(ctx, config);
  // Adapters up to 12 are for Cloudflare Pages: the server is a folder among the files, with no configuration.
  const own = await readProject(ctx);
  const settings = settingsOf(own ?? { compatibility_flags: ['nodejs_compat'] });
  if (sessionBinding !== null) settings.bindings[sessionBinding] ??= 'kv';
  const modules = await packModules(ctx, server, 'index.js', settings);
  return { ...settings, ...modules, assets: outDir };
}
