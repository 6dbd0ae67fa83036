/** Chooses a project's package manager, and gives its commands. */
import type { PackageManager } from '@appflux/protocol';
import { quoted } from '@appflux/protocol';
import { BUN_VERSION_NAME, parseBunVersion } from './bun-version.ts';
import type { PackageJson } from './package-json.ts';
import { because, type Reason } from './reason.ts';
import { joinPath, type SourceTree } from './tree.ts';

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
  readonly installCommand: string;
  readonly reasons: readonly Reason[];
}

/** A folder's package.json, nearest first, from the root directory up to the top of the source. */
export interface PackageAt {
  readonly folder: string;
  readonly pkg: PackageJson;
}

/**
 * The package manager for the root directory: what the nearest `packageManager` field says, else the nearest
 * lockfile, else npm. Folders above count, because a workspace keeps both at its top.
 */
export function choosePackageManager(tree: SourceTree, packages: readonly PackageAt[]): ManagerChoice {
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
  if (manager === 'bun' && declared === null) reasons.push(...bunVersion(tree));
  const lockfile = locked !== null && locked.manager === manager ? locked.path : null;
  const isBerry = manager === 'yarn' && usesBerry(tree, declared?.version ?? null, lockfile);
  const installCommand = installCommandFor(manager, lockfile !== null, isBerry);
  reasons.push(
    because(
      'install',
      lockfile === null
        ? `Install command: ${installCommand}, because there is no ${manager} lockfile${unusedLockfiles(tree)}.`
        : `Install command: ${installCommand}, which installs exactly what ${lockfile} lists.`,
    ),
  );
  return { manager, installCommand, reasons };
}

function declaredManager(packages: readonly PackageAt[], reasons: Reason[]) {
  for (const { folder, pkg } of packages) {
    if (pkg.packageManager === null) continue;
    const [name = '', version = ''] = pkg.packageManager.split('@');
    const path = joinPath(folder, 'package.json');
    if (NAMES.has(name)) {
      reasons.push(
        because(
          'manager',
          `Package manager: ${[name, /^\d+[\w.-]*/.exec(version)?.[0]].filter(Boolean).join(' ')}, because packageManager in ${path} says so.`,
        ),
      );
      return { manager: name as PackageManager, version };
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

/** What the nearest `.bun-version` says. */
function bunVersion(tree: SourceTree): Reason[] {
  const path = tree
    .upward(tree.base)
    .map((folder) => joinPath(folder, BUN_VERSION_NAME))
    .find((candidate) => tree.isFile(candidate));
  if (path === undefined) return [];
  const version = parseBunVersion(tree.text(path) ?? '');
  return [
    because(
      'manager',
      version === null
        ? `${path} has no exact version. Ignored.`
        : `Bun ${version}, because ${path} says so.`,
    ),
  ];
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

/** The end of a sentence that names the nearest lockfiles, all of which are of other package managers; empty without any. */
function unusedLockfiles(tree: SourceTree): string {
  for (const folder of tree.upward(tree.base)) {
    const paths = LOCKFILES.map(([name]) => joinPath(folder, name)).filter((path) => tree.isFile(path));
    if (paths.length > 0)
      return `; ${paths.join(' and ')} ${paths.length === 1 ? 'belongs' : 'belong'} to another package manager and ${paths.length === 1 ? 'isn’t' : 'aren’t'} used`;
  }
  return '';
}

/** Yarn 2 and later ("berry") have other options than Yarn 1; the two share the name of their lockfile. */
function usesBerry(tree: SourceTree, version: string | null, lockfile: string | null): boolean {
  if (version !== null && /^\d+\./.test(version)) return !version.startsWith('1.');
  if (lockfile !== null && /^__metadata:/m.test(tree.text(lockfile) ?? '')) return true;
  return tree.upward(tree.base).some((folder) => tree.isFile(joinPath(folder, '.yarnrc.yml')));
}

function installCommandFor(manager: PackageManager, hasLockfile: boolean, isBerry: boolean): string {
  switch (manager) {
    case 'npm':
      return hasLockfile ? 'npm ci' : 'npm install';
    case 'pnpm':
      return hasLockfile ? 'pnpm install --frozen-lockfile' : 'pnpm install';
    case 'bun':
      return hasLockfile ? 'bun install --frozen-lockfile' : 'bun install';
    case 'yarn':
      // Berry refuses to write a lockfile where CI is set, unless an option allows it.
      if (isBerry) return hasLockfile ? 'yarn install --immutable' : 'yarn install --no-immutable';
      return hasLockfile ? 'yarn install --frozen-lockfile' : 'yarn install';
  }
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
