/** Turns wrangler.toml and what a local start adds to it into what Miniflare runs. */
import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, type MiniflareOptions } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from 'wrangler';
import { z } from 'zod';
import type { EdgeConfig } from './config.ts';

type ModuleType = 'ESModule' | 'CompiledWasm' | 'Text' | 'Data';

/** How a file that the bundler leaves beside the main module is imported, by its name's ending. */
const MODULE_TYPES: Readonly<Record<string, ModuleType>> = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
};

/** The modules of a bundle, the main one first. Source maps and the bundler's own notes are none. */
export function bundledModules(main: string): { type: ModuleType; path: string }[] {
  const folder = dirname(main);
  const others = readdirSync(folder).flatMap((name) => {
    const type = MODULE_TYPES[extname(name)];
    return type === undefined || name === basename(main) ? [] : [{ type, path: join(folder, name) }];
  });
  return [{ type: 'ESModule', path: main }, ...others];
}

/** What is changed of the options that wrangler.toml gives. */
const Changed = z.looseObject({
  bindings: z.record(z.string(), z.json()).default({}),
  r2Buckets: z.record(z.string(), z.unknown()).default({}),
  assets: z.looseObject({ directory: z.string() }).optional(),
});

const Databases = z.looseObject({
  d1Databases: z.record(z.string(), z.looseObject({ id: z.string() })).default({}),
});

/** The options of the instance's databases alone: nothing of the Worker runs beside them, no queue, no alarm, no request. */
export function databaseOptions(config: Pick<EdgeConfig, 'wranglerConfig' | 'persist'>): MiniflareOptions {
  const { d1Databases } = Databases.parse(workerOptionsOf(config.wranglerConfig).workerOptions);
  return convertV4MiniflareOptions({
    host: '127.0.0.1',
    cf: false,
    log: new Log(LogLevel.WARN),
    modules: true,
    script: 'export default {}',
    compatibilityDate: '2026-11-01',
    d1Databases,
    resourcePersistencePath: config.persist,
  });
}

/**
 * What holds for the Worker on one machine. No header says where a request comes from: Miniflare passes on the
 * CF-Connecting-IP that a client sends.
 */
const LOCAL = { CLIENT_ADDRESS_HEADER: '' };

/**
 * The options of the instance. Bindings, flags, queues, crons and assets are those of wrangler.toml; variables, the
 * bucket and what is kept where come from the config.
 */
export function miniflareOptions(
  config: EdgeConfig,
  onConsole: (level: string, message: string) => void,
): MiniflareOptions {
  const { workerOptions } = workerOptionsOf(config.wranglerConfig);
  const { bindings, r2Buckets, assets } = Changed.parse(workerOptions);
  const bucket = {
    // The bucket's name is a secret of the instance: Miniflare also gives objects to whoever on this machine knows
    // their bucket and key, with no way to switch that off.
    id: config.bucket.name,
    s3Credentials: {
      accessKeyId: config.bucket.accessKeyId,
      secretAccessKey: config.bucket.secretAccessKey,
    },
  };
  return convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: config.port,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => onConsole(level, message),
    resourcePersistencePath: config.persist,
    workers: [
      {
        ...workerOptions,
        // The bundle is told module by module.
        modulesRules: undefined,
        modules: bundledModules(config.main),
        modulesRoot: dirname(config.main),
        ...(assets !== undefined && { assets: { ...assets, directory: config.assets ?? assets.directory } }),
        bindings: { ...bindings, ...LOCAL, ...config.variables },
        r2Buckets: Object.fromEntries(Object.keys(r2Buckets).map((name) => [name, bucket])),
      },
    ],
  });
}
