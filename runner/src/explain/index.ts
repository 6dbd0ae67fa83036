/** Why a command failed, from what it printed: the first real error, and what to do about it. */
import { explainAppShells } from './app-shells.ts';
import { explainAstro } from './astro.ts';
import { explainBun } from './bun.ts';
import { explainCargo, explainMissingLibrary } from './cargo.ts';
import { explainChecks } from './check-tools.ts';
import { explainDownloads } from './downloads.ts';
import { explainElectronBuilder } from './electron-builder.ts';
import { explainFlutter } from './flutter.ts';
import { explainForeignSystem } from './foreign-system.ts';
import { explainGit } from './git.ts';
import { explainGradle } from './gradle.ts';
import { explainGradleWrapper } from './gradle-wrapper.ts';
import { explainInstallers } from './installers.ts';
import { explainJekyll } from './jekyll.ts';
import { explainKotlin } from './kotlin.ts';
import { explainManagerRules } from './manager-rules.ts';
import { exhaustedRuntime, explainMemory, type Runtime } from './memory.ts';
import { explainMissingVariable } from './missing-variable.ts';
import { explainNetwork } from './network.ts';
import { explainNext } from './next.ts';
import { explainNode } from './node.ts';
import { explainNpm } from './npm.ts';
import { readOutput } from './output.ts';
import { explainPnpm } from './pnpm.ts';
import { explainRegistries } from './registries.ts';
import { type Explanation, either } from './rule.ts';
import { explainShell } from './shell.ts';
import { explainSiteTools } from './site-tools.ts';
import { explainSvelteKit } from './svelte-kit.ts';
import { withoutTaskPrefix } from './task-prefix.ts';
import { explainTauri } from './tauri.ts';
import { explainTypeScript } from './typescript.ts';
import { explainVite } from './vite.ts';
import { explainWebpack } from './webpack.ts';
import { explainYarnBerry, explainYarnClassic } from './yarn.ts';

export type { Explanation } from './rule.ts';

/**
 * In the order of what is most telling: what lacks from outside, then compilers and bundlers, then those that run
 * them, which only pass a failure on, and last the general ones.
 */
const explainOutput = either(
  explainMemory,
  explainMissingLibrary,
  explainMissingVariable,
  explainGradleWrapper,
  explainForeignSystem,
  explainManagerRules,
  explainDownloads,
  explainRegistries,
  explainNetwork,
  explainGit,
  explainSiteTools,
  explainJekyll,
  explainTypeScript,
  explainWebpack,
  explainNext,
  explainSvelteKit,
  explainAstro,
  explainVite,
  explainKotlin,
  explainFlutter,
  explainGradle,
  explainElectronBuilder,
  explainAppShells,
  explainChecks,
  explainNpm,
  explainPnpm,
  explainYarnBerry,
  explainYarnClassic,
  explainBun,
  explainInstallers,
  explainNode,
  explainShell,
  explainCargo,
  explainTauri,
);

/** The result of reading a failed command's output. */
export interface Finding {
  /** Null when the output has no known error message. */
  readonly explanation: Explanation | null;
  /** The runtime that reached its own memory limit; null for none. */
  readonly outOfMemory: Runtime | null;
}

/** @param tail the end of the output: masked lines, oldest first. */
export function explain(tail: readonly string[]): Finding {
  const lines = withoutTaskPrefix(readOutput(tail));
  return { explanation: explainOutput(lines), outOfMemory: exhaustedRuntime(lines) };
}
