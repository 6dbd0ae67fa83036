/** Workspaces (monorepos): a package.json that holds others together. */
import { listed } from '../../../prepare/printable.ts';
import { parsePackageJson } from '../../package-json.ts';
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
export const isWorkspace = (subject: Subject, declared: boolean): boolean =>
  declared ||
  ['pnpm-workspace.yaml', 'lerna.json'].some((name) =>
    subject.tree.isFile(joinPath(subject.tree.base, name)),
  );

/** The folders of packages below the root directory, relative to it. */
export function packageFolders(tree: SourceTree): string[] {
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  return tree
    .files()
    .filter((path) => path.startsWith(prefix) && path.endsWith('/package.json'))
    .map((path) => path.slice(prefix.length, -'/package.json'.length))
    .filter((folder) => folder !== '' && PLAIN_PATH.test(folder) && folder.split('/').length <= MAX_DEPTH)
    .slice(0, MAX_PACKAGES);
}

/**
 * The one site of a workspace; a refusal if there are several, or if what there is cannot be published; null
 * if there is none.
 */
export async function siteOfWorkspace(subject: Subject): Promise<Finding | Refusal | null> {
  const { tree, manager } = subject;
  const found: { readonly folder: string; readonly outcome: Finding | Refusal }[] = [];
  for (const within of packageFolders(tree)) {
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
