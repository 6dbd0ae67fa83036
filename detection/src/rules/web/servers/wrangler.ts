/**
 * The configuration of a Cloudflare Worker: wrangler.json, wrangler.jsonc or wrangler.toml, as far as it says whether
 * AppFlux can run the Worker: https://developers.cloudflare.com/workers/wrangler/configuration/
 */
import { BindingName, printable, quoted, type ServerKind } from '@appflux/protocol';
import { type Data, parseLooseJson, parseToml, tableAt, textAt } from '../../../data-text.ts';
import { insidePath, joinPath, type SourceTree } from '../../../tree.ts';
import type { Refusal } from '../../rule.ts';

export interface WranglerConfig {
  /** Relative to the source's top. */
  readonly path: string;
  /** The main module, relative to the folder of the configuration; null for a Worker of files alone. */
  readonly main: string | null;
  /** The folder of static assets, likewise; null if there is none. */
  readonly assets: string | null;
  /** The output of a project of Cloudflare Pages. */
  readonly pagesOutput: string | null;
  /** What it binds that AppFlux doesn't have, such as `R2 buckets (FILES)`. */
  readonly foreign: readonly Binding[];
  /** The name by which the Worker finds its assets, where it is another than AppFlux's. */
  readonly assetsName: string | null;
  /** Names of kv and sqlite bindings that AppFlux can't give. */
  readonly badNames: readonly string[];
}

interface Binding {
  readonly kind: string;
  readonly name: string;
}

/** In wrangler's own order. */
const FILES = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'];

/** Resources of Cloudflare that AppFlux has no equivalent for, by their keys. */
const FOREIGN: Readonly<Record<string, string>> = {
  ai: 'Workers AI',
  ai_search: 'AI Search',
  analytics_engine_datasets: 'Analytics Engine',
  browser: 'Browser Rendering',
  containers: 'Containers',
  dispatch_namespaces: 'dispatch namespaces',
  durable_objects: 'Durable Objects',
  hyperdrive: 'Hyperdrive',
  images: 'Images',
  media: 'Media Transformations',
  mtls_certificates: 'mTLS certificates',
  pipelines: 'Pipelines',
  queues: 'Queues',
  r2_buckets: 'R2 buckets',
  ratelimits: 'rate limits',
  secrets_store_secrets: 'Secrets Store',
  send_email: 'Email',
  services: 'service bindings',
  site: 'Workers Sites',
  unsafe: 'unsafe bindings',
  vectorize: 'Vectorize',
  version_metadata: 'version metadata',
  vpc_services: 'VPC services',
  worker_loaders: 'Worker Loaders',
  workflows: 'Workflows',
};

/** The configuration in a folder, or null. One that can't be read sets nothing. */
export function wranglerIn(tree: SourceTree, folder: string): WranglerConfig | null {
  const path = tree.firstFile(folder, FILES);
  if (path === null) return null;
  const text = tree.text(path) ?? '';
  return configOf(path, path.endsWith('.toml') ? parseToml(text) : parseLooseJson(text));
}

function configOf(path: string, data: Data | null): WranglerConfig {
  const inside = (value: string | null) => (value === null ? null : insidePath('', value));
  const assets = tableAt(data, 'assets');
  const own = ['kv_namespaces', 'd1_databases'].flatMap((key) => bindingsOf(data?.[key], key));
  return {
    path,
    main: inside(textAt(data, 'main')),
    assets: inside(textAt(assets, 'directory')),
    pagesOutput: inside(textAt(data, 'pages_build_output_dir')),
    foreign: Object.entries(FOREIGN)
      .flatMap(([key, kind]) => bindingsOf(data?.[key], kind))
      .filter(({ name }) => name !== 'WORKER_SELF_REFERENCE'),
    assetsName: hasOwnName(assets) ? textAt(assets, 'binding') : null,
    badNames: own.map(({ name }) => name).filter((name) => !BindingName.safeParse(name).success),
  };
}

const hasOwnName = (assets: Data | null): boolean => (textAt(assets, 'binding') ?? 'ASSETS') !== 'ASSETS';

const MAX_BINDINGS = 100;

/** The bindings under one key: a list of tables, a table that is one, or one that holds lists. */
function bindingsOf(value: unknown, kind: string): Binding[] {
  const tables = tablesOf(value);
  return tables.slice(0, MAX_BINDINGS).map((table) => ({
    kind,
    name: printable(textAt(table, 'binding') ?? textAt(table, 'name') ?? textAt(table, 'queue') ?? '', 60),
  }));
}

function tablesOf(value: unknown): Data[] {
  if (Array.isArray(value)) return value.flatMap((entry) => (isTable(entry) ? [entry] : []));
  if (!isTable(value)) return [];
  const lists = Object.values(value).filter(Array.isArray);
  if (lists.length > 0) return lists.flatMap(tablesOf);
  return Object.keys(value).length === 0 ? [] : [value];
}

const isTable = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SHOWN = 8;

/** The first names, and how many more there are. */
const someOf = (names: readonly string[]): string =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
    : names.join(', ');

/**
 * Why a project with this configuration can't be run here, or null. A framework's own packager replaces the bindings
 * of its cache and of its images.
 */
export function wranglerRefusal(
  { path, foreign, assetsName, badNames, main }: WranglerConfig,
  kind: ServerKind,
): Refusal | null {
  const isReplaced = ({ kind: what, name }: Binding) =>
    kind !== 'worker' &&
    kind !== 'node' &&
    (what === FOREIGN.images || (kind === 'next' && name.startsWith('NEXT_')));
  const missing = foreign.filter((binding) => !isReplaced(binding));
  if (missing.length > 0) {
    const names = missing.map(({ kind: what, name }) => (name === '' ? what : `${what} (${name})`));
    return {
      refusal: `${path} uses ${someOf([...new Set(names)])}, which AppFlux does not have.`,
      hint: 'AppFlux has key-value namespaces (kv_namespaces) and SQLite databases (d1_databases). Use these, or an external service, instead.',
    };
  }
  if (assetsName !== null) {
    return {
      refusal: `${path} binds its assets as ${quoted(assetsName)}. On AppFlux, a Worker finds them as ASSETS.`,
      hint: 'Set assets.binding to "ASSETS", and use this name in the Worker.',
    };
  }
  const [name] = badNames;
  if (name !== undefined) {
    return {
      refusal: `${path} has a binding ${quoted(name)}, which is no name for one on AppFlux.`,
      hint: 'Names of bindings consist of capital letters, digits and underscores, and begin with a letter. ASSETS and names with APPFLUX_ are reserved.',
    };
  }
  if (kind === 'worker' && main?.endsWith('.py') === true) {
    return {
      refusal: `The Worker of ${path} is written in Python, which AppFlux can’t run.`,
      hint: 'AppFlux runs Workers in JavaScript and TypeScript.',
    };
  }
  return null;
}

/** The folder of a configuration's assets, seen from the root directory's `within`. */
export const assetsFrom = ({ assets, pagesOutput }: WranglerConfig, within: string): string | null => {
  const folder = assets ?? pagesOutput;
  return folder === null ? null : joinPath(within, folder) || '.';
};
