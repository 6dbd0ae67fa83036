/** Whether changed paths matter to an app: its root directory, and its globs. Pure. */
import type { ChangedPaths, GitEvent, Sha } from '../git-hosts/event.ts';
import { matchesPath } from '../globs/glob.ts';

/**
 * Files at the top of a repository that the packages of a monorepo share. A change of one of them counts for an app in a
 * folder, too.
 */
const SHARED_FILES: ReadonlySet<string> = new Set([
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
  '.yarnrc.yml',
  '.npmrc',
  'bun.lock',
  'bun.lockb',
  'lerna.json',
  'nx.json',
  'turbo.json',
  'rush.json',
  'tsconfig.json',
  'tsconfig.base.json',
  '.nvmrc',
  '.node-version',
  '.gitmodules',
]);

export interface PathRules {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rootDirectory: string;
}

/**
 * Why these changes don't matter to an app; null if they do. A change counts if it is included and not excluded. The root
 * directory is included, together with what `include` adds; without both, everything is. Unknown changes count.
 */
export function pathsReason(
  { include, exclude, rootDirectory }: PathRules,
  changed: ChangedPaths,
): string | null {
  if (!changed.known) return null;
  if (changed.paths.length === 0) return 'The commit changes no files';
  const root = rootDirectory.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  const inFolder = root !== '' && root !== '.';
  const isIncluded = (path: string) =>
    inFolder
      ? path === root || path.startsWith(`${root}/`) || SHARED_FILES.has(path) || matchesAny(include, path)
      : include.length === 0 || matchesAny(include, path);
  const included = changed.paths.filter(isIncluded);
  if (included.length === 0)
    return inFolder && include.length === 0
      ? `No file changed in ${root}`
      : 'No file changed that the include patterns match';
  return included.some((path) => !matchesAny(exclude, path))
    ? null
    : 'All changed files match the exclude patterns';
}

const matchesAny = (globs: readonly string[], path: string): boolean =>
  globs.some((glob) => matchesPath(glob, path));

/** Two commits whose difference says what an event changed. */
export interface Comparison {
  readonly base: Sha | string;
  readonly head: Sha;
  /** The base has to be an ancestor of the head: otherwise the difference doesn't show what the head dropped. */
  readonly linear: boolean;
}

/**
 * What to compare for the paths that an event changed: a push with where its branch was, a new branch and a new pull
 * request with where they left their base. Null if no comparison tells, and the event counts as changed.
 */
export function comparisonOf(event: GitEvent): Comparison | null {
  if (event.kind === 'push') {
    const { before, after, forced, ref, repository } = event;
    if (after === null || forced || ref.kind === 'tag') return null;
    if (before !== null) return { base: before, head: after, linear: true };
    const { defaultBranch } = repository;
    return defaultBranch === null || defaultBranch === ref.name
      ? null
      : { base: defaultBranch, head: after, linear: false };
  }
  if (event.kind !== 'pull_request') return null;
  const { action, before, pullRequest } = event;
  const { base, head } = pullRequest;
  if (action === 'synchronize' && before !== null) return { base: before, head: head.sha, linear: true };
  return { base: base.sha ?? base.branch, head: head.sha, linear: false };
}
