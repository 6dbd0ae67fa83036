/** Native parts of packages that a lockfile lacks, because it was written on another system. */
import { byRules, type Found, group } from './rule.ts';

/** What each tool says when its part for this system is not installed. */
const MISSING: readonly RegExp[] = [
  // Rollup: Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies …
  /Cannot find module (?<name>@rollup\/rollup-linux-[\w-]+)/,
  // Parcel, Lightning CSS, Tailwind CSS, Rspack, Biome: Cannot find module '../lightningcss.linux-x64-gnu.node'
  /Cannot find module '(?<name>[^']{1,200}linux-(?:x64|arm64)(?:-(?:gnu|musl))?(?:\.node)?)'/,
  // esbuild, of a missing package and of one for another system
  /The package "(?<name>@esbuild\/linux-[\w-]+)" could not be found, and is needed by esbuild/,
  /You installed (?<name>esbuild) (?:for|on) another platform/,
  // Next.js
  /Failed to load (?<name>SWC) binary for linux/,
  // napi-rs: Tailwind CSS, Rolldown, unrs-resolver, Oxc
  /Cannot find (?<name>native binding)\. npm has a bug related to optional dependencies/,
  /Could not load the "(?<name>sharp)" module using the linux-\w+ runtime/,
];

const say = (found: Found): string => {
  const name = group(found, 'name');
  return name === 'SWC' || name === 'sharp' || name === 'native binding'
    ? found.match[0]
    : `${name} is not installed: the part for Linux is missing`;
};

const hint =
  'The lockfile or node_modules is from another system and lacks the part for Linux. Delete node_modules and the lockfile, install again, and commit the new lockfile; keep node_modules out of the source. npm before 11 leaves such parts out of package-lock.json.';

export const explainForeignSystem = byRules(MISSING.map((when) => ({ when, say, hint })));
