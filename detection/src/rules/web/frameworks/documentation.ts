/** Generators whose output lies below the folder that the build script names. */
import { joinPath } from '../../../tree.ts';
import type { FrameworkRule } from '../site.ts';

/** The text of all scripts that call `program build`, with the folder that they give it. */
function documentFolder(scripts: Readonly<Record<string, string>>, program: string): string | null {
  const call = new RegExp(String.raw`\b${program} build(?: +([\w./-]+))?`);
  for (const text of Object.values(scripts)) {
    const match = call.exec(text);
    if (match === null) continue;
    const folder = match[1] ?? '';
    return folder.startsWith('-') ? '' : folder;
  }
  return null;
}

/**
 * https://vitepress.dev/guide/deploy: `.vitepress/dist` below the folder with the pages, which is usually
 * `docs`.
 */
export const vitePress: FrameworkRule = (site) => {
  const folder = documentFolder(site.pkg.scripts, 'vitepress');
  const outputs =
    folder === null ? ['docs/.vitepress/dist', '.vitepress/dist'] : [joinPath(folder, '.vitepress/dist')];
  return { outputs };
};

/** https://vuepress.vuejs.org/reference/config.html#dest: likewise, in `.vuepress/dist`. */
export const vuePress: FrameworkRule = (site) => {
  const folder = documentFolder(site.pkg.scripts, 'vuepress');
  const outputs =
    folder === null ? ['docs/.vuepress/dist', '.vuepress/dist'] : [joinPath(folder, '.vuepress/dist')];
  return { outputs };
};

/** Docusaurus 1 wrote to a folder of the project's name. */
export const docusaurus: FrameworkRule = (site) =>
  site.framework.directory?.includes('<') === true
    ? { outputs: ['build/*', 'website/build/*'] }
    : { outputs: ['build'] };
