/**
 * The preset with which Nitro builds on AppFlux: https://nitro.build/deploy#custom-presets. It adds to Nitro's own preset
 * for Cloudflare that Node's modules are workerd's, a cache that all isolates share, and a note of what was built.
 */
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const { facts, cache, build } = JSON.parse(process.env.APPFLUX_SERVER_NITRO);
const BASE = 'cloudflare_module';
/** Of all dates, the one with which every Nitro 2 gives the preset for Workers with assets. */
const DATE = '2025-07-15';

/**
 * Nitro's own preset. Asked for by name, Nitro gives one for Workers Sites where the project's compatibilityDate is
 * older than Workers with assets, as in many Nuxt 3 projects. Null where Nitro's package can't be found.
 */
async function base() {
  const project = join(process.cwd(), 'package.json');
  const nuxt = manifestOf('nuxt', project) ?? project;
  const nitro = manifestOf('nitropack', manifestOf('@nuxt/nitro-server', nuxt) ?? nuxt);
  const presets = nitro && join(dirname(nitro), 'dist', 'presets', 'index.mjs');
  // Nitro 3 is another package, and has no older preset of that name.
  if (!presets || !existsSync(presets)) return null;
  const { resolvePreset } = await import(pathToFileURL(presets).href);
  return (await resolvePreset(BASE, { compatibilityDate: DATE })) ?? null;
}

/** The package.json of a package as another one's modules find it; package managers that hoist nothing link it there. */
function manifestOf(name, from) {
  const folders = createRequire(from).resolve.paths(name) ?? [];
  const found = folders.map((folder) => join(folder, name, 'package.json')).find((path) => existsSync(path));
  return found && realpathSync(found);
}

const theirs = await base();

/** The bindings that the project's storage and databases name, with what they are on AppFlux. */
function bindingsOf({ storage = {}, database = {} }) {
  const bindings = {};
  for (const { driver, binding } of Object.values(storage))
    if (/^cloudflare-?kv-?binding$/i.test(driver ?? '')) bindings[binding ?? 'STORAGE'] = 'kv';
  for (const { connector, options } of Object.values(database))
    if (connector === 'cloudflare-d1') bindings[options?.bindingName ?? options?.binding ?? 'DB'] = 'sqlite';
  return bindings;
}

export default {
  ...(theirs ?? { extends: BASE }),
  cloudflare: { nodeCompat: true, deployConfig: false },
  storage: { cache: { driver: join(import.meta.dirname, '..', 'cache.mjs'), binding: cache, base: build } },
  hooks: {
    ...theirs?.hooks,
    async compiled(nitro) {
      await theirs?.hooks?.compiled?.(nitro);
      const { output, scheduledTasks = {} } = nitro.options;
      const { serverDir, publicDir } = output;
      const bindings = bindingsOf(nitro.options);
      writeFileSync(facts, JSON.stringify({ serverDir, publicDir, scheduledTasks, bindings }));
    },
  },
};
