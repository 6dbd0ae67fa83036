/** A published site in memory. */
import type { SiteEntry, SiteManifest } from '@appflux/protocol';

/** A manifest whose files are found by their paths. */
export interface Site extends Pick<SiteManifest, 'deploymentId' | 'packs' | 'rules'> {
  /** By path, with a slash at the beginning. */
  readonly files: ReadonlyMap<string, SiteEntry>;
  /** Memory that it takes, in bytes, roughly. */
  readonly weight: number;
}

/** An entry's numbers and the map's own room, and two bytes per character of what differs. */
const ENTRY_BYTES = 300;

/** Rules are nested objects: they take a few times the length of their JSON. */
const RULE_WEIGHT = 4;

export function siteOf({ deploymentId, packs, rules, files }: SiteManifest): Site {
  const byPath = new Map(files.map((entry) => [`/${entry[0]}`, entry]));
  const texts = files.reduce((sum, [path, , sha256]) => sum + 4 * path.length + 2 * sha256.length, 0);
  const ruleTexts = JSON.stringify([rules.redirects, rules.headers]).length;
  return {
    deploymentId,
    packs,
    rules,
    files: byPath,
    weight: ENTRY_BYTES * files.length + texts + RULE_WEIGHT * ruleTexts,
  };
}
