/** Generators of sites that are no JavaScript programs and that build-info does not know. */
import { joinPath, type SourceTree } from '../../tree.ts';
import type { KnownFramework } from './build-info.ts';
import { whyUnbuilt } from './unbuilt-page.ts';

interface Generator {
  readonly id: string;
  readonly name: string;
  /** One file or folder of each group has to be there. */
  readonly evidence: readonly (readonly string[])[];
  /** What its start page says, where the files alone don't tell. */
  readonly page?: RegExp;
  /** Whether it counts only where the start page can't be published as it is. */
  readonly fromUnbuilt?: boolean;
  readonly command: string;
  readonly directory: string;
}

const GENERATORS: readonly Generator[] = [
  // https://gohugo.io/configuration/introduction/#configuration-file; build-info knows the other names.
  {
    id: 'hugo',
    name: 'Hugo',
    evidence: [
      ['hugo.yaml', 'hugo.yml', 'hugo.json'],
      ['content', 'layouts', 'themes', 'archetypes'],
    ],
    command: 'hugo',
    directory: 'public',
  },
  // https://www.mkdocs.org/user-guide/configuration/
  {
    id: 'mkdocs',
    name: 'MkDocs',
    evidence: [['mkdocs.yml', 'mkdocs.yaml']],
    command: 'mkdocs build',
    directory: 'site',
  },
  // https://www.sphinx-doc.org/en/master/man/sphinx-quickstart.html, with source and build folder apart or not
  {
    id: 'sphinx',
    name: 'Sphinx',
    evidence: [
      ['conf.py', 'source/conf.py'],
      ['index.rst', 'index.md', 'source/index.rst', 'source/index.md'],
    ],
    command: 'make html',
    directory: '_build/html',
  },
  // https://rust-lang.github.io/mdBook/guide/creating.html
  {
    id: 'mdbook',
    name: 'mdBook',
    evidence: [['book.toml'], ['src/SUMMARY.md']],
    command: 'mdbook build',
    directory: 'book',
  },
  // https://docs.getpelican.com/en/latest/settings.html
  {
    id: 'pelican',
    name: 'Pelican',
    evidence: [['pelicanconf.py']],
    command: 'pelican content',
    directory: 'output',
  },
  // https://docs.antora.org/antora/latest/playbook/
  {
    id: 'antora',
    name: 'Antora',
    evidence: [['antora-playbook.yml', 'antora-playbook.yaml']],
    command: 'antora antora-playbook.yml',
    directory: 'build/site',
  },
  // https://trunkrs.dev/guide/: web pages in Rust, such as Leptos and Yew
  {
    id: 'trunk',
    name: 'Trunk (Rust)',
    evidence: [['Trunk.toml'], ['Cargo.toml']],
    command: 'trunk build --release',
    directory: 'dist',
  },
  {
    id: 'trunk',
    name: 'Trunk (Rust)',
    evidence: [['index.html'], ['Cargo.toml']],
    page: /<link\b[^>]{0,1000}\bdata-trunk\b/,
    command: 'trunk build --release',
    directory: 'dist',
  },
  // https://dioxuslabs.com/learn/0.6/guides/deploy/config/
  {
    id: 'dioxus',
    name: 'Dioxus (Rust)',
    evidence: [['Dioxus.toml'], ['Cargo.toml']],
    command: 'dx bundle --release',
    directory: 'dist',
  },
  // https://guide.elm-lang.org/install/elm.html: pages whose program is compiled from Elm, and is not in the source
  {
    id: 'elm',
    name: 'Elm',
    evidence: [['elm.json'], ['index.html']],
    fromUnbuilt: true,
    command: 'elm make src/Main.elm --output=elm.js',
    directory: '.',
  },
];

const isThere = (tree: SourceTree, path: string): boolean => tree.isFile(path) || tree.isFolder(path);

/** The generator that a folder is made for; null if it is none of these. */
export function otherGenerator(tree: SourceTree, folder: string): KnownFramework | null {
  const start = joinPath(folder, 'index.html');
  const found = GENERATORS.find(
    ({ evidence, page, fromUnbuilt = false }) =>
      evidence.every((names) => names.some((name) => isThere(tree, joinPath(folder, name)))) &&
      (page === undefined || page.test(tree.text(start) ?? '')) &&
      (!fromUnbuilt || whyUnbuilt(tree, folder, start) !== null),
  );
  return found === undefined
    ? null
    : asFramework(found, found.evidence[0]?.find((name) => tree.isFile(joinPath(folder, name))) ?? null);
}

/** The generator of this id, whatever the source holds; null if there is none. */
export function generatorById(name: string): KnownFramework | null {
  const found = GENERATORS.find(({ id }) => id === name.toLowerCase());
  return found === undefined ? null : asFramework(found, null);
}

const asFramework = (generator: Generator, file: string | null): KnownFramework => ({
  id: generator.id,
  name: generator.name,
  buildCommand: generator.command,
  directory: generator.directory,
  dependency: null,
  version: null,
  file,
  isBackend: false,
});
