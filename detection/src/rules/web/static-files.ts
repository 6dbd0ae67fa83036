/** Sites that are published as they are, and sites whose generator is no JavaScript program. */
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import type { KnownFramework } from './build-info.ts';
import { whyUnbuilt } from './unbuilt-page.ts';

/** Folders in which people keep a finished site, the likeliest first. */
const FINISHED = ['public', 'dist', 'build', 'out', 'site', '_site', 'www', 'html', 'docs'];

/** A folder with an index.html. */
export interface FinishedSite {
  /** Relative to the folder that was searched; `.` for itself. */
  readonly folder: string;
  /** Why its page has to be built first, as the end of a sentence; null if it is finished. */
  readonly unbuilt: string | null;
}

/** The folder with the index.html of a finished site, else one with a page that is not finished; null if there is none. */
export function finishedSite(tree: SourceTree, folder: string): FinishedSite | null {
  const found = [...namedRoot(tree, folder), '.', ...FINISHED]
    .filter((name) => tree.isFile(joinPath(folder, name, 'index.html')))
    .map((name) => {
      const path = joinPath(folder, name, 'index.html');
      return {
        folder: name,
        unbuilt: whyUnbuilt(tree, name === '.' ? folder : joinPath(folder, name), path),
      };
    });
  return found.find(({ unbuilt }) => unbuilt === null) ?? found[0] ?? null;
}

/** The folder that a Staticfile names: https://docs.cloudfoundry.org/buildpacks/staticfile/ */
function namedRoot(tree: SourceTree, folder: string): string[] {
  const root = /^root:\s*["']?([\w./-]{1,200})/m.exec(tree.text(joinPath(folder, 'Staticfile')) ?? '')?.[1];
  const inside = root === undefined ? null : insidePath('', root);
  return inside === null || inside === '' ? [] : [inside];
}

/** What a generator's source holds, one of each group: a `config.toml` alone can be anything's. */
const EVIDENCE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  hugo: [
    ['hugo.toml', 'hugo.yaml', 'hugo.json', 'config.toml', 'config.yaml', 'config.json'],
    ['content', 'layouts', 'themes', 'archetypes'],
  ],
  zola: [['config.toml'], ['templates', 'content', 'themes']],
  jekyll: [
    ['_config.yml', '_config.yaml', '_config.toml'],
    ['_posts', '_layouts', '_includes', '_pages', '_data', 'Gemfile', 'index.md'],
  ],
  middleman: [['config.rb'], ['source']],
  cecil: [['config.yml', 'cecil.yml'], ['pages']],
};

/** The generator that a folder without package.json is made for; null if its files say of none. */
export function generatorOf(
  tree: SourceTree,
  folder: string,
  frameworks: readonly KnownFramework[],
): KnownFramework | null {
  const names = new Set(tree.names(folder));
  const fitting = frameworks.filter(
    ({ id }) =>
      EVIDENCE[id]?.every((group) => group.some((name) => names.has(name))) === true ||
      (id === 'jekyll' && hasJekyllPages(tree, folder)),
  );
  // Hugo and Zola share a file name and two folders; Zola's says `base_url` where Hugo's says `baseURL`.
  const isZola = /^[ \t]{0,40}base_url[ \t]{0,40}=/m.test(tree.text(joinPath(folder, 'config.toml')) ?? '');
  return fitting.find(({ id }) => (isZola ? id === 'zola' : id !== 'zola')) ?? null;
}

/** Pages that Jekyll alone makes: Markdown, or a start page with front matter. https://jekyllrb.com/docs/pages/ */
function hasJekyllPages(tree: SourceTree, folder: string): boolean {
  const page = joinPath(folder, 'index.html');
  if (tree.isFile(page))
    return whyUnbuilt(tree, folder, page)?.startsWith('begins with front matter') === true;
  return tree.names(folder).some((name) => /\.(?:md|markdown)$/.test(name));
}

/**
 * Where a build without a known framework may write, the likeliest first. A folder that the source itself
 * holds is less likely to be the build's.
 */
export function likelyOutputs(tree: SourceTree, folder: string): string[] {
  const names = ['dist', 'build', 'out', '_site', 'www', 'public'];
  const isThere = (name: string) => tree.isFolder(joinPath(folder, name));
  return [...names.filter((name) => !isThere(name)), ...names.filter(isThere)];
}
