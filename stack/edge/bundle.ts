/** Bundles the Worker as a deploy to Cloudflare would. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { unstable_readConfig as readConfig } from 'wrangler';
import { fingerprint, readInput, readStamp, readTree, writeStamp } from '../fingerprint.ts';
import { lastLines, StackProblem } from '../problem.ts';

/** What is needed to bundle a Worker. */
export interface BundleSource {
  /** wrangler.toml, absolute. */
  readonly wranglerConfig: string;
  /** Folders that the Worker is made of, absolute: when nothing in them has changed, the last bundle is used. */
  readonly sources: readonly string[];
  /** Other files that it is made of: lockfiles. */
  readonly files: readonly string[];
}

/**
 * Bundles the Worker into `into`, unless what lies there was made of the same inputs.
 * @returns the main module's path
 * @throws StackProblem `edge_failed` with the bundler's words
 */
export async function bundleWorker(source: BundleSource, into: string): Promise<string> {
  const { main: entry, assets } = readConfig({ config: source.wranglerConfig });
  if (entry === undefined) throw new Error(`${source.wranglerConfig} names no main module`);
  const main = join(into, 'out', `${entry.slice(entry.lastIndexOf('/') + 1).replace(/\.[a-z]+$/, '')}.js`);
  const trees = await Promise.all(source.sources.map((folder, index) => readTree(folder, String(index))));
  const files = await Promise.all(
    [source.wranglerConfig, ...source.files].map((file) => readInput(file, file)),
  );
  const hash = fingerprint([...trees.flat(), ...files], process.version);
  const stamp = join(into, 'inputs');
  if ((await readStamp(stamp)) === hash && existsSync(main)) return main;

  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  // The bundler insists that the folder of static assets is there, whatever is in it.
  if (assets?.directory !== undefined) {
    await mkdir(join(dirname(source.wranglerConfig), assets.directory), { recursive: true });
  }
  const wrangler = join(dirname(readPackagePath()), 'bin', 'wrangler.js');
  const args = ['deploy', '--dry-run', '--config', source.wranglerConfig, '--outdir', join(into, 'out')];
  const result = await execa(process.execPath, [wrangler, ...args], {
    env: {
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(into, 'logs'),
      // It would look for a newer version of itself, and show a banner.
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
      'mend what the bundler names',
    );
  }
  await writeStamp(stamp, hash);
  return main;
}

/** The folder of wrangler's package.json. */
function readPackagePath(): string {
  // Unlike `import.meta.resolve`, this works in the set-up of tests as well.
  return createRequire(import.meta.url).resolve('wrangler/package.json');
}
