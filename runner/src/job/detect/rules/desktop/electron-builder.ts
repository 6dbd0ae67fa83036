/** Where electron-builder writes (https://www.electron.build/configuration.html). */
import { type Data, parseLooseJson, parseToml, parseYaml, tableAt, textAt } from '../../data-text.ts';
import type { PackageJson } from '../../package-json.ts';
import { insidePath, joinPath } from '../../tree.ts';
import type { Subject } from '../rule.ts';

const READERS: readonly (readonly [string, (text: string) => Data | null])[] = [
  ['electron-builder.yml', parseYaml],
  ['electron-builder.yaml', parseYaml],
  ['electron-builder.json', parseLooseJson],
  ['electron-builder.json5', parseLooseJson],
  ['electron-builder.toml', parseToml],
];

/** The folder as a glob, macros such as `${version}` being stars; null where the default holds. */
export function builderOutput({ tree }: Subject, pkg: PackageJson): string | null {
  const configs = [
    pkg.build,
    ...READERS.map(([name, read]) => {
      const text = tree.text(joinPath(tree.base, name));
      return text === null ? null : read(text);
    }),
  ];
  for (const config of configs) {
    const folder = textAt(tableAt(config, 'directories'), 'output');
    if (folder === null) continue;
    // A glob takes two stars between two slashes at the most, and no sign of its own from a name.
    const glob = folder
      .split('/')
      .map((part) => (/\$\{/.test(part) ? '*' : part.replaceAll(/[*?[\]{}()!|+@]/g, '?')))
      .join('/');
    return insidePath('', glob);
  }
  return null;
}
