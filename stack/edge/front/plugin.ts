/**
 * A Miniflare plugin for what Miniflare has no options for: a bucket that only its binding and signed S3 requests
 * reach, a network without private addresses, and sockets that lead to entry points of Workers. For a bucket in its own
 * options, Miniflare also serves every object without a signature below `/cdn-cgi/local/r2/public/`. Miniflare loads this
 * module by its path (see `options.ts`).
 */
import { rmSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { getR2S3Service, type Plugin, R2_PLUGIN, R2_S3_SERVICE_NAME } from 'miniflare';
import { z } from 'zod';
import { extraCertificates } from '../certificates.ts';

/** The name by which bindings refer to the plugin. */
export const FRONT_PLUGIN = 'appflux-front';

/** The types of its bindings. */
export const BINDING = {
  bucket: 'bucket',
  s3: 's3',
  port: 'port',
  proxy: 'proxy',
  network: 'network',
  entrypoint: 'entrypoint',
} as const;

const Bucket = z.strictObject({ id: z.string() });
const S3 = Bucket.extend({ accessKeyId: z.string(), secretAccessKey: z.string() });
const Port = z.strictObject({ host: z.string(), port: z.int() });
const ProxySocket = z.strictObject({ path: z.string() });
const Network = z.strictObject({});
const Entrypoint = z.strictObject({ path: z.string(), entrypoint: z.string() });

/** workerd's name of the service that reaches public addresses alone. It resolves a name itself, and checks the result. */
const PUBLIC_NETWORK = 'appflux-public-network';

type WorkerOptions = Parameters<Plugin['getBindings']>[0];
type Environment = NonNullable<WorkerOptions['config']['env']>;

/** The options of this plugin's bindings of one type, by binding name. */
function bindingsOf<Schema extends z.ZodType>(
  options: WorkerOptions,
  type: keyof typeof BINDING,
  schema: Schema,
): [name: string, options: z.output<Schema>][] {
  return Object.entries(options.config.env ?? {}).flatMap(([name, binding]) => {
    if (binding.type !== `unsafe:${BINDING[type]}` || !('dev' in binding)) return [];
    const { plugin, options: ours } = binding.dev as { plugin: { name: string }; options: unknown };
    return plugin.name === FRONT_PLUGIN ? [[name, schema.parse(ours)]] : [];
  });
}

/** A Worker's options as if its buckets were in Miniflare's own options. */
function withBuckets(options: WorkerOptions): WorkerOptions {
  const env: Environment = {};
  for (const [name, { id }] of bindingsOf(options, 'bucket', Bucket)) env[name] = { type: 'r2', name: id };
  for (const [name, { id, ...keys }] of bindingsOf(options, 's3', S3)) {
    env[name] = { type: 'r2', name: id, dev: { experimentalS3Credentials: keys } };
  }
  return { ...options, config: { ...options.config, env } };
}

/** A socket that leads to an entry point of a Worker. */
const socketOf = (options: WorkerOptions, entrypoint: string, address: string) => ({
  // workerd names the socket when its address is in use.
  name: address,
  address,
  service: { name: `core:user:${options.config.name}`, entrypoint },
  // No option reads `request.cf` from a header that a client could set.
  http: {},
});

/**
 * The same on a Unix socket. Miniflare asks for it before each start of workerd, also after one that was killed: workerd
 * doesn't replace the file that such a one has left.
 */
function unixSocketOf(options: WorkerOptions, entrypoint: string, path: string) {
  rmSync(path, { force: true });
  return socketOf(options, entrypoint, `unix:${path}`);
}

const plugin: Plugin = {
  getBindings: async (options, shared, index) => {
    const buckets = new Set(bindingsOf(options, 'bucket', Bucket).map(([name]) => name));
    const all = (await R2_PLUGIN.getBindings(withBuckets(options), shared, index)) ?? [];
    return [
      ...all.filter(({ name }) => name !== undefined && buckets.has(name)),
      ...bindingsOf(options, 's3', S3).map(([name]) => ({ name, service: { name: R2_S3_SERVICE_NAME } })),
      ...bindingsOf(options, 'network', Network).map(([name]) => ({
        name,
        service: { name: PUBLIC_NETWORK },
      })),
    ];
  },

  getNodeBindings: () => ({}),

  getServices: async (context) => {
    const options = withBuckets(context.options);
    const services = (await R2_PLUGIN.getServices({ ...context, options })) ?? [];
    if (!Array.isArray(services))
      throw new Error('This version of Miniflare needs more than services for a bucket');
    const s3 = getR2S3Service([options], context.sharedOptions);
    const network = {
      name: PUBLIC_NETWORK,
      network: {
        allow: ['public'],
        tlsOptions: { trustBrowserCas: true, trustedCertificates: extraCertificates() },
      },
    };
    const hasNetwork = bindingsOf(context.options, 'network', Network).length > 0;
    return {
      services: [...services, ...(s3 === undefined ? [] : [s3]), ...(hasNetwork ? [network] : [])],
      extensions: [],
      sockets: [
        ...bindingsOf(context.options, 'port', Port).map(([, { host, port }]) =>
          socketOf(context.options, 'port', isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`),
        ),
        ...bindingsOf(context.options, 'proxy', ProxySocket).map(([, { path }]) =>
          unixSocketOf(context.options, 'proxy', path),
        ),
        ...bindingsOf(context.options, 'entrypoint', Entrypoint).map(([, { path, entrypoint }]) =>
          unixSocketOf(context.options, entrypoint, path),
        ),
      ],
    };
  },
};

/** The export that Miniflare looks for. */
export const plugins = { [FRONT_PLUGIN]: plugin };
