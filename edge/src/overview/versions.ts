/** Which versions run. Pure. */

/** Whether a version is older than another, by semantic versioning without pre-releases. False if one can't be read. */
export function isOlderVersion(version: string, other: string): boolean {
  const [own, others] = [partsOf(version), partsOf(other)];
  if (own === null || others === null) return false;
  const index = own.findIndex((part, at) => part !== others[at]);
  return index !== -1 && (own[index] ?? 0) < (others[index] ?? 0);
}

function partsOf(version: string): number[] | null {
  const found = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+].*)?$/.exec(version.trim());
  return found === null ? null : found.slice(1).map(Number);
}
