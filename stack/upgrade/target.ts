/** Which version to upgrade to. Pure. */

/** semver.org, without prereleases: nobody gets one without asking for it. */
const TAG = /^v?(\d+)\.(\d+)\.(\d+)$/;

/** The tag of the newest version; null if no tag names one. */
export function newestTag(tags: readonly string[]): string | null {
  const versions = tags.flatMap((tag) => {
    const parts = TAG.exec(tag)?.slice(1).map(Number);
    return parts === undefined ? [] : [{ tag, parts }];
  });
  versions.sort((a, b) => compare(b.parts, a.parts));
  return versions[0]?.tag ?? null;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((part, index) => part !== b[index]);
  return differing === -1 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
