/** The configuration of the workerd that runs the control plane, with the front before it. */
import { isIPv6 } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { CONTROL_ENTRYPOINT } from '../servers/config.ts';
import { type Binding, type Module, type RuntimeConfig, type Service, variables } from '../workerd/config.ts';
import { Embedded } from '../workerd/notation.ts';
import type { AssembledIn } from './assembled/assembled.ts';
import {
  CONTROL_PLANE_SERVICE,
  INTERNET,
  LOOPBACK,
  OUTBOUND,
  PLACEHOLDER_KEYS,
  S3_SERVICE,
} from './assembled/input.ts';
import { SERVICE_HEADER } from './calls.ts';

/** Of the Workers other than the control plane. */
const COMPATIBILITY_DATE = '2026-11-01';

/** The sockets in workerd's folder: for what the control plane calls, and for its crons. */
export const CALLS_SOCKET = 'calls.sock';
export const CRON_SOCKET = 'cron.sock';

const FRONT = 'front';
const PUBLIC_NETWORK = 'public-network';
const SERVERS = 'servers';

/** The header by which the front tells the control plane the client's address. */
const CLIENT_ADDRESS_HEADER = 'X-AppFlux-Client-Address';

/** The front's modules, the main one first. */
const FRONT_MODULES = ['worker', 'forwarded', 'network', 'loopback'].map((name) => `${name}.mjs`);

