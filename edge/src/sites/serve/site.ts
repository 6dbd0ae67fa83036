/** A published site in memory. */
import { isReservedPath, type SiteEntry, type SiteManifest } from '@appflux/protocol';

/** A manifest whose files are found by their paths. */
export interface Site extends Pick<SiteManifest, 'deploymentId' | 'packs' | 'rules' | 'server'> {
  /** By path, with a slash at the beginning. Without modules: they are never served. */
  readonly files: ReadonlyMap<string, SiteEntry>;
  /** The modules of its server, and their source maps. Sites without a server may have such paths as any other. */
  readonly reserved: readonly SiteEntry[];
  /** Memory that it takes, in bytes, roughly. */
  readonly weight: number;
}

/** An entry's numbers and the map's own room, and two bytes per character of what differs. */
const ENTRY_BYTES = 300;

/** Rules are nested objects: they take a few times the length of their JSON. */
const RULE_WEIGHT = 4;

export function siteOf({ deploymentId, packs, rules, files, server }: SiteManifest): Site {
  const isReserved = ([path]: SiteEntry) => server !== undefined && isReservedPath(path);
  const byPath = new Map(files.filter((entry) => !isReserved(entry)).map((entry) => [`/${entry[0]}`, entry]));
  const texts = files.reduce((sum, [path, , sha256]) => sum + 4 * path.length + 2 * sha256.length, 0);
  const ruleTexts = JSON.stringify([rules.redirects, rules.headers]).length;
  return {
    deploymentId,
    packs,
    rules,
    files: byPath,
    reserved: files.filter(isReserved),
    ...(server !== undefined && { server }),
    weight: ENTRY_BYTES * files.length + texts + RULE_WEIGHT * ruleTexts,
  };
}
