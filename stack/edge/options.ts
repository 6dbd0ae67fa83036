/** Turns wrangler.toml and the additions of a local start into options for Miniflare. */
import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, type MiniflareOptions } from 'miniflare';
import { z } from 'zod';
import { CONTROL_ENTRYPOINT, socketPaths } from '../servers/config.ts';
import type { Servers } from '../servers/servers.ts';
import { readWranglerConfig } from '../wrangler/config.ts';
import type { Blobs } from './blobs.ts';
import type { EdgeConfig } from './config.ts';
import { localDatabases, type WithDatabases } from './databases.ts';
import { diskService } from './disk.ts';
import { BINDING, FRONT_PLUGIN } from './front/plugin.ts';
import { smtpService } from './smtp.ts';

/** Of the Workers other than the control plane. */
const COMPATIBILITY_DATE = '2026-11-01';

/**
 * The control plane's name in Miniflare. It is part of the path that Durable Objects are stored under, and the first
 * version used none.
 */
export const CONTROL_PLANE = '';

type ModuleType = 'ESModule' | 'CompiledWasm' | 'Text' | 'Data';

/** How a file that the bundler puts beside the main module is imported, by its name's ending. */
const MODULE_TYPES: Readonly<Record<string, ModuleType>> = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
};

/** The modules of a bundle, the main one first. Excludes source maps and the bundler's metadata. */
export function bundledModules(main: string): { type: ModuleType; path: string }[] {
  const folder = dirname(main);
  const others = readdirSync(folder).flatMap((name) => {
    const type = MODULE_TYPES[extname(name)];
    return type === undefined || name === basename(main) ? [] : [{ type, path: join(folder, name) }];
  });
  return [{ type: 'ESModule', path: main }, ...others];
}

/** Changes to the options that wrangler.toml specifies. */
const Changed = z.looseObject({
  bindings: z.record(z.string(), z.json()).default({}),
  r2Buckets: z.record(z.string(), z.unknown()).default({}),
  assets: z.looseObject({ directory: z.string() }).optional(),
});

/** The databases as Miniflare binds them. */
const boundDatabases = (config: WithDatabases): Record<string, { id: string }> =>
  Object.fromEntries(localDatabases(config).map(({ binding, id }) => [binding, { id }]));

/** The options of the instance's databases alone: without the Worker, queues, alarms and requests. */
export function databaseOptions(config: WithDatabases & Pick<EdgeConfig, 'persist'>): MiniflareOptions {
  return convertV4MiniflareOptions({
    host: '127.0.0.1',
    cf: false,
    log: new Log(LogLevel.WARN),
    modules: true,
    script: 'export default {}',
    compatibilityDate: COMPATIBILITY_DATE,
    d1Databases: boundDatabases(config),
    resourcePersistencePath: config.persist,
  });
}

/** The files of the front that Miniflare reads by their paths: its modules, the main one first, and its plugin. */
const FRONT_MODULES = ['worker', 'forwarded', 'network'].map((name) => ({
  type: 'ESModule' as const,
  path: join(import.meta.dirname, 'front', `${name}.mjs`),
}));
const FRONT_PLUGIN_PATH = join(import.meta.dirname, 'front', 'plugin.ts');

/** A binding that `front/plugin.ts` creates. */
const frontBinding = (
  name: string,
  type: keyof typeof BINDING,
  options: Record<string, string | number>,
) => ({
  name,
  type: BINDING[type],
  plugin: { package: FRONT_PLUGIN_PATH, name: FRONT_PLUGIN },
  options,
});

/** The header by which the front tells the control plane the client's address. */
const CLIENT_ADDRESS_HEADER = 'X-AppFlux-Client-Address';

/** The Worker that serves the dashboard's files, and its script. */
const ASSETS = 'assets';
const ASSETS_SCRIPT = 'export default { fetch: (request, { ASSETS }) => ASSETS.fetch(request) }';

/** What holds for the Worker on one machine: the front says where a request comes from. */
const LOCAL = { CLIENT_ADDRESS_HEADER };

