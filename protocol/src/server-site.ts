/**
 * Server-rendered sites: what a build hands over beside the files of a site, and what the control plane and the server
 * host tell each other. A site with a server is published as any other site (site.ts): its modules are files in a
 * reserved folder of the manifest, and `server` says how they are run. docs/server-sites.md describes it.
 */
import { z } from 'zod';
import { ObjectId } from './ids.ts';
import type { SiteFile, SiteManifest } from './site.ts';
import { printable } from './text.ts';

/** In `accepts` of an attempt's `welcome`: this edge publishes sites with a server, and this instance runs them. */
export const SERVER_SITES = 'server_sites';

/** The folder of a manifest that belongs to AppFlux. Nothing in it is ever served or in the ZIP of a site. */
export const RESERVED_FOLDER = '.appflux/';
/** The modules of a server. */
export const SERVER_FOLDER = `${RESERVED_FOLDER}server/`;
/** Their source maps: that of the module `a.js` is `a.js.map`. */
export const MAPS_FOLDER = `${RESERVED_FOLDER}maps/`;

const MIB = 1024 * 1024;

/**
 * What a server may consist of. Cloudflare allows 10 MB after compression, one second of start-up and 128 MB of memory
 * for everything: https://developers.cloudflare.com/workers/platform/limits/
 */
export const SERVER_LIMITS = {
  modules: 2_000,
  /** All modules. */
  moduleBytes: 32 * MIB,
  /** All modules, each compressed. */
  compressedBytes: 10 * MIB,
  /** All source maps. */
  mapBytes: 64 * MIB,
  /** CPU time of loading, in milliseconds. */
  startupMs: 1_000,
  memoryBytes: 128 * MIB,
  vars: 128,
  bindings: 20,
  crons: 10,
} as const;

/** How a project's server is made from its build: a packager of the web image. */
export const ServerKind = z.enum([
  'sveltekit',
  'next',
  'nitro',
  'astro',
  'react-router',
  'tanstack-start',
  'worker',
  'node',
]);
export type ServerKind = z.infer<typeof ServerKind>;

/** That a project is published with its server, and how. */
export const ServerPlan = z
  .strictObject({
    kind: ServerKind,
    /** The main file of a `worker` or `node` server, relative to the project's folder. */
    entry: z.string().min(1).max(512).nullable(),
    /** The project's folder, relative to the root directory, where that is the top of its workspace. */
    folder: z.string().min(1).max(512).optional(),
  })
  .meta({ id: 'ServerPlan' });
export type ServerPlan = z.infer<typeof ServerPlan>;

/** What a binding of a server gives access to: key-value pairs, or an SQLite database. */
export const BindingKind = z.enum(['kv', 'sqlite']);
export type BindingKind = z.infer<typeof BindingKind>;

/** Bindings that every server has. */
export const OWN_BINDINGS: readonly string[] = ['ASSETS', 'WORKER_SELF_REFERENCE'];

/** The name by which a server finds a binding in its environment. */
export const BindingName = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{0,62}$/,
    'The name of a binding consists of capital letters, digits and underscores, and begins with a letter',
  )
  .refine((name) => !name.startsWith('APPFLUX_') && !OWN_BINDINGS.includes(name), {
    message: 'This name is reserved for AppFlux',
  });

export const Bindings = z
  .record(BindingName, BindingKind)
  .refine((bindings) => Object.keys(bindings).length <= SERVER_LIMITS.bindings, {
    message: `A server has ${SERVER_LIMITS.bindings} bindings at most`,
  });
export type Bindings = z.infer<typeof Bindings>;

/** Cron expressions (UTC) at which a server's `scheduled` handler runs. */
export const Crons = z.array(z.string().min(1).max(100)).max(SERVER_LIMITS.crons);

/** What decides whether a request is for a file of the site or for its server. */
export const ServerAssets = z.strictObject({
  /**
   * Whether the server gets requests that a file would answer: all, or those whose paths match. `*` stands for any
   * characters; a pattern with `!` in front excludes. As Cloudflare's `run_worker_first`:
   * https://developers.cloudflare.com/workers/static-assets/binding/#run_worker_first
   */
  workerFirst: z.union([z.boolean(), z.array(z.string().min(1).max(500)).max(100)]),
  /** What the binding ASSETS answers for a path without a file. */
  notFound: z.enum(['none', '404-page', 'single-page-application']),
});
export type ServerAssets = z.infer<typeof ServerAssets>;

/** How a server is run. */
export const ServerSpec = z.strictObject({
  version: z.literal(1),
  framework: z.string().max(60).nullable(),
  /** The main module: a path below SERVER_FOLDER. */
  main: z.string().min(1).max(512),
  compatibilityDate: z.iso.date(),
  compatibilityFlags: z.array(z.string().regex(/^[a-z0-9_]{1,100}$/)).max(50),
  assets: ServerAssets,
  /** Values that the project itself sets in its environment. They are no secrets. */
  vars: z
    .record(z.string().min(1).max(128), z.json())
    .refine((vars) => Object.keys(vars).length <= SERVER_LIMITS.vars, {
      message: `A server has ${SERVER_LIMITS.vars} variables of its own at most`,
    }),
  bindings: Bindings,
  crons: Crons,
});
export type ServerSpec = z.infer<typeof ServerSpec>;

