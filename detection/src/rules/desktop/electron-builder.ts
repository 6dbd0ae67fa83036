/** Where electron-builder writes (https://www.electron.build/configuration.html). */
import {
  type Data,
  parseJson5,
  parseLooseJson,
  parseToml,
  parseYaml,
  tableAt,
  textAt,
} from '../../data-text.ts';
import type { PackageJson } from '../../package-json.ts';
import { insidePath, joinPath } from '../../tree.ts';
import type { Subject } from '../rule.ts';

const READERS: readonly (readonly [string, (text: string) => Data | null])[] = [
  ['electron-builder.yml', parseYaml],
  ['electron-builder.yaml', parseYaml],
  ['electron-builder.json', parseLooseJson],
  ['electron-builder.json5', parseJson5],
  ['electron-builder.toml', parseToml],
];

/** The configurations that a project has, in the order in which they are looked for. */
const configsOf = ({ tree }: Subject, pkg: PackageJson): (Data | null)[] => [
  pkg.build,
  ...READERS.map(([name, read]) => {
    const text = tree.text(joinPath(tree.base, name));
    return text === null ? null : read(text);
  }),
];

/** The first folder of a kind that a configuration names, or null. */
function folderIn(subject: Subject, pkg: PackageJson, kind: 'app' | 'output'): string | null {
  const named = configsOf(subject, pkg).map((config) => textAt(tableAt(config, 'directories'), kind));
  return named.find((folder) => folder !== null) ?? null;
}

/** The folder as a glob, macros such as `${version}` being stars; null where the default holds. */
export function builderOutput(subject: Subject, pkg: PackageJson): string | null {
  const folder = folderIn(subject, pkg, 'output');
  if (folder === null) return null;
  // A glob takes two stars between two slashes at the most, and no sign of its own from a name.
  const glob = folder
    .split('/')
    .map((part) => (/\$\{/.test(part) ? '*' : part.replaceAll(/[*?[\]{}()!|+@]/g, '?')))
    .join('/');
  return insidePath('', glob);
}

/**
 * The version in the program's own package.json, where that is not the project's: in `directories.app`, else in `app`
 * (https://www.electron.build/tutorials/two-package-structure); null if there is none.
 */
export function programVersion(subject: Subject, pkg: PackageJson): string | null {
  const { tree } = subject;
  const folder = insidePath(tree.base, folderIn(subject, pkg, 'app') ?? 'app');
  const text = folder === null ? null : tree.text(joinPath(folder, 'package.json'));
  return text === null ? null : textAt(parseLooseJson(text), 'version');
}
