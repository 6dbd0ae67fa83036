/** Bundles the Worker as a deploy to Cloudflare would. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { fingerprint, readInput, readStamp, readTree, writeStamp } from '../fingerprint.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { readWranglerConfig, wranglerFolder } from '../wrangler/config.ts';

/** In a bundle's folder: the hash of its inputs. It is written last, and its time is when the bundle was last used. */
const STAMP = 'inputs';

/** What is read of the configuration. */
const Entry = z.looseObject({
  main: z.string().optional(),
  assets: z.looseObject({ directory: z.string().optional() }).optional(),
});

/** Inputs for bundling a Worker. */
export interface BundleSource {
  /** wrangler.toml, absolute. */
  readonly wranglerConfig: string;
  /** Folders with the Worker's sources, absolute: if nothing in them has changed, the last bundle is used. */
  readonly sources: readonly string[];
  /** Other inputs: lockfiles. */
  readonly files: readonly string[];
  /** Expressions by the names of constants, which take precedence over [define] of the configuration. */
  readonly defines?: Readonly<Record<string, string>>;
}

/**
 * Bundles the Worker into a folder of `into`, unless there is a bundle from the same inputs. The bundle that was used
 * before stays there: an upgrade that fails goes back to it.
 * @returns the main module's path
 * @throws StackProblem `edge_failed` with the bundler's output
 */
export async function bundleWorker(source: BundleSource, into: string): Promise<string> {
  const { main: entry, assets } = Entry.parse(readWranglerConfig(source.wranglerConfig).config);
  if (entry === undefined) throw new Error(`${source.wranglerConfig} has no main module`);
  const trees = await Promise.all(source.sources.map((folder, index) => readTree(folder, String(index))));
  const files = await Promise.all(
    [source.wranglerConfig, ...source.files].map((file) => readInput(file, file)),
  );
  const defines = Object.entries(source.defines ?? {}).map(([name, value]) => `${name}:${value}`);
  const hash = fingerprint([...trees.flat(), ...files], [process.version, ...defines].join(' '));
  const folder = join(into, hash.slice(0, 16));
  const out = join(folder, 'out');
  const main = join(out, `${entry.slice(entry.lastIndexOf('/') + 1).replace(/\.[a-z]+$/, '')}.js`);
  const stamp = join(folder, STAMP);
  if ((await readStamp(stamp)) === hash && existsSync(main)) {
    const now = new Date();
    await utimes(stamp, now, now);
    return main;
  }

  await mkdir(into, { recursive: true });
  const before = await lastUsed(into, folder);
  for (const name of await readdir(into)) {
    if (name !== before) await rm(join(into, name), { recursive: true, force: true });
  }
  await mkdir(folder);
  // The bundler requires the folder of static assets to exist; its content does not matter.
  if (assets?.directory !== undefined) {
    await mkdir(join(dirname(source.wranglerConfig), assets.directory), { recursive: true });
  }
  const wrangler = join(wranglerFolder(), 'bin', 'wrangler.js');
  const args = ['deploy', '--dry-run', '--config', source.wranglerConfig, '--outdir', out];
  args.push(...defines.flatMap((define) => ['--define', define]));
  const result = await execa(process.execPath, [wrangler, ...args], {
    env: {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(folder, 'logs'),
      // wrangler would look for a newer version of itself, and print a banner.
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (result.failed || !existsSync(main)) {
    throw new StackProblem(
      'edge_failed',
      `The Worker could not be bundled (${lastLines(result.all, 6)})`,
      'fix the errors of the bundler',
    );
  }
  await writeStamp(stamp, hash);
  return main;
}

/** The name of the bundle in `into`, other than `folder`, that was used last; null if there is none. */
async function lastUsed(into: string, folder: string): Promise<string | null> {
  let last = { name: null as string | null, at: 0 };
  for (const name of await readdir(into)) {
    const stamp = join(into, name, STAMP);
    if (join(into, name) === folder || !existsSync(stamp)) continue;
    const { mtimeMs } = await stat(stamp);
    if (mtimeMs > last.at) last = { name, at: mtimeMs };
  }
  return last.name;
}
