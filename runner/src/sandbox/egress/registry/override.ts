/**
 * When a package manager is pointed at the proxy's copy of the registry, and when it is left to tunnel. The proxy's
 * address must not get into a lockfile, where it would be of no use to anybody else. What each manager does, tried with
 * npm 11, pnpm 10, Yarn 1.22 and 4, and Bun 1.4:
 *
 * | manager | with a lockfile                                             | without one           |
 * |---------|-------------------------------------------------------------|-----------------------|
 * | npm     | asks the proxy, also for what the file names at the public registry | writes the address |
 * | pnpm    | asks the proxy                                              | asks the proxy, writes hashes only |
 * | Yarn 1  | uses the addresses in the file: there is nothing to gain    | writes the address    |
 * | Yarn 2+ | asks the proxy                                              | asks the proxy, writes hashes only |
 * | Bun     | asks the proxy                                              | writes the address    |
 */

/** `yarn` is Yarn 1; `yarn-berry` is Yarn 2 and later. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'yarn-berry' | 'bun';

export interface RegistryFacts {
  readonly manager: PackageManager;
  /** The project has a lockfile of this manager. */
  readonly lockfile: boolean;
  /** The project's own configuration names a registry, which a variable would overrule. */
  readonly ownRegistry: boolean;
}

interface Rule {
  /** The variable that the manager takes its registry from. */
  readonly variable: string;
  readonly when: 'always' | 'with_lockfile' | 'never';
}

const RULES: Readonly<Record<PackageManager, Rule>> = {
  npm: { variable: 'npm_config_registry', when: 'with_lockfile' },
  pnpm: { variable: 'npm_config_registry', when: 'always' },
  yarn: { variable: 'YARN_REGISTRY', when: 'never' },
  'yarn-berry': { variable: 'YARN_NPM_REGISTRY_SERVER', when: 'always' },
  bun: { variable: 'BUN_CONFIG_REGISTRY', when: 'with_lockfile' },
};

/** The variables that point a project's package manager at `registryUrl`; none where that would do harm or nothing. */
export function registryVariables(facts: RegistryFacts, registryUrl: string): Record<string, string> {
  const { variable, when } = RULES[facts.manager];
  const safe = when === 'always' || (when === 'with_lockfile' && facts.lockfile);
  return safe && !facts.ownRegistry ? { [variable]: registryUrl } : {};
}
