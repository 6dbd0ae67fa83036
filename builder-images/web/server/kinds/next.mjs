/** Next.js 14.2, 15 and 16: @opennextjs/cloudflare makes a Worker of what `next build` has built. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundle, runNode } from '../bundle.mjs';
import { COMPATIBILITY_DATE, SERVER } from '../context.mjs';
import { PackFailure } from '../failure.mjs';
import { ownSettings } from '../own-settings.mjs';
import { guardedFiles } from './next/guarded.mjs';

/** The binding in which pages that are rendered again, results of fetch, and revalidated tags are kept. */
const CACHE = 'NEXT_INC_CACHE_KV';
/** Below the assets: what the build has rendered. The server reads it there; visitors get the server's answer. */
const BUILT_CACHE = 'cdn-cgi/_next_cache';
const LOCKFILES = ['bun.lockb', 'bun.lock', 'package-lock.json', 'yarn.lock', 'pnpm-lock.yaml'];
const CONFIGS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].map((extension) => `next.config.${extension}`);

/** As if next.config set `output: 'standalone'`. Both names are of Next.js; OpenNext sets the same. */
export const environment = (_, ctx) => ({
  NEXT_PRIVATE_STANDALONE: 'true',
  NEXT_PRIVATE_OUTPUT_TRACE_ROOT: workspaceOf(ctx.root),
});

/** The folder of the lockfile, in which OpenNext looks for packages. */
function workspaceOf(root) {
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder))
    if (LOCKFILES.some((name) => existsSync(join(folder, name)))) return folder;
  return root;
}

export async function prepare(ctx) {
  const version = ctx.packageOf('next')?.version ?? '';
  const [major, minor] = version.split('.').map(Number);
  if (major < 14 || (major === 14 && minor < 2))
    throw new PackFailure(
      `This project uses Next.js ${version}, which can't run as a Worker`,
      'Update to Next.js 14.2 or later.',
    );
}

export async function pack(ctx) {
  const built = join(ctx.root, '.next');
  if (!existsSync(join(built, 'BUILD_ID')))
    throw new PackFailure(
      'The build made no .next folder',
      'Let the build command run "next build", and do not set distDir in next.config.',
    );
  if (!existsSync(join(built, 'standalone')))
    throw new PackFailure(
      'Next.js built pages without their server',
      'Run "next build" in the build command, with the variables that AppFlux sets.',
    );
  await warnOfCacheComponents(ctx, built);
  const own = await ownSettings(ctx);
  const guarded = await guardedFiles(ctx.root);
  await openNext(ctx, guarded);
  const output = join(ctx.root, '.open-next');
  const assets = join(output, 'assets');
  await addBuiltCache(join(output, 'cache'), join(assets, BUILT_CACHE));
  await addHeaders(assets);
  const bundled = await bundle(ctx, { entry: join(output, 'worker.js') });
  return {
    ...own,
    ...bundled,
    framework: `Next.js ${ctx.packageOf('next')?.version ?? ''}`.trim(),
    assets,
    workerFirst: [`/${BUILT_CACHE}/*`, ...guarded],
    notFound: 'none',
    bindings: { ...own.bindings, [CACHE]: 'kv' },
  };
}

/**
 * Next.js builds such pages on timers of Node, and rendering one again in a Worker hangs:
 * https://github.com/opennextjs/opennextjs-cloudflare/issues/1225
 */
async function warnOfCacheComponents(ctx, built) {
  const file = join(built, 'required-server-files.json');
  if (!existsSync(file)) return;
  const { config } = JSON.parse(await readFile(file, 'utf8'));
  if (config?.cacheComponents !== true) return;
  ctx.log(
    'Warning: next.config sets cacheComponents. Pages with "use cache" stay as the build rendered them until the next deployment. Set cacheComponents to false if they must change before.',
  );
}

/** Runs OpenNext on the build. It insists on a configuration of Next.js, which a project need not have. */
async function openNext(ctx, guarded) {
  const missing = CONFIGS.every((name) => !existsSync(join(ctx.root, name)));
  const placeholder = join(ctx.root, 'next.config.mjs');
  if (missing) await writeFile(placeholder, 'export default {};\n');
  try {
    const options = {
      root: ctx.root,
      config: await writeConfig(ctx),
      packages: join(SERVER, 'node_modules'),
      wrangler: {
        compatibility_date: COMPATIBILITY_DATE,
        assets: { run_worker_first: guarded.length > 0 ? guarded : false, html_handling: 'none' },
      },
    };
    const script = join(import.meta.dirname, 'next', 'build.mjs');
    const { ok, output } = await runNode(ctx, [script, JSON.stringify(options)]);
    if (!ok) {
      ctx.log(output);
      throw new PackFailure(
        `OpenNext can't make a Worker of this project: ${lastError(output)}`,
        'The log shows where. https://opennext.js.org/cloudflare says what runs.',
      );
    }
    for (const line of output.split('\n').filter((text) => /^(?:WARN|ERROR) (?!Skipping Next)/.test(text)))
      ctx.log(line);
  } finally {
    if (missing) await rm(placeholder, { force: true });
  }
}

/** Ours, below the project's own where it has one. */
async function writeConfig(ctx) {
  const file = join(ctx.work, 'open-next.config.mjs');
  const own = ['ts', 'mts', 'js', 'mjs'].map((extension) => join(ctx.root, `open-next.config.${extension}`));
  const theirs = own.find((path) => existsSync(path));
  const ours = JSON.stringify(join(import.meta.dirname, 'next', 'config.mjs'));
  await writeFile(
    file,
    theirs === undefined
      ? `export { default } from ${ours};\n`
      : `import theirs from ${JSON.stringify(theirs)};\nimport { over } from ${ours};\nexport default over(theirs);\n`,
  );
  if (theirs !== undefined)
    ctx.log('open-next.config is used, with the cache of AppFlux in place of those of Cloudflare.');
  return file;
}

/** Copies what the build has rendered to where `next/cache.mjs` reads it: by the hash of its key. */
async function addBuiltCache(cache, to) {
  await mkdir(to, { recursive: true });
  if (!existsSync(cache)) return;
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const [first, ...rest] = path.slice(cache.length + 1).split('/');
    const isFetch = first === '__fetch';
    const key = isFetch ? rest.slice(1).join('/') : rest.join('/').replace(/\.cache$/, '');
    const hash = createHash('sha256')
      .update(`${isFetch ? 'fetch' : 'cache'} ${key}`)
      .digest('hex');
    await copyFile(path, join(to, `${hash}.json`));
  }
}

/** Files below `_next/static` have a hash in their names. `next start` sends the same header. */
async function addHeaders(assets) {
  const file = join(assets, '_headers');
  const own = existsSync(file) ? await readFile(file, 'utf8') : '';
  if (own.includes('/_next/static/*')) return;
  await writeFile(
    file,
    `${own}${own === '' || own.endsWith('\n') ? '' : '\n'}/_next/static/*\n  Cache-Control: public, max-age=31536000, immutable\n`,
  );
}

const lastError = (output) =>
  /^(?:.*\bError: |ERROR )(.+)$/m.exec(output)?.[1] ?? output.split('\n').at(-1) ?? 'no reason was given';
