/** `.bun-version`: which Bun a project wants. Pure. */

export const BUN_VERSION_NAME = '.bun-version';

/** The exact version that such a file names, also as `v1.2.3` or `bun-v1.2.3`; null for anything else. */
export function parseBunVersion(text: string): string | null {
  const [, version] = /^(?:bun-)?v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/.exec(text.trim()) ?? [];
  return version ?? null;
}
