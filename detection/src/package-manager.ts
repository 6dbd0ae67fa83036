/** Chooses a project's package manager, and gives its commands. */
import type { PackageManager } from '@appflux/protocol';
import { quoted } from '@appflux/protocol';
import semver from 'semver';
import { installCommandFor, installFlags } from './install-command.ts';
import { because, type Reason } from './reason.ts';
import { joinPath, type SourceTree } from './tree.ts';
import { chooseManagerVersion, type ManagerVersion } from './versions/manager-version.ts';
import type { PackageAt, VersionSources, WrittenVersion } from './versions/written.ts';

/** In this order: people who move to another manager forget package-lock.json more often than the reverse. */
const LOCKFILES: readonly (readonly [string, PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
];

const NAMES: ReadonlySet<string> = new Set<PackageManager>(['npm', 'pnpm', 'yarn', 'bun']);

export interface ManagerChoice {
  readonly manager: PackageManager;
  /** The version that the project wants; null leaves it to the image. */
  readonly version: ManagerVersion | null;
  readonly installCommand: string;
  readonly reasons: readonly Reason[];
}

/**
 * The package manager for the root directory: what the nearest `packageManager` field or `devEngines` says, else the
 * nearest lockfile, else npm. Folders above count, because a workspace keeps both at its top.
 */
export function choosePackageManager(sources: VersionSources): ManagerChoice {
  const { tree, packages } = sources;
  const reasons: Reason[] = [];
  const declared = declaredManager(packages, reasons);
  const locked = lockedManager(tree, reasons, declared?.manager);
  const manager = declared?.manager ?? locked?.manager ?? 'npm';
  if (declared === null && locked === null) {
    reasons.push(
      because(
        'manager',
        'Package manager: npm, because package.json has no packageManager field and there is no lockfile.',
      ),
    );
  }
  const lockfile = locked !== null && locked.manager === manager ? locked.path : null;
  const { version, reasons: ofVersion } = chooseManagerVersion(
    manager,
    declared?.pinned ?? null,
    lockfile,
    sources,
  );
  reasons.push(...ofVersion);
  const isBerry = manager === 'yarn' && usesBerry(tree, version?.version ?? null, lockfile);
  const flags = installFlags({ manager, isBerry, ...sources });
  const installCommand = installCommandFor({ manager, hasLockfile: lockfile !== null, isBerry }, flags);
  const unused = declared === null ? [] : lockfilesOfOthers(tree, manager);
  reasons.push(because('install', why(installCommand, manager, lockfile, unused)), ...flags.reasons);
  return { manager, version, installCommand, reasons };
}

/** @param unused lockfiles of other managers, unless a reason for the manager has named them */
function why(command: string, manager: PackageManager, lockfile: string | null, unused: readonly string[]) {
  const reason =
    lockfile === null
      ? `because there is no ${manager} lockfile`
      : `which installs exactly what ${lockfile} lists`;
  const [verb, not] = unused.length === 1 ? ['belongs', 'isn’t'] : ['belong', 'aren’t'];
  const others =
    unused.length === 0 ? '' : `; ${unused.join(' and ')} ${verb} to another package manager and ${not} used`;
  return `Install command: ${command}, ${reason}${others}.`;
}

interface Declared {
  readonly manager: PackageManager;
  /** What stands behind the `@` of `packageManager`; null where there is no such version. */
  readonly pinned: WrittenVersion | null;
}

function declaredManager(packages: readonly PackageAt[], reasons: Reason[]): Declared | null {
  for (const { folder, pkg } of packages) {
    const path = joinPath(folder, 'package.json');
    if (pkg.packageManager === null) {
      const name = Object.keys(pkg.devEngines.packageManager).find((one) => NAMES.has(one));
      if (name === undefined) continue;
      reasons.push(because('manager', `Package manager: ${name}, because devEngines in ${path} says so.`));
      return { manager: name as PackageManager, pinned: null };
    }
    const [name = '', written = ''] = pkg.packageManager.split('@');
    // Corepack checks the hash behind the version.
    const version = written.replace(/\+.*/s, '');
    if (NAMES.has(name)) {
      reasons.push(
        because(
          'manager',
          `Package manager: ${[name, version].filter(Boolean).join(' ')}, because packageManager in ${path} says so.`,
        ),
      );
      const by = `packageManager in ${path}`;
      return { manager: name as PackageManager, pinned: version === '' ? null : { value: version, by } };
    }
    reasons.push(
      because(
        'manager',
        `packageManager in ${path} is ${quoted(pkg.packageManager)}, which AppFlux does not support. Ignored.`,
      ),
    );
  }
  return null;
}

/** The nearest folder's lockfile; one of the declared manager is looked for before others. */
function lockedManager(tree: SourceTree, reasons: Reason[], declared: PackageManager | undefined) {
  for (const folder of tree.upward(tree.base)) {
    const here = LOCKFILES.filter(
      ([name, manager]) =>
        tree.isFile(joinPath(folder, name)) && (declared === undefined || manager === declared),
    );
    const first = here[0];
    if (first === undefined) continue;
    const [name, manager] = first;
    const others = here.filter(([, other]) => other !== manager).map(([other]) => other);
    if (declared === undefined) {
      const ignored =
        others.length === 0 ? '' : `; ${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} ignored`;
      reasons.push(
        because('manager', `Package manager: ${manager}, because of ${joinPath(folder, name)}${ignored}.`),
      );
    }
    return { manager, path: joinPath(folder, name) };
  }
  return null;
}

/** The lockfiles of other package managers, in the nearest folder with a lockfile. */
function lockfilesOfOthers(tree: SourceTree, manager: PackageManager): string[] {
  for (const folder of tree.upward(tree.base)) {
    const here = LOCKFILES.filter(([name]) => tree.isFile(joinPath(folder, name)));
    if (here.length > 0)
      return here.filter(([, other]) => other !== manager).map(([name]) => joinPath(folder, name));
  }
  return [];
}

/** Yarn 2 and later ("berry") have other options than Yarn 1; the two share the name of their lockfile. */
function usesBerry(tree: SourceTree, version: string | null, lockfile: string | null): boolean {
  if (version !== null && semver.subset(version, '<2')) return false;
  if (version !== null && semver.subset(version, '>=2')) return true;
  if (lockfile !== null && /^__metadata:/m.test(tree.text(lockfile) ?? '')) return true;
  return tree.upward(tree.base).some((folder) => tree.isFile(joinPath(folder, '.yarnrc.yml')));
}

/** The command that runs a script of package.json. The name is one that needs no quoting. */
export const runScript = (manager: PackageManager, script: string): string => `${manager} run ${script}`;

/** The command that runs a program of an installed package. */
export function runProgram(manager: PackageManager, command: string): string {
  const prefix = { npm: 'npx', pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' }[manager];
  return `${prefix} ${command}`;
}

/**
 * The command that runs a script in a folder of a workspace, from the workspace's top. Neither needs quoting.
 */
export function runInWorkspace(manager: PackageManager, folder: string, script: string): string {
  switch (manager) {
    case 'npm':
      return `npm run ${script} --workspace=${folder}`;
    case 'pnpm':
      return `pnpm --filter ./${folder} run ${script}`;
    case 'yarn':
      return `yarn --cwd ${folder} run ${script}`;
    case 'bun':
      return `bun --cwd=${folder} run ${script}`;
  }
}
