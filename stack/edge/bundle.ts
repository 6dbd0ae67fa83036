/** Bundles the Worker as a deploy to Cloudflare would. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { fingerprint, readInput, readTree } from '../fingerprint.ts';
import { keptBuild } from '../kept-builds.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { readWranglerConfig, wranglerFolder } from '../wrangler/config.ts';

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
 * Bundles the Worker into a folder of `into`, as `keptBuild` does.
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
  const name = `${entry.slice(entry.lastIndexOf('/') + 1).replace(/\.[a-z]+$/, '')}.js`;
  const folder = await keptBuild(into, hash, join('out', name), (made) =>
    bundle(source, { assets: assets?.directory, defines, into: made, name }),
  );
  return join(folder, 'out', name);
}

/** Has wrangler bundle the Worker into the folder `out` of `into`; `name` is the main module's. */
async function bundle(
  { wranglerConfig }: BundleSource,
  how: { assets: string | undefined; defines: readonly string[]; into: string; name: string },
): Promise<void> {
  // The bundler requires the folder of static assets to exist; its content does not matter.
  if (how.assets !== undefined) await mkdir(join(dirname(wranglerConfig), how.assets), { recursive: true });
  const out = join(how.into, 'out');
  const wrangler = join(wranglerFolder(), 'bin', 'wrangler.js');
  const args = ['deploy', '--dry-run', '--config', wranglerConfig, '--outdir', out];
  args.push(...how.defines.flatMap((define) => ['--define', define]));
  const result = await execa(process.execPath, [wrangler, ...args], {
    env: {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(how.into, 'logs'),
      // wrangler would look for a newer version of itself, and print a banner.
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (result.failed || !existsSync(join(out, how.name))) {
    throw new StackProblem(
      'edge_failed',
      `The Worker could not be bundled (${lastLines(result.all, 6)})`,
      'fix the errors of the bundler',
    );
  }
}
