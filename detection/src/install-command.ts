/** The command that installs a project's packages. */
import type { PackageManager } from '@appflux/protocol';
import { because, type Reason } from './reason.ts';
import { joinPath } from './tree.ts';
import { NETLIFY_TOML, netlifyVariables, type VersionSources } from './versions/written.ts';

export interface Flags {
  /** What is added to the command. */
  readonly words: readonly string[];
  readonly reasons: readonly Reason[];
}

interface Manager {
  readonly manager: PackageManager;
  /** Yarn 2 or later. */
  readonly isBerry: boolean;
}

/** What makes each manager install devDependencies where NODE_ENV is `production`; the others do so anyway. */
const WITH_DEV: Readonly<Partial<Record<PackageManager, string>>> = {
  npm: '--include=dev',
  pnpm: '--prod=false',
  yarn: '--production=false',
};

/** Flags that mean nothing to a shell: `--legacy-peer-deps --omit=optional`. */
const PLAIN_FLAGS = /^-{1,2}[\w.:@/=-]+(?: +-{1,2}[\w.:@/=-]+)*$/;
const LONGEST = 300;

/**
 * The flags that are added to an install command: those of NPM_FLAGS, PNPM_FLAGS, YARN_FLAGS or BUN_FLAGS, which Netlify
 * reads from variables and from netlify.toml, and one for devDependencies where the app sets NODE_ENV to `production`,
 * because what builds a site is among them.
 */
export function installFlags({ manager, isBerry, tree, variables }: Manager & VersionSources): Flags {
  const words: string[] = [];
  const reasons: Reason[] = [];
  const name = `${manager.toUpperCase()}_FLAGS`;
  if (variables[name]?.trim()) {
    // The shell puts the value in its place: it may be a secret.
    words.push(`$${name}`);
    reasons.push(because('install', `The variable ${name} adds its flags to the install command.`));
  } else {
    for (const path of tree.upward(tree.base).map((folder) => joinPath(folder, NETLIFY_TOML))) {
      const flags = netlifyVariables(tree.text(path))[name]?.trim() ?? '';
      if (flags === '') continue;
      const isPlain = flags.length <= LONGEST && PLAIN_FLAGS.test(flags);
      if (isPlain) words.push(flags);
      reasons.push(
        because(
          'install',
          isPlain
            ? `${name} in ${path} adds its flags to the install command.`
            : `${name} in ${path} has something else than plain flags. Ignored.`,
        ),
      );
      break;
    }
  }
  const withDev = isBerry || variables.NODE_ENV !== 'production' ? undefined : WITH_DEV[manager];
  if (withDev !== undefined) {
    words.unshift(withDev);
    reasons.push(
      because(
        'install',
        'The variable NODE_ENV is production, which leaves devDependencies out. They are installed all the same, because builds need them.',
      ),
    );
  }
  return { words, reasons };
}

/** The command that installs exactly what the lockfile lists, if there is one. */
export const installCommandFor = (
  manager: Manager & { readonly hasLockfile: boolean },
  flags: Flags,
): string => [plainCommand(manager), ...flags.words].join(' ');

function plainCommand({
  manager,
  isBerry,
  hasLockfile,
}: Manager & { readonly hasLockfile: boolean }): string {
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
