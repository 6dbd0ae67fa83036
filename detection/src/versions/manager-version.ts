/** Which version of its package manager a project wants. */
import type { PackageManager } from '@appflux/protocol';
import { quoted } from '@appflux/protocol';
import semver from 'semver';
import { because, type Reason } from '../reason.ts';
import { joinPath, type SourceTree } from '../tree.ts';
import { lockfileFormat } from './lockfile-format.ts';
import { type VersionSources, type WrittenVersion, writtenInProject, writtenInVariables } from './written.ts';

/** The version of a package manager that a build wants. */
export interface ManagerVersion {
  readonly name: PackageManager;
  /** An exact version, or a range of semver. */
  readonly version: string;
  /** What wants it, as a part of a sentence. */
  readonly by: string;
  /** Whether it is an exact version in `packageManager`, which Corepack reads, with its hash. */
  readonly isPin: boolean;
}

export interface ManagerVersionChoice {
  /** Null leaves it to the image. */
  readonly version: ManagerVersion | null;
  readonly reasons: readonly Reason[];
}

const LONGEST = 100;

/**
 * The version that `packageManager` pins, exactly or as a range, else that of the app's variables (`PNPM_VERSION`), else
 * the first valid one of the project's files (`writtenInProject`), else what the lockfile's format needs. `engines` only
 * limits the latter where both can hold.
 *
 * @param pinned what stands behind the `@` of the `packageManager` that counts; null without one
 * @param lockfile the path of the manager's lockfile
 */
export function chooseManagerVersion(
  name: PackageManager,
  pinned: WrittenVersion | null,
  lockfile: string | null,
  sources: VersionSources,
): ManagerVersionChoice {
  const reasons: Reason[] = [];
  const written = [
    ...(pinned === null ? [] : [pinned]),
    ...writtenInVariables(name, sources),
    ...writtenInProject(name, sources),
  ].flatMap((one) => {
    const version = one.value.length > LONGEST ? null : versionOrRange(one.value);
    if (version !== null) return [{ ...one, version }];
    reasons.push(
      because(
        'manager',
        `${one.by} requests ${name} ${quoted(one.value)}, which is not a valid version. Ignored.`,
      ),
    );
    return [];
  });
  const [first, ...others] = written.filter(({ version }) => version !== '*');
  const locked = fromLockfile(name, lockfile, sources);
  const decided = first?.isLoose === true && locked !== null ? narrowed(first, locked) : (first ?? locked);
  if (decided === null) return { version: null, reasons };
  if (decided.by !== pinned?.by)
    reasons.unshift(
      because('manager', `Version of ${name}: ${decided.value}, because ${decided.by} says so.`),
    );
  for (const other of others)
    if (!semver.intersects(other.version, decided.version))
      reasons.push(
        because(
          'manager',
          `${other.by} requests ${name} ${other.value}. Not used, because ${decided.by} comes first.`,
        ),
      );
  const isPin = decided === first && decided.by === pinned?.by && semver.valid(decided.version) !== null;
  return { version: { name, version: decided.version, by: decided.by, isPin }, reasons };
}

interface Wanted extends WrittenVersion {
  readonly version: string;
}

/** Tags such as `latest` are `*`; a hash behind an exact version is left to Corepack. */
function versionOrRange(value: string): string | null {
  if (/^[a-z]+$/.test(value)) return '*';
  const exact = /^(?:bun-)?v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+[\w.-]+)?$/.exec(value)?.[1];
  return semver.valid(exact) ?? semver.validRange(value, { loose: true });
}

function fromLockfile(
  name: PackageManager,
  lockfile: string | null,
  { tree }: VersionSources,
): Wanted | null {
  const known = lockfile === null ? null : lockfileFormat(name, tree.text(lockfile) ?? '');
  if (known === null || (name === 'yarn' && hasOwnYarn(tree))) return null;
  const version = semver.validRange(known.range) ?? known.range;
  return { value: known.range, version, by: `the format of ${lockfile} (${known.format})` };
}

/** Whether the project brings its Yarn along, which every other Yarn hands over to. */
const hasOwnYarn = (tree: SourceTree): boolean =>
  tree
    .upward(tree.base)
    .some((folder) => /^yarnPath:/m.test(tree.text(joinPath(folder, '.yarnrc.yml')) ?? ''));

/** What `engines` takes of the versions that read the lockfile; `engines` alone where it takes none of them. */
function narrowed(loose: Wanted, locked: Wanted): Wanted {
  const both = loose.version
    .split('||')
    .filter((part) => semver.intersects(part, locked.version))
    .map((part) => `${part} ${locked.version}`);
  return both.length === 0
    ? loose
    : { ...locked, version: semver.validRange(both.join(' || ')) ?? locked.version };
}
