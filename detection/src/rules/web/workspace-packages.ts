/** Workspaces (monorepos): which folders are their packages. */

import { type Data, parseLooseJson, parseYaml } from '../../data-text.ts';
import { DetectionFailure } from '../../failure.ts';
import { compileGlob } from '../../glob.ts';
import type { PackageJson } from '../../package-json.ts';
import { joinPath, type SourceTree } from '../../tree.ts';

/** Folders that need no quoting in a shell. */
const PLAIN_PATH = /^[\w@.-]+(?:\/[\w@.-]+)*$/;
const MAX_PACKAGES = 200;
/** Folders between a workspace's top and its packages. */
const MAX_DEPTH = 3;

/** Whether the root directory is the top of a workspace. */
export const isWorkspace = (tree: SourceTree, pkg: PackageJson): boolean =>
  pkg.workspaces !== null ||
  ['pnpm-workspace.yaml', 'lerna.json', 'nx.json'].some((name) => tree.isFile(joinPath(tree.base, name)));

/** The folders of the workspace's packages, relative to its top: those that its globs name, if it has any. */
export function packageFolders(tree: SourceTree, pkg: PackageJson): string[] {
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  const isPackage = packageMatcher(tree, pkg);
  return tree
    .files()
    .filter((path) => path.startsWith(prefix) && path.endsWith('/package.json'))
    .map((path) => path.slice(prefix.length, -'/package.json'.length))
    .filter((folder) => folder !== '' && PLAIN_PATH.test(folder) && folder.split('/').length <= MAX_DEPTH)
    .filter(isPackage)
    .slice(0, MAX_PACKAGES);
}

/** Globs of npm, Yarn and Bun, of pnpm (https://pnpm.io/pnpm-workspace_yaml) and of Lerna. */
function packageMatcher(tree: SourceTree, pkg: PackageJson): (folder: string) => boolean {
  const globs = [
    ...(pkg.workspaces ?? []),
    ...textsAt(parseYaml(tree.text(joinPath(tree.base, 'pnpm-workspace.yaml')) ?? '')),
    ...textsAt(parseLooseJson(tree.text(joinPath(tree.base, 'lerna.json')) ?? '')),
  ].slice(0, 200);
  if (globs.length === 0) return () => true;
  const taken = globs.filter((glob) => !glob.startsWith('!')).map(matcher);
  const left = globs.filter((glob) => glob.startsWith('!')).map((glob) => matcher(glob.slice(1)));
  return (folder) => taken.some((matches) => matches(folder)) && !left.some((matches) => matches(folder));
}

const textsAt = (data: Data | null): string[] => {
  const packages = data?.packages;
  return Array.isArray(packages) ? packages.filter((glob) => typeof glob === 'string') : [];
};

function matcher(glob: string): (folder: string) => boolean {
  try {
    return compileGlob(glob.replace(/^\/+/, '')).matches;
  } catch (error) {
    // A glob that leads out of the source, or would take too long to match, names no package of it.
    if (error instanceof DetectionFailure) return () => false;
    throw error;
  }
}
