/** Writes `.appflux-server`: the modules, source maps and assets of a server, and how it is run. */
import { copyFile, link, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { ignoredIn } from './assets-ignore.mjs';
import { COMPATIBILITY_DATE } from './context.mjs';
import { PackFailure } from './failure.mjs';

/** Below the root directory. The runner collects this folder. */
export const OUTPUT = '.appflux-server';

/**
 * What a kind's `pack` gives.
 * @typedef {object} Packed
 * @property {string} main the main module, relative to `modules`
 * @property {string} modules a folder with the modules and their source maps, absolute
 * @property {string | null} assets a folder with what is served as files, absolute
 * @property {string | null} [framework] for people
 * @property {string} [compatibilityDate]
 * @property {string[]} [compatibilityFlags]
 * @property {boolean | string[]} [workerFirst] whether the server gets requests that a file would answer
 * @property {'none' | '404-page' | 'single-page-application'} [notFound]
 * @property {Record<string, unknown>} [vars]
 * @property {string[]} [crons]
 * @property {Record<string, 'kv' | 'sqlite'>} [bindings]
 */

/**
 * @param {import('./context.mjs').Context} ctx
 * @param {Packed} packed
 * @returns {Promise<object>} what was written to server.json
 */
export async function writeOutput(ctx, packed) {
  const output = join(ctx.root, OUTPUT);
  await rm(output, { recursive: true, force: true });
  await mkdir(join(output, 'modules'), { recursive: true });
  const files = await filesIn(packed.modules);
  if (!files.includes(packed.main))
    throw new PackFailure(
      `The build made no main module ${packed.main}`,
      'Check that the build command builds the server, and not only pages.',
    );
  const modules = files.filter((name) => !name.endsWith('.map'));
  for (const name of modules) await writeModule(join(packed.modules, name), join(output, 'modules', name));
  for (const name of modules.filter((module) => files.includes(`${module}.map`)))
    await writeMap(ctx.root, join(packed.modules, `${name}.map`), join(output, 'maps', `${name}.map`));
  const assets = packed.assets === null ? [] : await publishedIn(packed.assets);
  for (const name of assets) await place(join(packed.assets, name), join(output, 'assets', name));
  const spec = {
    version: 1,
    framework: packed.framework ?? null,
    main: packed.main,
    compatibilityDate: packed.compatibilityDate ?? COMPATIBILITY_DATE,
    compatibilityFlags: packed.compatibilityFlags ?? [],
    assets: { workerFirst: packed.workerFirst ?? false, notFound: packed.notFound ?? 'none' },
    vars: packed.vars ?? {},
    bindings: packed.bindings ?? {},
    crons: packed.crons ?? [],
  };
  await writeFile(join(output, 'server.json'), `${JSON.stringify(spec, null, 2)}\n`);
  ctx.log(
    `Packed the server: ${count(modules.length, 'module')}, ${count(assets.length, 'file')} beside it.`,
  );
  return spec;
}

const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

async function publishedIn(folder) {
  const isIgnored = await ignoredIn(folder);
  return (await filesIn(folder)).filter((path) => !isIgnored(path));
}

/** The files below a folder, with `/`, sorted; links stand for what they lead to. */
async function filesIn(folder, prefix = '') {
  const files = [];
  for (const name of (await readdir(join(folder, prefix))).sort()) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if ((await stat(join(folder, path))).isDirectory()) files.push(...(await filesIn(folder, path)));
    else files.push(path);
  }
  return files;
}

/** Its source map lies elsewhere, and no module may ask for it. */
async function writeModule(from, to) {
  if (!/\.[cm]?js$/.test(from)) return place(from, to);
  const text = await readFile(from, 'utf8');
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, text.replace(/\n\/\/# sourceMappingURL=[^\n]*\s*$/, '\n'));
}

/**
 * A source map that names sources by their paths in the project, and without their text: only places are looked up in it.
 * One that can't be read is left out.
 */
async function writeMap(root, from, to) {
  let map;
  try {
    map = JSON.parse(await readFile(from, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
  const { sourceRoot, sourcesContent: _, ...rest } = map;
  const folder = resolve(dirname(from), sourceRoot ?? '');
  await mkdir(dirname(to), { recursive: true });
  await writeFile(
    to,
    JSON.stringify({ ...rest, sources: map.sources?.map((source) => inProject(root, folder, source)) }),
  );
}

/** A source as its bundler names it: relative to the map's folder, or with a scheme of the bundler's own. */
function inProject(root, folder, source) {
  if (source === null || /^[a-z-]+:/.test(source)) return source;
  const path = relative(root, resolve(folder, source));
  return path.startsWith('../') ? source : path;
}

/** A second name for a file where that is possible, and a copy elsewhere: assets may be large. */
async function place(from, to) {
  await mkdir(dirname(to), { recursive: true });
  // A link would be placed as a link, and lead somewhere else there.
  const file = await realpath(from);
  await link(file, to).catch(() => copyFile(file, to));
}