export interface RuntimeOptions {
  /** The folder that workerd runs in and the configuration is in, absolute; and the one with the front's modules. */
  readonly folder: string;
  readonly front: string;
  /** The control plane's modules, relative to `folder`. */
  readonly modules: readonly Module[];
  readonly assembled: AssembledIn;
  /** Where data is stored, absolute. */
  readonly persist: string;
  readonly host: string;
  readonly port: number;
  readonly proxySocket: string | null;
  readonly trustedProxies: readonly string[];
  readonly bucket: { readonly name: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Variables and secrets of the control plane. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The services of this process, by the names of their bindings. */
  readonly calls: readonly string[];
  /** The sockets of the process that runs the servers of sites; null if there is none. */
  readonly servers: { readonly host: string; readonly control: string } | null;
  /** Authorities that are trusted beside those of browsers, in PEM. */
  readonly certificates: readonly string[];
  readonly v8Flags: readonly string[];
}

/** The configuration. Pure. */
export function runtimeConfig(options: RuntimeOptions): RuntimeConfig {
  const { folder, assembled, calls, servers, certificates, v8Flags } = options;
  const kept = (modules: readonly Module[]) => fromFolder(modules, relative(folder, assembled.folder));
  const tlsOptions = { trustBrowserCas: true, trustedCertificates: certificates };
  // 240.0.0.0/4 is reserved, and private in some networks.
  const everything = { allow: ['public', 'private', '240.0.0.0/4'], tlsOptions };
  return {
    services: [
      front(options),
      ...assembled.services.map((service) => {
        if (!('worker' in service))
          return { ...service, disk: { ...service.disk, path: resolve(options.persist, service.disk.path) } };
        const worker = {
          ...service.worker,
          modules: kept(service.worker.modules),
          bindings: (service.worker.bindings ?? []).map(withLoopback),
        };
        if (service.name === S3_SERVICE) return { ...service, worker: withKeys(worker, options.bucket) };
        if (service.name !== CONTROL_PLANE_SERVICE) return { ...service, worker };
        const bindings = [...worker.bindings, ...ownBindings(options)];
        return { ...service, worker: { ...worker, modules: options.modules, bindings } };
      }),
      ...calls.map(
        (name): Service => ({
          name: serviceOf(name),
          external: {
            address: `unix:${CALLS_SOCKET}`,
            http: { injectRequestHeaders: [{ name: SERVICE_HEADER, value: name }] },
          },
        }),
      ),
      ...(servers === null
        ? []
        : [{ name: SERVERS, external: { address: `unix:${servers.host}`, http: {} } }]),
      { name: PUBLIC_NETWORK, network: { allow: ['public'], tlsOptions } },
      { name: INTERNET, network: everything },
      { name: OUTBOUND, network: everything },
    ],
    sockets: socketsOf(options),
    extensions: assembled.extensions.map(({ modules }) => ({ modules: kept(modules) })),
    v8Flags,
    structuredLogging: true,
  };
}

const serviceOf = (binding: string): string => `call:${binding}`;

/** The same modules, with the paths of their files from another folder. */
const fromFolder = (modules: readonly Module[], folder: string): Module[] =>
  modules.map(({ esModule, ...module }) => ({
    ...module,
    esModule: esModule instanceof Embedded ? new Embedded(join(folder, esModule.file)) : esModule,
  }));

/** The bindings of the control plane that Miniflare knows nothing of. */
const ownBindings = ({ variables: vars, calls, servers }: RuntimeOptions): Binding[] => [
  ...variables({ CLIENT_ADDRESS_HEADER, ...vars }),
  ...calls.map((name) => ({ name, service: serviceOf(name) })),
  ...(servers === null ? [] : [{ name: 'SERVERS', service: SERVERS }]),
  { name: 'PUBLIC_NETWORK', service: PUBLIC_NETWORK },
];

/** The front: a Worker of our own in place of Cloudflare's network. */
function front({ folder, front, trustedProxies, variables: vars }: RuntimeOptions): Service {
  return {
    name: FRONT,
    worker: {
      modules: FRONT_MODULES.map((name) => ({
        name,
        esModule: new Embedded(join(relative(folder, front), name)),
      })),
      compatibilityDate: COMPATIBILITY_DATE,
      // Calls the control plane's handler of crons.
      compatibilityFlags: ['service_binding_extra_handlers'],
      bindings: [
        ...variables({
          TRUSTED_PROXIES: trustedProxies,
          CLIENT_ADDRESS_HEADER,
          SITES_DOMAIN: vars.SITES_DOMAIN ?? '',
          PUBLIC_URL: vars.PUBLIC_URL ?? '',
        }),
        { name: 'WORKER', service: CONTROL_PLANE_SERVICE },
        { name: 'S3', service: S3_SERVICE },
      ],
    },
  };
}

/** A binding of one of Miniflare's scripts, which reports to the front what it would report to Miniflare. */
const withLoopback = (binding: Binding): Binding =>
  nameOf(binding.service) === LOOPBACK
    ? { name: binding.name, service: { name: FRONT, entrypoint: LOOPBACK } }
    : binding;

/** The name in a designator; undefined for anything else. */
const nameOf = (designator: unknown): unknown =>
  typeof designator === 'object' && designator !== null && 'name' in designator ? designator.name : undefined;

/** The S3 endpoint with the bucket's own keys. @throws Error if it does not have those in whose place they are put */
function withKeys<Worker extends { readonly bindings?: readonly Binding[] | undefined }>(
  worker: Worker,
  { name: bucket, ...keys }: RuntimeOptions['bucket'],
): Worker {
  const { accessKeyId } = PLACEHOLDER_KEYS;
  const bindings = (worker.bindings ?? []).map((binding) =>
    typeof binding.json === 'string' && binding.json.includes(accessKeyId)
      ? { name: binding.name, json: JSON.stringify({ [bucket]: keys }) }
      : binding,
  );
  if (JSON.stringify(bindings) === JSON.stringify(worker.bindings))
    throw new Error('This version of Miniflare has the keys of buckets elsewhere');
  return { ...worker, bindings };
}

/**
 * The sockets: the instance's port, and those of this machine's user. None leads to what Miniflare has for developers.
 * workerd names a socket whose address is in use.
 */
function socketsOf({ host, port, proxySocket, servers }: RuntimeOptions): RuntimeConfig['sockets'] {
  const socket = (address: string, name: string, entrypoint: string) => ({
    name: address,
    address,
    // No option reads `request.cf` from a header that a client could set.
    http: {},
    service: { name, entrypoint },
  });
  return [
    socket(isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`, FRONT, 'port'),
    ...(proxySocket === null ? [] : [socket(`unix:${proxySocket}`, FRONT, 'proxy')]),
    ...(servers === null
      ? []
      : [socket(`unix:${servers.control}`, CONTROL_PLANE_SERVICE, CONTROL_ENTRYPOINT)]),
    socket(`unix:${CRON_SOCKET}`, FRONT, 'cron'),
  ];
}
