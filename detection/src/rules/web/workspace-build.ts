/** How a package of a workspace is built from its top, with the packages that it depends on built first. */
import type { PackageManager } from '@appflux/protocol';
import { parseLooseJson, tableAt } from '../../data-text.ts';
import { allDependencies, type PackageJson, parsePackageJson } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import { shellWord } from '../shell.ts';
import { packageFolders } from './workspace-packages.ts';

export interface WorkspaceTop {
  readonly tree: SourceTree;
  /** Relative to the source's top. */
  readonly folder: string;
  readonly pkg: PackageJson;
  readonly manager: PackageManager;
}

export interface WorkspaceBuild {
  /** Run in the workspace's top. */
  readonly command: string;
  /** Who knows the order. */
  readonly by: string;
}

/** Names that mean nothing to a filter's grammar. */
const PLAIN_NAME = /^@?[\w./-]{1,214}$/;

/**
 * The command that builds a package by its script `build` and what it depends on before it; null if nothing in
 * the workspace knows the order.
 */
export function buildWithDependencies(top: WorkspaceTop, pkg: PackageJson): WorkspaceBuild | null {
  const { tree, folder, manager } = top;
  const { name } = pkg;
  if (name === null || !PLAIN_NAME.test(name) || (pkg.scripts.build ?? '').trim() === '') return null;
  const word = shellWord(name);
  const has = (file: string) => tree.isFile(joinPath(folder, file));
  const uses = (program: string) => allDependencies(top.pkg)[program] !== undefined;
  const program = (command: string, by: string) => ({ command: runProgram(manager, command), by });
  if (has('turbo.json') && uses('turbo') && turboBuilds(top)) {
    return program(`turbo run build --filter=${word}`, 'Turborepo');
  }
  if (has('nx.json') && uses('nx')) return program(`nx run ${word}:build`, 'Nx');
  if (has('lerna.json') && uses('lerna')) {
    return program(`lerna run build --scope=${word} --include-dependencies`, 'Lerna');
  }
  if (manager === 'pnpm')
    return { command: `pnpm --filter ${shellWord(`${name}...`)} run build`, by: 'pnpm' };
  return null;
}

/** https://turborepo.com/docs/reference/configuration: a task that is not written there does not run. */
function turboBuilds({ tree, folder }: WorkspaceTop): boolean {
  const config = parseLooseJson(tree.text(joinPath(folder, 'turbo.json')) ?? '');
  const tasks = tableAt(config, 'tasks') ?? tableAt(config, 'pipeline');
  return Object.keys(tasks ?? {}).some((task) => task === 'build' || task.endsWith('#build'));
}

/** Whether a package depends on others of its workspace, which have to be built before it. */
export function dependsOnSiblings({ tree, folder, pkg: topPkg }: WorkspaceTop, pkg: PackageJson): boolean {
  const wanted = Object.entries(allDependencies(pkg));
  if (wanted.some(([, version]) => version.startsWith('workspace:'))) return true;
  const siblings = packageFolders(tree.from(folder), topPkg).map((inner) => {
    const path = joinPath(folder, inner, 'package.json');
    return parsePackageJson(tree.text(path) ?? '{}', path).name;
  });
  return wanted.some(([name]) => siblings.includes(name));
}
