/**
 * Whether a build can reuse the packages that another build installed, without running the install command. Pure.
 *
 * `npm ci` begins with deleting node_modules, so keeping that folder helps nobody who still runs it. It is left out only
 * where running it could make no other: the same lockfile and settings, image, Node and variables, one package without
 * scripts of its own, and an install that did nothing but fill node_modules, which the image's entry sees for itself.
 *
 * The folder is a mount then, so that keeping and reusing it takes no time whatever its size. A mount can't be removed or
 * renamed: a project whose commands do that gets a plain folder, which is not kept.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CachedManager } from './environment.ts';

/** Of each package manager the lockfile, and the one command of which it is known what it does. */
const PLAIN: Readonly<Record<string, { readonly lockfile: string; readonly command: string }>> = {
  npm: { lockfile: 'package-lock.json', command: 'npm ci' },
  pnpm: { lockfile: 'pnpm-lock.yaml', command: 'pnpm install --frozen-lockfile' },
  yarn: { lockfile: 'yarn.lock', command: 'yarn install --frozen-lockfile' },
  bun: { lockfile: 'bun.lock', command: 'bun install --frozen-lockfile' },
};

/** Files of the root directory that decide what is installed. */
export const DECIDING_FILES = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
  'yarn.lock',
  'bun.lock',
  'bunfig.toml',
  '.npmrc',
  '.yarnrc',
] as const;

/**
 * Packages whose scripts at their installation look at nothing but themselves, other installed packages and the machine. A
 * script of another one may look at the project (Prisma's makes a client of the project's schema), and then the lockfile
 * does not say all.
 */
const SELF_CONTAINED_SCRIPTS: readonly string[] = [
  '@parcel/watcher',
  '@sentry/cli',
  '@swc/core',
  '@tailwindcss/oxide',
  'argon2',
  'bcrypt',
  'better-sqlite3',
  'bufferutil',
  'canvas',
  'core-js',
  'core-js-bundle',
  'core-js-pure',
  'electron',
  'es5-ext',
  'esbuild',
  'fsevents',
  'keccak',
  'lmdb',
  'msgpackr-extract',
  'protobufjs',
  'secp256k1',
  'sharp',
  'sqlite3',
  'unrs-resolver',
  'utf-8-validate',
  'vue-demi',
  'workerd',
];

/** The same of packages whose scripts read a file that a variable names. */
const SELF_CONTAINED_WITHOUT: Readonly<Record<string, string>> = {
  // Its postinstall.js writes the configuration that the variable has or names into the package, and asks Google for more.
  '@firebase/util': 'FIREBASE_WEBAPP_CONFIG',
};

/** The packages that may have install scripts and be reused nevertheless, in a build with these variables. */
export function selfContainedScripts(variables: Readonly<Record<string, string>>): readonly string[] {
  const conditional = Object.entries(SELF_CONTAINED_WITHOUT).filter(
    ([, variable]) => (variables[variable] ?? '').trim() === '',
  );
  return [...SELF_CONTAINED_SCRIPTS, ...conditional.map(([name]) => name)];
}

/** Scripts of a project that its package manager runs when it installs (npm's and pnpm's documentation of scripts). */
const OWN_SCRIPTS =
  /^(?:(?:pre|post)?install|(?:pre|post)?prepare|prepublish|dependencies|pnpm:devPreinstall)$/;

/** A package that is a folder of the project; what is in it changes without the lockfile. */
const FOLDER_AS_PACKAGE = /(?:^|["'\s@])(?:file|link|portal|workspace):|"link":\s*true/m;

/** A command that removes or moves node_modules. */
const MOVES_PACKAGES =
  /(?:^|[^\w-])(?:rm|rmdir|rimraf|del(?:-cli)?|mv|move|trash|unlink|remove|rmSync|renameSync)\b[^;&|]*(?<=[\s"'(])(?:\.\/)?node_modules\/?(?=$|[\s"';&|)])/;

/** Versions and ranges of npm before 7, which removes node_modules itself, not what is in it (npm's changelog, 7.0.0). */
const REMOVES_FOLDER = /^\D*[1-6](?!\d)/;

/** A package that is a Git repository: its own scripts make what is installed of it. */
const REPOSITORY_AS_PACKAGE = /git\+|git@|codeload\.github/;

const Manifest = z.looseObject({
  scripts: z.record(z.string(), z.unknown()).default({}),
  workspaces: z.unknown().optional(),
});

export interface InstallFacts {
  readonly manager: CachedManager;
  /** The version or range of the package manager that the project wants; null leaves it to the image. */
  readonly version: string | null;
  readonly installCommand: string | null;
  readonly buildCommand: string | null;
  /** Which of the deciding files are there, with their text. */
  readonly files: ReadonlyMap<string, string>;
}

/** Whether an install command, run again with the same deciding files, would leave the same node_modules. */
export function isRepeatable({
  manager,
  version,
  installCommand,
  buildCommand,
  files,
}: InstallFacts): boolean {
  const plain = manager !== null && Object.hasOwn(PLAIN, manager) ? PLAIN[manager] : undefined;
  if (plain === undefined || installCommand !== plain.command) return false;
  if (manager === 'npm' && REMOVES_FOLDER.test(version ?? '')) return false;
  const lockfile = files.get(plain.lockfile);
  const text = files.get('package.json');
  if (lockfile === undefined || text === undefined) return false;
  if (FOLDER_AS_PACKAGE.test(lockfile) || FOLDER_AS_PACKAGE.test(text)) return false;
  if (REPOSITORY_AS_PACKAGE.test(lockfile)) return false;
  // Code of the project that decides what is installed, and patches, whose text stands in files of their own.
  if (files.has('.pnpmfile.cjs') || files.has('.pnpmfile.mjs')) return false;
  const settings = files.get('pnpm-workspace.yaml') ?? '';
  if (/^packages\s*:/m.test(settings)) return false;
  if (/patchedDependencies/.test(`${text}\n${settings}`)) return false;
  const manifest = manifestOf(text);
  if (manifest === null || manifest.workspaces !== undefined) return false;
  const commands = [buildCommand ?? '', ...Object.values(manifest.scripts).map(String)];
  return (
    !Object.keys(manifest.scripts).some((name) => OWN_SCRIPTS.test(name)) &&
    !commands.some((command) => MOVES_PACKAGES.test(command))
  );
}

function manifestOf(text: string): z.infer<typeof Manifest> | null {
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    // The install command will say what is wrong with it.
    return null;
  }
}

export interface InstalledKeyInput extends InstallFacts {
  /** The image's digest: its tools, and the processor that it is for. */
  readonly imageId: string;
  readonly node: string | null;
  /** The app's variables and files, which package managers read settings from. */
  readonly variables: Readonly<Record<string, string>>;
  readonly sealedFiles: Readonly<Record<string, string>>;
}

/**
 * The same for builds that would install the same; null where that cannot be said. It holds a digest of the app's
 * secrets, so it stays with the runner and is never shown to builds.
 */
export function installedKey(input: InstalledKeyInput): string | null {
  if (!isRepeatable(input)) return null;
  const { imageId, node, manager, version, installCommand, files, variables, sealedFiles } = input;
  const sorted = (of: Readonly<Record<string, string>>) => Object.entries(of).sort(byName);
  const what = [
    imageId,
    node,
    manager,
    version,
    installCommand,
    [...files].sort(byName),
    sorted(variables),
    sorted(sealedFiles),
  ];
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]) =>
  a < b ? -1 : Number(a > b);
