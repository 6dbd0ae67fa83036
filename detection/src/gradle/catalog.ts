/** Gradle's version catalog (https://docs.gradle.org/current/userguide/version_catalogs.html). */
import { type Data, parseToml, tableAt, textAt } from '../data-text.ts';

/** What `gradle/libs.versions.toml` gives names to. */
export interface Catalog {
  /** The version that `libs.versions.NAME` stands for, or null. */
  version(accessor: string): string | null;
  /** The plugin that `libs.plugins.NAME` stands for, or null. */
  plugin(accessor: string): CatalogPlugin | null;
  /** A plugin by its id, or null. */
  pluginById(id: string): CatalogPlugin | null;
}

export interface CatalogPlugin {
  readonly id: string;
  readonly version: string | null;
}

/** Gradle makes a dot of `-` and `_` in accessors. */
const accessorOf = (alias: string): string => alias.replace(/[-_]/g, '.').toLowerCase();

/** Reads a catalog's text; one that is not there, or cannot be read, names nothing. */
export function readCatalog(text: string | null): Catalog {
  const data = text === null ? null : parseToml(text);
  const versions = new Map<string, string>();
  const versionTable = tableAt(data, 'versions');
  for (const alias of Object.keys(versionTable ?? {})) {
    const version = versionOf(versionTable, alias);
    if (version !== null) versions.set(accessorOf(alias), version);
  }
  const plugins = new Map<string, CatalogPlugin>();
  const pluginTable = tableAt(data, 'plugins');
  for (const alias of Object.keys(pluginTable ?? {})) {
    const plugin = pluginOf(pluginTable, alias, versions);
    if (plugin !== null) plugins.set(accessorOf(alias), plugin);
  }
  return {
    version: (accessor) => versions.get(accessorOf(accessor)) ?? null,
    plugin: (accessor) => plugins.get(accessorOf(accessor)) ?? null,
    pluginById: (id) => [...plugins.values()].find((plugin) => plugin.id === id) ?? null,
  };
}

/** `"1.2"`, or a rich version such as `{ strictly = "1.2" }`. */
function versionOf(table: Data | null, key: string): string | null {
  const rich = tableAt(table, key);
  return textAt(table, key) ?? textAt(rich, 'strictly') ?? textAt(rich, 'require') ?? textAt(rich, 'prefer');
}

/** `"id:version"`, or `{ id = "…", version = "…" }`, or the same with `version.ref`. */
function pluginOf(
  table: Data | null,
  alias: string,
  versions: ReadonlyMap<string, string>,
): CatalogPlugin | null {
  const short = textAt(table, alias);
  if (short !== null) {
    const [id = '', version] = short.split(':');
    return { id, version: version ?? null };
  }
  const long = tableAt(table, alias);
  const id = textAt(long, 'id');
  if (id === null) return null;
  const ref = textAt(tableAt(long, 'version'), 'ref');
  const version = ref === null ? versionOf(long, 'version') : (versions.get(accessorOf(ref)) ?? null);
  return { id, version };
}
