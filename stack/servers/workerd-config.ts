/**
 * The configuration of workerd for the host Worker. workerd runs it directly: Miniflare would put a Node process of its
 * own beside it, which needs more memory than workerd itself.
 */
import { z } from 'zod';
import { readWranglerConfig } from '../wrangler/config.ts';
import { CONTROL_ENTRYPOINT, socketPaths } from './config.ts';

/** The kind of a module, as workerd's schema calls it. */
export type ModuleKind = 'esModule' | 'wasm' | 'text' | 'data';

/** A module, and the file with its content relative to the configuration. */
export interface EmbeddedModule {
  readonly name: string;
  readonly kind: ModuleKind;
  readonly file: string;
}

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

/** Text in Cap'n Proto's notation. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these have to be escaped
    .replace(/[\x00-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}

const list = (items: readonly string[]): string => `[${items.join(', ')}]`;

/**
 * The configuration as text. Paths in `modules` are relative to the file that it is written to. Pure.
 * @param options.certificates authorities that are trusted beside those of browsers, in PEM
 * @param options.v8Flags flags of V8, for all isolates
 */
export function workerdConfig(options: {
  worker: HostWorker;
  modules: readonly EmbeddedModule[];
  persist: string;
  sockets: string;
  allowPrivate: boolean;
  certificates: readonly string[];
  v8Flags: readonly string[];
}): string {
  const { worker, persist, sockets, certificates } = options;
  const { host, control } = socketPaths(sockets);
  const classes = [...new Set(worker.durable_objects.bindings.map((binding) => binding.class_name))];
  const bindings = [
    ...worker.worker_loaders.map(({ binding }) => `(name = ${quoted(binding)}, workerLoader = ())`),
    ...worker.services.map(({ binding }) => `(name = ${quoted(binding)}, service = "control")`),
    ...worker.durable_objects.bindings.map(
      (binding) => `(name = ${quoted(binding.name)}, durableObjectNamespace = ${quoted(binding.class_name)})`,
    ),
    ...Object.entries(worker.vars).map(([name, value]) =>
      typeof value === 'string'
        ? `(name = ${quoted(name)}, text = ${quoted(value)})`
        : `(name = ${quoted(name)}, json = ${quoted(JSON.stringify(value))})`,
    ),
    '(name = "PUBLIC_NETWORK", service = "public-network")',
  ];
  const tls = `(trustBrowserCas = true, trustedCertificates = ${list(certificates.map(quoted))})`;
  // Its own fetch reaches no more than PUBLIC_NETWORK does: what forgets to ask for that one gains nothing.
  const reached = options.allowPrivate ? ['public', 'private'] : ['public'];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "host", worker = (
      modules = ${list(options.modules.map(({ name, kind, file }) => `(name = ${quoted(name)}, ${kind} = embed ${quoted(file)})`))},
      compatibilityDate = ${quoted(worker.compatibility_date)},
      compatibilityFlags = ${list(worker.compatibility_flags.map(quoted))},
      bindings = ${list(bindings)},
      durableObjectNamespaces = ${list(
        classes.map(
          (name) =>
            `(className = ${quoted(name)}, uniqueKey = ${quoted(`${worker.name}-${name}`)}, enableSql = true)`,
        ),
      )},
      durableObjectStorage = (localDisk = "state"),
    )),
    (name = "state", disk = (path = ${quoted(persist)}, writable = true)),
    (name = "control", external = (address = ${quoted(`unix:${control}`)}, http = ())),
    (name = "public-network", network = (allow = ["public"], tlsOptions = ${tls})),
    (name = "internet", network = (allow = ${list(reached.map(quoted))}, tlsOptions = ${tls})),
  ],
  sockets = [(name = "servers", address = ${quoted(`unix:${host}`)}, http = (), service = "host")],
  v8Flags = ${list(options.v8Flags.map(quoted))},
);
`;
}
