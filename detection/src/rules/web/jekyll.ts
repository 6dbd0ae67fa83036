/** The plugins and the theme of a Jekyll site. */
import { listed, quoted } from '@appflux/protocol';
import { type Data, textAt } from '../../data-text.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal } from '../rule.ts';
import { jekyllPlugins } from './gemfile.ts';
import { generatorConfig } from './generator-folder.ts';
import { JEKYLL_GEMS } from './jekyll-gems.ts';

/** What stands for other gems, and does nothing where they are there. */
const BUNDLES: ReadonlySet<string> = new Set(['github-pages']);

/**
 * Which gems a folder's site is built with; a refusal that names those that it needs and the image lacks.
 * https://jekyllrb.com/docs/plugins/installation/
 */
export function jekyllGems(tree: SourceTree, folder: string): Reason | Refusal {
  const config = generatorConfig(tree, folder, 'jekyll');
  const gemfile = tree.text(joinPath(folder, 'Gemfile'));
  const remote = textAt(config, 'remote_theme');
  if (remote !== null) return remoteTheme(remote);
  const theme = textAt(config, 'theme');
  // A copy of a theme's repository names itself.
  const isItself = theme !== null && tree.isFile(joinPath(folder, `${theme}.gemspec`));
  if (theme !== null && !isItself && !JEKYLL_GEMS.has(theme)) return missingTheme(theme);
  const plugins = [...pluginsOf(config), ...(gemfile === null ? [] : jekyllPlugins(gemfile))];
  const missing = [...new Set(plugins)].filter((gem) => !JEKYLL_GEMS.has(gem) && !BUNDLES.has(gem));
  return missing.length > 0 ? missingGems(missing) : whichGems(gemfile);
}

function pluginsOf(config: Data | null): string[] {
  // `gems` is its name before Jekyll 3.5.
  const named = config?.plugins ?? config?.gems ?? [];
  return (Array.isArray(named) ? named : [named]).filter(
    (name): name is string => typeof name === 'string' && name.length <= 100,
  );
}

const whichGems = (gemfile: string | null): Reason =>
  because(
    'install',
    gemfile === null
      ? 'Plugins: those of the configuration and those that GitHub Pages enables, because there is no Gemfile.'
      : 'Gems: those of the image in its versions, for the plugins of the Gemfile and of the configuration. None are installed.',
  );

const OTHERWISE = `set an image that has Jekyll and its gems in the app or in appflux.json, or deploy the folder that Jekyll creates`;

const missingGems = (gems: readonly string[]): Refusal => ({
  refusal: `This is a Jekyll site with ${gems.length === 1 ? 'the plugin' : 'the plugins'} ${listed(gems, 8)}, and no builder image has ${gems.length === 1 ? 'it' : 'them'}.`,
  hint: `Builds install no gems. Remove ${gems.length === 1 ? 'it' : 'them'} from the configuration and the Gemfile if the site works without, ${OTHERWISE}.`,
});

const missingTheme = (theme: string): Refusal => ({
  refusal: `This is a Jekyll site with the theme ${quoted(theme)}, and no builder image has it.`,
  hint: `Builds install no gems. Copy the theme’s folders (_layouts, _includes, _sass, assets) into the source and remove "theme" from the configuration, ${OTHERWISE}.`,
});

const remoteTheme = (theme: string): Refusal => ({
  refusal: `This is a Jekyll site with the remote theme ${quoted(theme)}, which Jekyll downloads from GitHub, and no builder image has it.`,
  hint: `Copy the theme’s folders (_layouts, _includes, _sass, assets) into the source and remove "remote_theme" from the configuration, ${OTHERWISE}.`,
});
