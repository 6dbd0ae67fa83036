import { insidePath, joinPath } from '../../../tree.ts';
import type { Refusal } from '../../rule.ts';
import { mayPublish, withServer } from '../servers/with-server.ts';
import type { Config, FrameworkRule, Site } from '../site.ts';

/**
 * The output folder. Plugins and test runners have settings of the same name: what stands in `build` counts, and
 * elsewhere only where `build` is put together from other parts.
 */
function outDirOf(config: Config): string | null {
  const build = config.block('build');
  const own = build?.text('outDir') ?? null;
  if (own !== null || (build !== null && !build.mentions('...'))) return own;
  return config.without('plugins').without('test').text('outDir');
}

/** https://vite.dev/guide/build.html#library-mode, unless the script chooses another configuration or a mode. */
const makesLibrary = (site: Site, config: Config): boolean =>
  /(?<![\w$])lib\s*[:,]/.test(config.block('build')?.source ?? '') &&
  !/\bvite build\b.*\s(?:-c|--config|-m|--mode)\b/.test(site.buildScript);

const LIBRARY: Refusal = {
  refusal: 'This is a library, not a site: its Vite configuration sets build.lib.',
  hint: 'If the build creates a site, set outputs in the app or in appflux.json to its folder. If a subfolder has a site, set it as the root directory.',
  searchBelow: true,
  isLibrary: true,
};

/** Vite without a page and without a script that builds: it only tests, or transforms what other programs run. */
const hasNothingToBuild = (site: Site, config: Config, root: string): boolean =>
  site.buildScript === '' &&
  !/\bvite build\b/.test(Object.values(site.pkg.scripts).join('\n')) &&
  !/\b(?:input|plugins)\b/.test(config.source) &&
  !site.tree.isFile(joinPath(site.folder, root, 'index.html'));

const NO_PAGE: Refusal = {
  refusal: 'This project depends on Vite, but has no index.html and no build script.',
  hint: 'Add a "build" script to package.json, or set a build command and outputs in the app or in appflux.json.',
  searchBelow: true,
};

/** https://vite.dev/config/build-options.html#build-outdir: `dist`, seen from `root`. */
export const vite: FrameworkRule = (site) => {
  const config = site.config('vite.config');
  // https://nitro.build/guide: Nitro 3 is also a plugin of Vite, and builds the page with its server.
  const isNitro = /from\s*["']nitro\/vite["']/.test(config.source);
  if (isNitro && mayPublish(site.servers)) {
    return withServer({
      servers: site.servers,
      kind: 'nitro',
      what: `This Vite project has a Nitro server: ${config.path} uses its plugin`,
      hint: '',
    });
  }
  if (makesLibrary(site, config)) return LIBRARY;
  const root = config.folder('root') ?? '';
  if (hasNothingToBuild(site, config, root)) return NO_PAGE;
  const written = outDirOf(config);
  const folder = insidePath(root, written ?? 'dist');
  if (folder === null) return { outputs: ['dist'] };
  return {
    outputs: [folder],
    ...(written === null && root === ''
      ? {}
      : { reasons: [{ about: 'output' as const, text: `Output: ${folder}, from ${config.path}.` }] }),
  };
};
