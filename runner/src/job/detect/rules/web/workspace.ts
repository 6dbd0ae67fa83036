/** Workspaces (monorepos): a package.json that holds others together. */
import { compileGlob } from '../../../collect/glob.ts';
import { listed } from '../../../prepare/printable.ts';
import { JobFailure } from '../../../step.ts';
import { type Data, parseLooseJson, parseYaml } from '../../data-text.ts';
import { type PackageJson, parsePackageJson } from '../../package-json.ts';
import { because } from '../../reason.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import { findingFor, findingForScript, frameworkIn } from './packaged-site.ts';

/** Folders that need no quoting in a shell. */
const PLAIN_PATH = /^[\w@.-]+(?:\/[\w@.-]+)*$/;
const MAX_PACKAGES = 200;
/** Folders between a workspace's top and its packages. */
const MAX_DEPTH = 3;

/** Whether the root directory is the top of a workspace. */
export const isWorkspace = (subject: Subject, pkg: PackageJson): boolean =>
  pkg.workspaces !== null ||
  ['pnpm-workspace.yaml', 'lerna.json', 'nx.json'].some((name) =>
    subject.tree.isFile(joinPath(subject.tree.base, name)),
  );

/** The folders of the workspace's packages, relative to its top: those that its globs name, if it has any. */
export function packageFolders({ tree }: Subject, pkg: PackageJson): string[] {
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
    if (error instanceof JobFailure) return () => false;
    throw error;
  }
}

/**
 * The one site of a workspace; a refusal if there are several, or if what there is cannot be published; null
 * if there is none.
 */
export async function siteOfWorkspace(subject: Subject, top: PackageJson): Promise<Finding | Refusal | null> {
  const { tree, manager } = subject;
  const found: { readonly folder: string; readonly outcome: Finding | Refusal }[] = [];
  for (const within of packageFolders(subject, top)) {
    const folder = joinPath(tree.base, within);
    const path = joinPath(folder, 'package.json');
    const pkg = parsePackageJson(tree.text(path) ?? '{}', path);
    const framework = await frameworkIn({ names: tree.names(folder), pkg });
    if (framework === null || framework.isBackend) continue;
    const why = `Framework: ${framework.name}, because ${path} depends on ${framework.dependency}.`;
    found.push({
      folder: within,
      outcome: findingFor({ tree, folder, within, pkg, manager }, framework, why),
    });
  }
  const sites = found.filter(({ outcome }) => !('refusal' in outcome));
  if (sites.length > 1) {
    return {
      refusal: `This workspace holds several sites: ${listed(
        sites.map(({ folder }) => folder),
        8,
      )}.`,
      hint: 'Set the root directory of the App to one of these folders.',
    };
  }
  const only = sites[0] ?? found[0];
  return only === undefined ? null : builtFromTop(subject, only.folder, only.outcome);
}

/** A workspace's own build script knows the order in which its packages are built: it is preferred. */
function builtFromTop(subject: Subject, folder: string, outcome: Finding | Refusal): Finding | Refusal {
  const { tree, manager, packages } = subject;
  const top = packages[0];
  const own =
    top === undefined
      ? null
      : findingForScript({ tree, folder: tree.base, within: '', pkg: top.pkg, manager });
  if ('refusal' in outcome || own === null) return outcome;
  const text = `Build command: ${own.buildCommand}, the workspace's own, which builds ${folder} too.`;
  const others = outcome.reasons.filter(({ about }) => about !== 'build');
  return { ...outcome, buildCommand: own.buildCommand, reasons: [...others, because('build', text)] };
}
