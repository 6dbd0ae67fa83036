/** What to say when no rule knows a source. */
import { listed, printable } from '../prepare/printable.ts';
import type { Refusal, Rule, Subject } from './rules/rule.ts';
import type { SourceTree } from './tree.ts';

/** What to say where no rule knows the source: what was looked for, and where a project may be instead. */
export function nothingFound({ tree }: Subject, rules: readonly Rule[]): Refusal {
  const where = tree.base === '' ? 'at the top of the source' : `in ${printable(tree.base)}`;
  const looked = rules.map((rule) => rule.looksFor).join(', ');
  const elsewhere = projectFolders(tree);
  return {
    refusal: `Nothing to build was found ${where}; looked for ${looked}.`,
    hint:
      elsewhere.length === 0
        ? 'Set the root directory if the project is in a subfolder, or set a build command and outputs in the App or in appflux.json.'
        : `There ${elsewhere.length === 1 ? 'is a project' : 'are projects'} in ${listed(elsewhere)}: set the root directory of the App to that folder.`,
  };
}

const PROJECT_FILE =
  /\/(?:package\.json|index\.html|pubspec\.yaml|settings\.gradle(?:\.kts)?|config\.xml|wails\.json|tauri\.conf\.json5?|Tauri\.toml)$/;

/**
 * Folders below the root directory in which a project seems to be, the nearest first; none below another one.
 */
export function projectFolders(tree: SourceTree): string[] {
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  const folders = tree
    .files()
    .filter((path) => path.startsWith(prefix) && PROJECT_FILE.test(path))
    .map((path) => path.slice(prefix.length, path.lastIndexOf('/')))
    .sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  return folders.filter(
    (folder, index) =>
      !folders.slice(0, index).some((above) => folder === above || folder.startsWith(`${above}/`)),
  );
}
