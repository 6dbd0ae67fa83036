/** What changed among the packages of two bills of materials (CycloneDX 1.6). Pure. */

/** A package of which another version is used, or which is new or gone. */
export interface PackageChange {
  readonly name: string;
  /** Its versions, several if it is there more than once; empty if it isn't there. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The packages whose versions differ, by name. */
export function comparePackages(before: unknown, after: unknown): PackageChange[] {
  const [old, now] = [versionsByName(before), versionsByName(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .map((name) => ({ name, before: sorted(old.get(name)), after: sorted(now.get(name)) }))
    .filter((change) => change.before.join() !== change.after.join());
}

const sorted = (versions: ReadonlySet<string> = new Set()): string[] =>
  [...versions].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/** Components without a name or a version say nothing that could be compared. */
function versionsByName(sbom: unknown): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const components = isRecord(sbom) && Array.isArray(sbom.components) ? sbom.components : [];
  for (const component of components) {
    if (!isRecord(component)) continue;
    const { group, name, version } = component;
    if (typeof name !== 'string' || typeof version !== 'string') continue;
    const full = typeof group === 'string' && group !== '' ? `${group}/${name}` : name;
    const versions = found.get(full) ?? new Set();
    found.set(full, versions.add(version));
  }
  return found;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
