/** Bundles the main module of a Worker with everything that it imports, as `wrangler deploy` does. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { COMPATIBILITY_DATE, pinned } from './context.mjs';
import { PackFailure } from './failure.mjs';

/** Of a tool's output, in bytes. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs a program of the image with Node, without a network of its own, and gives its output.
 * @param {import('./context.mjs').Context} ctx
 * @param {string[]} args the program, absolute, and its arguments
 * @param {Record<string, string>} more variables
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runNode(ctx, args, more = {}) {
  const quiet = {
    CI: 'true',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_LOG_PATH: join(ctx.work, 'wrangler.log'),
    XDG_CONFIG_HOME: join(ctx.work, 'config'),
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: ctx.root, env: { ...process.env, ...quiet, ...more }, maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => resolve({ ok: error === null, output: outputOf(`${stdout}${stderr}`) }),
    );
  });
}

/** What it printed, without wrangler's warning that a build has a proxy, which every build has. */
const outputOf = (text) =>
  stripVTControlCharacters(text)
    .replace(/^.*\[WARNING\] Proxy environment variables detected\..*\n*/gm, '')
    .trim();

/**
 * Bundles a Worker for the platform, with Node's modules where `nodejs_compat` is among the flags.
 * @param {import('./context.mjs').Context} ctx
 * @param {object} options
 * @param {string} options.entry the main module, absolute
 * @param {string} [options.compatibilityDate]
 * @param {string[]} [options.compatibilityFlags]
 * @param {object} [options.config] further members of wrangler's configuration: `alias`, `define`, `rules`, `no_bundle`
 * @param {Record<string, string>} [options.env] variables of the bundler
 * @returns {Promise<{ main: string, modules: string, compatibilityDate: string, compatibilityFlags: string[] }>} the
 * folder of the modules, with their source maps, and the name of the main one
 * @throws {PackFailure} with the bundler's output in the log
 */
export async function bundle(ctx, options) {
  const { entry, config = {}, env = {} } = options;
  const { compatibilityDate = COMPATIBILITY_DATE, compatibilityFlags = ['nodejs_compat'] } = options;
  const modules = join(ctx.work, 'bundle');
  const file = join(ctx.work, 'bundle.json');
  await rm(modules, { recursive: true, force: true });
  await mkdir(modules);
  const settings = {
    ...config,
    name: 'site',
    main: entry,
    compatibility_date: compatibilityDate,
    compatibility_flags: compatibilityFlags,
    upload_source_maps: true,
    send_metrics: false,
  };
  await writeFile(file, JSON.stringify(settings));
  const { ok, output } = await runNode(
    ctx,
    [pinned('wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--outdir', modules, '--config', file],
    env,
  );
  if (!ok) {
    ctx.log(output);
    throw new PackFailure(
      `The server can't be bundled: ${firstError(output)}`,
      'The log shows where. Modules that only Node has, such as native add-ons, do not run in a Worker.',
    );
  }
  await rm(join(modules, 'README.md'), { force: true });
  const main = (await readdir(modules)).find((name) => isMain(name, entry));
  if (main === undefined) throw new Error(`the bundler left no main module in ${modules}`);
  return { main, modules, compatibilityDate, compatibilityFlags };
}

/** The main module of a bundle has the name of its entry, and always ends in `.js`. */
function isMain(name, entry) {
  const stem = entry.slice(entry.lastIndexOf('/') + 1, -extname(entry).length || undefined);
  return name === `${stem}.js` || name === `${stem}.mjs`;
}

/** What esbuild or wrangler complains about first; both say first that something failed. */
function firstError(output) {
  const errors = [...output.matchAll(/\[ERROR\] *(.+)$/gm)].map(([, text]) => text.trim());
  return errors.find((text) => !text.startsWith('Build failed')) ?? errors[0] ?? 'no reason was given';
}