/** How a module is loaded. */
export type ModuleType = 'js' | 'cjs' | 'json' | 'wasm' | 'text' | 'data';

const MODULE_TYPES: Readonly<Record<string, ModuleType>> = {
  js: 'js',
  mjs: 'js',
  cjs: 'cjs',
  json: 'json',
  wasm: 'wasm',
  txt: 'text',
  html: 'text',
  sql: 'text',
  css: 'text',
};

/** How the module with this name is loaded: its ending says so; anything unknown is data. */
export const moduleType = (name: string): ModuleType =>
  MODULE_TYPES[/\.([a-z]+)$/.exec(name)?.[1] ?? ''] ?? 'data';

export const isReservedPath = (path: string): boolean =>
  path.startsWith(RESERVED_FOLDER) || `${path}/` === RESERVED_FOLDER;

/**
 * Why a manifest's reserved folder and `server` don't fit together, or are beyond a limit, as a sentence; null if all is
 * well. A runner names the largest modules before it uploads them; this is for what a hostile one sends.
 */
export function serverProblem(server: ServerSpec | undefined, files: readonly SiteFile[]): string | null {
  const reserved = files.filter(({ path }) => isReservedPath(path));
  if (server === undefined) {
    const [first] = reserved;
    return first === undefined
      ? null
      : `A site without a server can’t have "${printable(first.path)}": the folder belongs to AppFlux`;
  }
  const modules = reserved.filter(({ path }) => path.startsWith(SERVER_FOLDER));
  const maps = reserved.filter(({ path }) => path.startsWith(MAPS_FOLDER));
  const stray = reserved.find((file) => !modules.includes(file) && !maps.includes(file));
  if (stray !== undefined) return `"${printable(stray.path)}" is neither a module nor a source map`;
  if (!modules.some(({ path }) => path === SERVER_FOLDER + server.main))
    return `The main module "${printable(server.main)}" is missing`;
  if (modules.length > SERVER_LIMITS.modules) return `A server has ${SERVER_LIMITS.modules} modules at most`;
  const sizes: readonly [what: string, bytes: number, most: number][] = [
    ['The modules of the server', total(modules, 'size'), SERVER_LIMITS.moduleBytes],
    ['The compressed modules of the server', total(modules, 'length'), SERVER_LIMITS.compressedBytes],
    ['The source maps of the server', total(maps, 'size'), SERVER_LIMITS.mapBytes],
  ];
  const over = sizes.find(([, bytes, most]) => bytes > most);
  return over === undefined ? null : `${over[0]} have ${over[2] / MIB} MiB at most`;
}

const total = (files: readonly SiteFile[], of: 'size' | 'length'): number =>
  files.reduce((sum, file) => sum + file[of], 0);

/** What of a manifest is served and in the site's ZIP: not the reserved folder. */
export const publicEntries = ({ files }: Pick<SiteManifest, 'files'>): SiteManifest['files'] =>
  files.filter(([path]) => !isReservedPath(path));

/** Hosts that a server may reach with fetch; null allows all public ones. */
export const AllowedHosts = z
  .array(
    z
      .string()
      .max(259)
      .regex(
        /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/,
        'A host is a name in lower case such as api.example.com, with `*.` in front for all names below it',
      ),
  )
  .max(50)
  .nullable();

/** An app's settings for servers of its sites. */
export const AppServer = z.strictObject({ allowHosts: AllowedHosts }).meta({ id: 'AppServer' });
export type AppServer = z.infer<typeof AppServer>;

/**
 * Whose state a server uses: that of all production deployments, that of all previews, or, for the code of a fork, one
 * of its own.
 */
export const StateScope = z.union([
  z.enum(['production', 'preview']),
  z.templateLiteral(['fork-', z.string().regex(/^[0-9a-f]{24}$/)]),
]);
export type StateScope = z.infer<typeof StateScope>;

/** A request for a site, as the control plane hands it to the server host: the header VISIT_HEADER, as JSON. */
export const ServerVisit = z.strictObject({
  appId: ObjectId,
  deploymentId: ObjectId,
  scope: StateScope,
  /** Changes with the app's variables and settings. */
  revision: z.string().min(1).max(64),
  /** The URL that the visitor asked for. */
  url: z.url(),
  clientAddress: z.string().max(64).nullable(),
});
export type ServerVisit = z.infer<typeof ServerVisit>;

export const VISIT_HEADER = 'X-AppFlux-Visit';

/**
 * What the control plane gives the server host to load a server: 4 bytes with the length of this as JSON (big-endian),
 * the JSON, and the contents of the modules, one after the other.
 */
export const ServerLoad = z.strictObject({
  spec: ServerSpec,
  /** Opened: what the site's environment holds beside `spec.vars`. */
  variables: z.record(z.string(), z.string()),
  /** Hosts of the instance itself, and those below them: sites don't reach them. */
  ownHosts: z.array(z.string()),
  allowHosts: AllowedHosts,
  /** Whether private addresses may be reached, as the operator has set it for the whole instance. */
  allowPrivate: z.boolean(),
  modules: z.array(
    z.strictObject({
      name: z.string(),
      type: z.enum(['js', 'cjs', 'json', 'wasm', 'text', 'data']),
      bytes: z.int().min(0),
    }),
  ),
});
export type ServerLoad = z.infer<typeof ServerLoad>;
