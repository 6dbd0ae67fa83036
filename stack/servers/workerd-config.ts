/**
 * The configuration of workerd for the host Worker. workerd runs it directly: Miniflare would put a Node process of its
 * own beside it, which needs more memory than workerd itself.
 */
import { z } from 'zod';
import { type Binding, type Module, type RuntimeConfig, variables } from '../workerd/config.ts';
import { readWranglerConfig } from '../wrangler/config.ts';
import { CONTROL_ENTRYPOINT, socketPaths } from './config.ts';

/** What the configuration takes from wrangler.servers.toml. */
const HostWorker = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.json()).default({}),
  worker_loaders: z.array(z.object({ binding: z.string() })).default([]),
  services: z.array(z.object({ binding: z.string(), entrypoint: z.string().optional() })).default([]),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
});
export type HostWorker = z.infer<typeof HostWorker>;

/** Bindings that a Worker can have and the host's configuration cannot give it. */
const UNSUPPORTED = ['kv_namespaces', 'd1_databases', 'r2_buckets', 'hyperdrive', 'vectorize', 'ai'] as const;

/**
 * Reads wrangler.servers.toml.
 * @throws Error for a binding that is not supported here
 */
export function readHostWorker(wranglerConfig: string): HostWorker {
  const { config } = readWranglerConfig(wranglerConfig);
  for (const name of UNSUPPORTED) {
    const value = config[name];
    if (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null)
      throw new Error(`${wranglerConfig} has ${name}: the host Worker can't have such a binding`);
  }
  const worker = HostWorker.parse(config);
  for (const { binding, entrypoint } of worker.services) {
    if (entrypoint !== CONTROL_ENTRYPOINT)
      throw new Error(`${wranglerConfig}: ${binding} must lead to the entrypoint ${CONTROL_ENTRYPOINT}`);
  }
  return worker;
}

/** The socket that leads to the host. */
export const HOST_SOCKET = 'servers';

/**
 * The configuration. Pure.
 * @param options.certificates authorities that are trusted beside those of browsers, in PEM
 * @param options.v8Flags flags of V8, for all isolates
 */
export function workerdConfig(options: {
  worker: HostWorker;
  modules: readonly Module[];
  persist: string;
  sockets: string;
  allowPrivate: boolean;
  certificates: readonly string[];
  v8Flags: readonly string[];
}): RuntimeConfig {
  const { worker, modules, persist, sockets, certificates, v8Flags } = options;
  const { starting, control } = socketPaths(sockets);
  const classes = [...new Set(worker.durable_objects.bindings.map((binding) => binding.class_name))];
  const bindings: Binding[] = [
    ...worker.worker_loaders.map(({ binding }) => ({ name: binding, workerLoader: {} })),
    ...worker.services.map(({ binding }) => ({ name: binding, service: 'control' })),
    ...worker.durable_objects.bindings.map(({ name, class_name }) => ({
      name,
      durableObjectNamespace: class_name,
    })),
    ...variables(worker.vars),
    { name: 'PUBLIC_NETWORK', service: 'public-network' },
  ];
  const tlsOptions = { trustBrowserCas: true, trustedCertificates: certificates };
  // Its own fetch reaches no more than PUBLIC_NETWORK does: what forgets to ask for that one gains nothing.
  const allow = options.allowPrivate ? ['public', 'private'] : ['public'];
  return {
    services: [
      {
        name: 'host',
        worker: {
          modules,
          compatibilityDate: worker.compatibility_date,
          compatibilityFlags: worker.compatibility_flags,
          bindings,
          durableObjectNamespaces: classes.map((className) => ({
            className,
            uniqueKey: `${worker.name}-${className}`,
            enableSql: true,
          })),
          durableObjectStorage: { localDisk: 'state' },
        },
      },
      { name: 'state', disk: { path: persist, writable: true } },
      { name: 'control', external: { address: `unix:${control}`, http: {} } },
      { name: 'public-network', network: { allow: ['public'], tlsOptions } },
      { name: 'internet', network: { allow, tlsOptions } },
    ],
    sockets: [{ name: HOST_SOCKET, address: `unix:${starting}`, http: {}, service: { name: 'host' } }],
    v8Flags,
  };
}
