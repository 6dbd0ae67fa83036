/** Environment variables that make a build's tools use the cache. Pure. */
import type { Plan } from '@appflux/protocol';
import { CACHE_MOUNT } from '../sandbox/container-spec.ts';

const at = (name: string) => `${CACHE_MOUNT}/${name}`;

/** For every build. Each is read by its tool and by no other, so what an image lacks does no harm. */
const FOR_ALL: Readonly<Record<string, string>> = {
  XDG_CACHE_HOME: at('xdg'),
  npm_config_cache: at('npm'),
  BUN_INSTALL_CACHE_DIR: at('bun'),
  GRADLE_USER_HOME: at('gradle'),
  PUB_CACHE: at('pub'),
  CARGO_HOME: at('cargo'),
  PIP_CACHE_DIR: at('pip'),
  TURBO_CACHE_DIR: at('turbo'),
  NX_CACHE_DIRECTORY: at('nx'),
  HUGO_CACHEDIR: at('hugo'),
  electron_config_cache: at('electron'),
  ELECTRON_BUILDER_CACHE: at('electron-builder'),
};

/** Which program of the name `yarn` a project uses. */
export type CachedManager = 'npm' | 'pnpm' | 'yarn' | 'yarn-berry' | 'bun' | null;

/**
 * Suggestions for the build's environment, which an app may overrule. Those of a package manager are only given where
 * it is used: npm warns of a setting that it does not know, and Yarn 2 and later would take Yarn 1's for the folder
 * that a project may keep its packages in.
 *
 * Where the install command keeps to a lockfile, npm and pnpm need not ask the registry whether what they have is still
 * the newest: the lockfile says which it has to be, and by which hash. npm's audit asks as well, and nobody reads its
 * answer in a build.
 */
export function cacheEnvironment(
  manager: CachedManager,
  installCommand: string | null,
): Record<string, string> {
  const isLocked = /\bnpm ci\b|--frozen-lockfile\b/.test(installCommand ?? '');
  return {
    ...FOR_ALL,
    ...(isLocked && (manager === 'npm' || manager === 'pnpm') ? { npm_config_prefer_offline: 'true' } : {}),
    ...(manager === 'npm' ? { npm_config_audit: 'false', npm_config_fund: 'false' } : {}),
    ...(manager === 'pnpm' ? { npm_config_store_dir: at('pnpm') } : {}),
    ...(manager === 'yarn' ? { YARN_CACHE_FOLDER: at('yarn') } : {}),
    ...(manager === 'yarn-berry' ? { YARN_GLOBAL_FOLDER: at('yarn-berry') } : {}),
  };
}

/** Where a project may have settled the matter, relative to its root directory. */
export const GRADLE_PROPERTIES = ['gradle.properties', 'android/gradle.properties'] as const;

/**
 * What switches Gradle's build cache on, which lies in GRADLE_USER_HOME: tasks whose inputs are the same are not run
 * again. Null where the project says itself whether it wants one (docs.gradle.org, "Build Cache").
 * @param properties the texts of those of its files that are there
 */
export function gradleOptions(properties: readonly string[]): string | null {
  return properties.some((text) => /^\s*org\.gradle\.caching\s*[=:]/m.test(text))
    ? null
    : '-Dorg.gradle.caching=true';
}

/** Folders inside a project in which frameworks cache, and which can't be configured. */
const OF_FRAMEWORK: Readonly<Record<string, readonly string[]>> = {
  next: ['.next/cache'],
  astro: ['node_modules/.astro'],
  angular: ['.angular/cache'],
  parcel: ['.parcel-cache'],
  eleventy: ['.cache'],
  tauri: ['deps', 'build', '.fingerprint'].map((name) => `src-tauri/target/release/${name}`),
};

/**
 * Folders of the project that are to lie in the cache, relative to its root directory. The image's entry puts links
 * in their places between install and build.
 */
export function cachedFolders({
  framework,
  packageManager,
}: Pick<Plan, 'framework' | 'packageManager'>): string[] {
  return [
    ...(packageManager === null ? [] : ['node_modules/.cache']),
    ...((framework !== null && Object.hasOwn(OF_FRAMEWORK, framework) && OF_FRAMEWORK[framework]) || []),
  ];
}
