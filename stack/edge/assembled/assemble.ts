/**
 * Lets Miniflare assemble the services behind the control plane's bindings, and keeps them as files in the folder of the
 * second argument. The first says what for: `AssembleInput` in JSON. Miniflare, which would need more memory than the rest
 * of an instance's processes in Node together, ends with this process.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { z } from 'zod';
import { readWranglerConfig } from '../../wrangler/config.ts';
import { boundDatabases } from '../databases.ts';
import { AssembleInput, assetFolder, CONTROL_PLANE, PLACEHOLDER_KEYS } from './input.ts';
import { keep } from './kept.ts';

/** Changes to the options that wrangler.toml specifies. */
const Changed = z.looseObject({
  r2Buckets: z.record(z.string(), z.unknown()).default({}),
  assets: z.looseObject({}).optional(),
});

const [given = '', into = ''] = process.argv.slice(2);
const input = AssembleInput.parse(JSON.parse(given));
const { workerOptions } = readWranglerConfig(input.wranglerConfig);
const { r2Buckets, assets } = Changed.parse(workerOptions);
const directory = assetFolder(input);
const bucket = { id: input.bucket, s3Credentials: PLACEHOLDER_KEYS };
const folder = await mkdtemp(join(tmpdir(), 'appflux-assemble-'));
try {
  const written = join(folder, 'config.json');
  process.env.MINIFLARE_WORKERD_CONFIG_DEBUG = written;
  process.env.MINIFLARE_WORKERD_PATH = join(import.meta.dirname, 'no-runtime');
  const persist = join(folder, 'persist');
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      cf: false,
      log: new Log(LogLevel.NONE),
      resourcePersistencePath: persist,
      ...workerOptions,
      name: CONTROL_PLANE,
      // The bundle takes this one's place.
      modules: [{ type: 'ESModule', path: 'index.js', contents: '' }],
      modulesRules: undefined,
      bindings: {},
      // Miniflare would write emails to files and report that they were sent.
      email: {},
      r2Buckets: Object.fromEntries(Object.keys(r2Buckets).map((binding) => [binding, bucket])),
      d1Databases: boundDatabases(input),
      ...(directory === undefined ? {} : { assets: { ...assets, directory } }),
    }),
  );
  // It has nothing to run, which it reports after the configuration was written, and again when it ends.
  const [ready] = await Promise.allSettled([miniflare.ready, miniflare.dispose()]);
  if (!existsSync(written)) {
    const cause: unknown = ready.status === 'rejected' ? ready.reason : undefined;
    throw new Error('Miniflare has assembled nothing', { cause });
  }
  const json = await readFile(written, 'utf8');
  // Miniflare doesn't notice that it could not write all of it.
  if (!isWhole(json)) throw new Error(`Half of a configuration was written: is the disk of ${folder} full?`);
  await keep(into, json, persist);
} catch (error) {
  process.stderr.write(`${inspect(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

function isWhole(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}
