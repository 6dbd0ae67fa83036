/** Which versions of package managers read a lockfile, by its format. Pure. */
import type { PackageManager } from '@appflux/protocol';

/** A lockfile's format, and the versions that read it without rewriting it, as a range of semver. */
export interface LockfileFormat {
  readonly format: string;
  readonly range: string;
}

/**
 * By the major of pnpm's `lockfileVersion` (pnpm.io, "Lockfile" and the release notes of 7, 8 and 9): 5.4 is of pnpm 7,
 * which reads what 3 to 6 wrote; 6.0 is of pnpm 8; 9.0 of pnpm 9 and later.
 */
const PNPM: Readonly<Record<string, string>> = { 5: '7', 6: '8', 9: '>=9' };

/**
 * By `__metadata.version` of Yarn 2 and later, which take a lockfile of another version as one to change, and refuse that
 * with --immutable.
 */
const YARN: Readonly<Record<string, string>> = {
  4: '2',
  5: '3.1',
  6: '3',
  8: '>=4 <4.14',
  9: '~4.14',
  10: '>=4.15',
};

/** What a lockfile's text says; null where any version will do, or nobody knows. */
export function lockfileFormat(manager: PackageManager, text: string): LockfileFormat | null {
  if (manager === 'pnpm') {
    const [, format = '', major = ''] = /^lockfileVersion: *['"]?((\d+)(?:\.\d+)?)/m.exec(text) ?? [];
    return known(format, PNPM[major]);
  }
  if (manager !== 'yarn') return null;
  const [, version = ''] = /^__metadata:\r?\n[ \t]+version: *['"]?(\d+)/m.exec(text) ?? [];
  if (version !== '') return known(version, YARN[version]);
  return known('1', /^# yarn lockfile v1\b/m.test(text) ? '1' : undefined);
}

const known = (format: string, range: string | undefined): LockfileFormat | null =>
  range === undefined ? null : { format, range };
