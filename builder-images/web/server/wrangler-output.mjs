/**
 * Reads what Cloudflare's build tools write: a `wrangler.json` beside the modules of a server. Astro's adapter, Nitro,
 * and projects with `@cloudflare/vite-plugin` end in one.
 */
import { existsSync } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { bundle } from './bundle.mjs';
import { COMPATIBILITY_DATE, pinned } from './context.mjs';
import { PackFailure } from './failure.mjs';

/** More modules than this are bundled into few: SERVER_LIMITS.modules of the protocol, with room for the prelude. */
const MAX_MODULES = 1_900;

/** What AppFlux has for bindings of Cloudflare, by the member of wrangler's configuration. */
const OURS = { kv_namespaces: 'kv', d1_databases: 'sqlite' };

/** Bindings of Cloudflare that AppFlux has nothing for, and how people call them. */
const REFUSED = {
  r2_buckets: 'R2',
  durable_objects: 'Durable Objects',
  queues: 'Queues',
  workflows: 'Workflows',
  vectorize: 'Vectorize',
  hyperdrive: 'Hyperdrive',
  services: 'service bindings',
  ai: 'Workers AI',
  browser: 'Browser Rendering',
  analytics_engine_datasets: 'Analytics Engine',
  dispatch_namespaces: 'Workers for Platforms',
  mtls_certificates: 'mTLS certificates',
  pipelines: 'Pipelines',
  secrets_store_secrets: 'Secrets Store',
  send_email: 'Email Routing',
  containers: 'Containers',
  worker_loaders: 'Dynamic Workers',
};

/**
 * What a configuration of wrangler says about how a server is run.
 * @param {Record<string, unknown>} config as wrangler writes it, without environments
 * @returns {{ compatibilityDate: string, compatibilityFlags: string[], vars: Record<string, unknown>, crons: string[],
 *   bindings: Record<string, 'kv' | 'sqlite'>, workerFirst: boolean | string[],
 *   notFound: 'none' | '404-page' | 'single-page-application' }}
 * @throws {PackFailure} if it names a binding that AppFlux has nothing for
 */
export function settingsOf(config) {
  for (const [member, name] of Object.entries(REFUSED)) {
    const binding = firstBinding(config[member]);
    if (binding !== undefined)
      throw new PackFailure(
        `The server has a binding to ${name}${binding === '' ? '' : ` (${binding})`}, which AppFlux doesn't have`,
        'Remove it from the configuration of wrangler. AppFlux has bindings of the kinds kv and sqlite.',
      );
  }
  const bindings = Object.entries(OURS).flatMap(([member, kind]) =>
    (config[member] ?? []).map(({ binding }) => [binding, kind]),
  );
  return {
    compatibilityDate: noLaterThanOurs(config.compatibility_date),
    compatibilityFlags: config.compatibility_flags ?? [],
    vars: config.vars ?? {},
    crons: config.triggers?.crons ?? [],
    bindings: Object.fromEntries(bindings),
    workerFirst: config.assets?.run_worker_first ?? false,
    notFound: config.assets?.not_found_handling ?? 'none',
  };
}

/** The name of the first binding in a member of the configuration; undefined if the member has none. */
function firstBinding(member) {
  if (member === undefined || member === null) return undefined;
  const lists = Array.isArray(member) ? [member] : Object.values(member).filter(Array.isArray);
  if (lists.length === 0) return typeof member.binding === 'string' ? member.binding : undefined;
  const first = lists.flat()[0];
  return first === undefined ? undefined : (first.binding ?? first.name ?? '');
}

/** Build tools write the day of the build. A server host refuses dates that it does not know. */
export const noLaterThanOurs = (date) =>
  typeof date === 'string' && date < COMPATIBILITY_DATE ? date : COMPATIBILITY_DATE;

/**
 * The project's own configuration of wrangler, read by wrangler; null if it has none.
 * @param {import('./context.mjs').Context} ctx
 * @returns {Promise<Record<string, unknown> | null>}
 * @throws {PackFailure} if wrangler can't read it
 */
export async function readProject(ctx) {
  const config = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml']
    .map((name) => join(ctx.root, name))
    .find((path) => existsSync(path));
  if (config === undefined) return null;
  const { unstable_readConfig: read } = await import(pinned('wrangler/wrangler-dist/cli.js'));
  try {
    return read({ config }, { hideWarnings: true });
  } catch (error) {
    throw new PackFailure(
      `${relative(ctx.root, config)} can't be read: ${error.message}`,
      'Correct it, or remove it.',
    );
  }
}

/** The `wrangler.json` that `@cloudflare/vite-plugin` or Nitro left for `wrangler deploy`; null if none did. */
export async function redirectedConfig(ctx) {
  const file = join(ctx.root, '.wrangler', 'deploy', 'config.json');
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // No build tool of Cloudflare ran.
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  return resolve(dirname(file), JSON.parse(text).configPath);
}

/**
 * Packs a server whose `wrangler.json` lies beside its modules.
 * @param {import('./context.mjs').Context} ctx
 * @param {string} file that `wrangler.json`, absolute
 * @returns {Promise<import('./output.mjs').Packed>}
 * @throws {PackFailure} for what `settingsOf` refuses, and for a configuration without a main module
 */
export async function packWrangler(ctx, file) {
  const folder = dirname(file);
  const config = JSON.parse(await readFile(file, 'utf8'));
  const settings = settingsOf(config);
  if (typeof config.main !== 'string')
    throw new PackFailure(
      'The build made no server: its wrangler.json names no main module',
      'Check that the build renders pages on request, or set "server" to false in appflux.json.',
    );
  const assets = config.assets?.directory === undefined ? null : resolve(folder, config.assets.directory);
  const entry = resolve(folder, config.main);
  if (config.no_bundle !== true) {
    const { compatibilityDate, compatibilityFlags } = settings;
    const bundled = await bundle(ctx, { entry, compatibilityDate, compatibilityFlags });
    return { ...settings, ...bundled, assets };
  }
  return { ...settings, ...(await packModules(ctx, folder, config.main, settings)), assets };
}

/**
 * Packs the modules in a folder as they are; bundled if they are too many.
 * @param {import('./context.mjs').Context} ctx
 * @param {string} folder absolute
 * @param {string} main relative to it
 * @param {{ compatibilityDate: string, compatibilityFlags: string[] }} settings
 * @returns {Promise<{ main: string, modules: string }>}
 */
export async function packModules(ctx, folder, main, settings) {
  const modules = join(ctx.work, 'modules');
  await rm(modules, { recursive: true, force: true });
  let count = 0;
  await cp(folder, modules, {
    recursive: true,
    filter: (source) => {
      const path = relative(folder, source).split(sep).join('/');
      if (path === 'wrangler.json' || path === '.vite' || path === '.dev.vars' || path === 'node_modules')
        return false;
      if (/\.(?:[cm]?js|wasm)$/.test(path)) count += 1;
      return true;
    },
  });
  if (count <= MAX_MODULES) return { main: main.replace(/^\.\//, ''), modules };
  ctx.log(`The server has ${count} modules. They are bundled.`);
  const { compatibilityDate, compatibilityFlags } = settings;
  const bundled = await bundle(ctx, { entry: join(folder, main), compatibilityDate, compatibilityFlags });
  return { main: bundled.main, modules: bundled.modules };
}