/**
 * The options of the instance: its Worker, and the front (`front/worker.mjs`) behind the instance's port. Bindings,
 * flags, queues, crons and assets are those of wrangler.toml; variables, the bucket and the folder for data come from
 * the config. Miniflare listens on a second, random port for calls from this process. `serversService` answers what the
 * control plane asks about the process that runs the servers of sites.
 */
export function miniflareOptions(
  config: EdgeConfig,
  onConsole: (level: string, message: string) => void,
  blobs: Pick<Blobs, 'sync'>,
  serversService: Servers['service'] | null = null,
): MiniflareOptions {
  const { workerOptions } = readWranglerConfig(config.wranglerConfig);
  const { bindings, r2Buckets, assets } = Changed.parse(workerOptions);
  const { assets: _ofAnotherWorker, ...ownOptions } = workerOptions;
  const { name: id, ...keys } = config.bucket;
  const sockets = config.servers === undefined ? null : socketPaths(config.servers.sockets);
  return convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    handleStructuredLogs: ({ level, message }) => onConsole(level, message),
    resourcePersistencePath: config.persist,
    ...(config.inspectorPort === undefined
      ? {}
      : { inspectorPort: config.inspectorPort, inspectorHost: '127.0.0.1' }),
    workers: [
      {
        // Miniflare's own port leads to the first Worker.
        name: 'front',
        modules: FRONT_MODULES,
        modulesRoot: join(import.meta.dirname, 'front'),
        bindings: {
          TRUSTED_PROXIES: [...(config.trustedProxies ?? [])],
          CLIENT_ADDRESS_HEADER,
          SITES_DOMAIN: config.variables.SITES_DOMAIN ?? '',
          PUBLIC_URL: config.variables.PUBLIC_URL ?? '',
        },
        compatibilityDate: COMPATIBILITY_DATE,
        serviceBindings: { WORKER: CONTROL_PLANE },
        unsafeBindings: [
          frontBinding('S3', 's3', { id, ...keys }),
          frontBinding('PORT', 'port', { host: config.host ?? '127.0.0.1', port: config.port }),
          ...(config.proxySocket === undefined
            ? []
            : [frontBinding('PROXY', 'proxy', { path: config.proxySocket })]),
        ],
      },
      {
        ...ownOptions,
        name: CONTROL_PLANE,
        // The modules of the bundle are listed explicitly.
        modulesRules: undefined,
        modules: bundledModules(config.main),
        modulesRoot: dirname(config.main),
        bindings: { ...bindings, ...LOCAL, ...config.variables },
        // Miniflare would write emails to files and report that they were sent.
        email: {},
        r2Buckets: {},
        d1Databases: boundDatabases(config),
        serviceBindings: {
          DISK: diskService(config.persist, config.minFreeBytes, blobs),
          ...(config.smtpUrl === undefined ? {} : { SMTP: smtpService(config.smtpUrl) }),
          ...(assets === undefined ? {} : { ASSETS }),
          ...(sockets === null || serversService === null
            ? {}
            : {
                SERVERS: { external: { address: `unix:${sockets.host}`, http: {} } },
                SERVERS_PROCESS: serversService,
              }),
        },
        unsafeBindings: [
          ...Object.keys(r2Buckets).map((binding) => frontBinding(binding, 'bucket', { id })),
          frontBinding('PUBLIC_NETWORK', 'network', {}),
          ...(sockets === null
            ? []
            : [
                frontBinding('SERVER_CONTROL', 'entrypoint', {
                  path: sockets.control,
                  entrypoint: CONTROL_ENTRYPOINT,
                }),
              ]),
        ],
      },
      // Miniflare puts two Workers of its own before one that has assets, for every request.
      ...(assets === undefined
        ? []
        : [
            {
              name: ASSETS,
              modules: true as const,
              script: ASSETS_SCRIPT,
              compatibilityDate: COMPATIBILITY_DATE,
              assets: { ...assets, binding: 'ASSETS', directory: config.assets ?? assets.directory },
            },
          ]),
    ],
  });
}
