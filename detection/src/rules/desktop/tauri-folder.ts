/** Where a Tauri app lies in a source, and where Cargo writes for it. */
import { type Data, hasKey, parseToml } from '../../data-text.ts';
import { joinPath, type SourceTree } from '../../tree.ts';

/** https://v2.tauri.app/reference/config/#file-formats, in the order in which Tauri looks for them. */
export const CONFIGS = ['tauri.conf.json', 'tauri.conf.json5', 'Tauri.toml'] as const;

/** How many folders deep Tauri's own command looks for a configuration. */
const MAX_DEPTH = 3;
/** Folders in which a configuration is somebody's example, a template or a copy. */
const ASIDE =
  /^(?:\..*|node_modules|target|dist|build|out|vendor|third_party|examples?|demos?|templates?|tests?|fixtures?|bench(?:es|marks?)?)$/i;

/**
 * The folders, seen from the source's top, that hold a configuration and are built from the root directory: itself or
 * its `src-tauri`, where one of them is; else those further down that belong to no package below the root directory.
 */
export function tauriFolders(tree: SourceTree): string[] {
  const usual = [tree.base, joinPath(tree.base, 'src-tauri')].find((folder) => hasConfig(tree, folder));
  if (usual !== undefined) return [usual];
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  return tree
    .files()
    .filter((path) => path.startsWith(prefix) && CONFIGS.some((name) => path.endsWith(`/${name}`)))
    .map((path) => path.slice(prefix.length, path.lastIndexOf('/')).split('/'))
    .filter((parts) => parts.length <= MAX_DEPTH && !parts.some((part) => ASIDE.test(part)))
    .filter((parts) => !belongsToPackage(tree, parts))
    .map((parts) => joinPath(tree.base, ...parts))
    .filter((folder, index, all) => all.indexOf(folder) === index);
}

const hasConfig = (tree: SourceTree, folder: string): boolean => tree.firstFile(folder, CONFIGS) !== null;

/**
 * Whether an app in this folder, seen from the root directory, is a package's own there: it has the package.json itself, or
 * above its `src-tauri`, or above it with Tauri's command. Other packages may hold anything.
 */
function belongsToPackage(tree: SourceTree, parts: readonly string[]): boolean {
  return parts.some((_, index) => {
    const path = joinPath(tree.base, ...parts.slice(0, index + 1), 'package.json');
    if (!tree.isFile(path)) return false;
    const below = parts.slice(index + 1);
    return (
      below.length === 0 ||
      (below.length === 1 && below[0] === 'src-tauri') ||
      /"@tauri-apps\/cli"/.test(tree.text(path) ?? '')
    );
  });
}

/** A manifest of Cargo, and the folder that it is in. */
interface ManifestAt {
  readonly folder: string;
  readonly manifest: Data;
}

/** The workspace of Cargo that a crate belongs to: the nearest manifest above that is one; null if there is none. */
export function cargoWorkspace(tree: SourceTree, crate: string): ManifestAt | null {
  for (const folder of tree.upward(crate)) {
    const manifest = parseToml(tree.text(joinPath(folder, 'Cargo.toml')) ?? '');
    if (manifest !== null && hasKey(manifest, 'workspace')) return { folder, manifest };
  }
  return null;
}

/** Whether a folder is the root directory or lies in it. */
export const isInside = ({ base }: SourceTree, folder: string): boolean =>
  base === '' || folder === base || folder.startsWith(`${base}/`);

/** A folder in the root directory, seen from there. */
export const fromBase = ({ base }: SourceTree, folder: string): string =>
  base === '' ? folder : folder.slice(base.length + 1);
