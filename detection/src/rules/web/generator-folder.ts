/** Where the generators of the sites image write, as far as their configuration says it. */
import { type Data, parseLooseJson, parseToml, parseYaml, textAt } from '../../data-text.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';

interface Configured {
  /** The files that it reads, the first of these that is there. */
  readonly files: readonly string[];
  /** The key of the folder, in lower case. */
  readonly key: string;
  readonly usual: string;
  /** The option that overrides the configuration. */
  readonly option: string;
}

const CONFIGURED: Readonly<Record<string, Configured>> = {
  // https://gohugo.io/configuration/all/#publishdir
  hugo: {
    files: ['hugo', 'config'].flatMap((name) =>
      ['toml', 'yaml', 'yml', 'json'].map((end) => `${name}.${end}`),
    ),
    key: 'publishdir',
    usual: 'public',
    option: '--destination',
  },
  // https://jekyllrb.com/docs/configuration/options/
  jekyll: {
    files: ['_config.yml', '_config.yaml', '_config.toml'],
    key: 'destination',
    usual: '_site',
    option: '--destination',
  },
  // https://www.mkdocs.org/user-guide/configuration/#site_dir
  mkdocs: { files: ['mkdocs.yml', 'mkdocs.yaml'], key: 'site_dir', usual: 'site', option: '--site-dir' },
};

/** Where a generator writes, and what its command needs for that. */
export interface GeneratorFolder {
  readonly directory: string;
  /** Options for the command, or ''. */
  readonly options: string;
}

/** What a generator's configuration in a folder says; null if it can't be read, or there is none. */
export function generatorConfig(tree: SourceTree, folder: string, id: string): Data | null {
  const path = tree.firstFile(folder, CONFIGURED[id]?.files ?? []);
  const text = path === null ? '' : (tree.text(path) ?? '');
  if (path?.endsWith('.toml') === true) return parseToml(text);
  return path?.endsWith('.json') === true ? parseLooseJson(text) : parseYaml(text);
}

/**
 * The folder that a generator writes to, seen from where it runs; null for one whose configuration is not known. A folder
 * outside of the project, or the project itself, gives way to the usual one.
 */
export function generatorFolder(tree: SourceTree, folder: string, id: string): GeneratorFolder | null {
  const configured = CONFIGURED[id];
  if (configured === undefined) return null;
  const { key, usual, option } = configured;
  const config = generatorConfig(tree, folder, id);
  // Hugo reads keys in any case.
  const written = Object.keys(config ?? {}).find((name) => name.toLowerCase() === key);
  const named = written === undefined ? null : textAt(config, written);
  if (named === null) return { directory: usual, options: '' };
  const inside = insidePath('', named);
  return inside === null || inside === '' || tree.isFile(joinPath(folder, inside))
    ? { directory: usual, options: ` ${option} ${usual}` }
    : { directory: inside, options: '' };
}
