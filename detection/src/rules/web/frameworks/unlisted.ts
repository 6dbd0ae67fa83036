/** Frameworks for the web that build-info does not know: by which package they are recognized, and where they write. */
import { parseLooseJson, textAt } from '../../../data-text.ts';
import { allDependencies, type PackageJson } from '../../../package-json.ts';
import { insidePath, joinPath } from '../../../tree.ts';
import type { KnownFramework } from '../build-info.ts';
import type { FrameworkRule, Site } from '../site.ts';

interface Unlisted {
  readonly id: string;
  readonly name: string;
  readonly packages: readonly string[];
  readonly command: string;
  readonly directory: string;
  /** The configuration that may name another folder, and its key. */
  readonly config?: readonly [file: string, key: string];
}

const UNLISTED: readonly Unlisted[] = [
  // https://quasar.dev/quasar-cli-vite/commands-list#build
  {
    id: 'quasar',
    name: 'Quasar',
    packages: ['@quasar/app-vite', '@quasar/app-webpack', '@quasar/cli'],
    command: 'quasar build',
    directory: 'dist/spa',
  },
  // https://umijs.org/docs/api/config#outputpath
  {
    id: 'umi',
    name: 'Umi',
    packages: ['umi', '@umijs/max'],
    command: 'umi build',
    directory: 'dist',
    config: ['config/config', 'outputPath'],
  },
  // https://rspress.rs/api/config/config-basic#outdir
  {
    id: 'rspress',
    name: 'Rspress',
    packages: ['rspress', '@rspress/core'],
    command: 'rspress build',
    directory: 'doc_build',
    config: ['rspress.config', 'outDir'],
  },
  // https://rsbuild.rs/config/output/dist-path
  {
    id: 'rsbuild',
    name: 'Rsbuild',
    packages: ['@rsbuild/core'],
    command: 'rsbuild build',
    directory: 'dist',
    config: ['rsbuild.config', 'root'],
  },
  // https://github.com/preactjs/preact-cli#build
  { id: 'preact', name: 'Preact CLI', packages: ['preact-cli'], command: 'preact build', directory: 'build' },
  // https://polymer-library.polymer-project.org/3.0/docs/tools/polymer-json
  {
    id: 'polymer',
    name: 'Polymer',
    packages: ['polymer-cli'],
    command: 'polymer build',
    directory: 'build/default',
  },
  // https://www.sanity.io/docs/studio/deployment
  {
    id: 'sanity',
    name: 'Sanity Studio',
    packages: ['sanity', '@sanity/cli'],
    command: 'sanity build',
    directory: 'dist',
  },
  // https://sli.dev/guide/hosting
  { id: 'slidev', name: 'Slidev', packages: ['@slidev/cli'], command: 'slidev build', directory: 'dist' },
  // https://www.farmfe.org/docs/config/compilation-options
  { id: 'farm', name: 'Farm', packages: ['@farmfe/core'], command: 'farm build', directory: 'dist' },
  // https://www.snowpack.dev/reference/configuration
  { id: 'snowpack', name: 'Snowpack', packages: ['snowpack'], command: 'snowpack build', directory: 'build' },
  // https://honkit.netlify.app
  { id: 'honkit', name: 'HonKit', packages: ['honkit'], command: 'honkit build', directory: '_book' },
  // https://ladle.dev/docs/cli
  { id: 'ladle', name: 'Ladle', packages: ['@ladle/react'], command: 'ladle build', directory: 'build' },
];

/** The framework of this list that a package depends on; the one whose command its scripts call comes first. */
export function unlistedIn(pkg: PackageJson | null, scripts: string): KnownFramework | null {
  if (pkg === null) return null;
  const all = allDependencies(pkg);
  const found = UNLISTED.filter(({ packages }) => packages.some((name) => all[name] !== undefined));
  const chosen = found.find(({ command }) => scripts.includes(command)) ?? found[0];
  return chosen === undefined
    ? null
    : asFramework(chosen, chosen.packages.find((name) => all[name] !== undefined) ?? null);
}

/** The framework of this id or name, if it is one of this list. */
export function unlistedByName(name: string): KnownFramework | null {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const found = UNLISTED.find((entry) => [plain(entry.id), plain(entry.name)].includes(plain(name)));
  return found === undefined ? null : asFramework(found, null);
}

const asFramework = (entry: Unlisted, dependency: string | null): KnownFramework => ({
  id: entry.id,
  name: entry.name,
  buildCommand: entry.command,
  directory: entry.directory,
  dependency,
  version: null,
  file: null,
  isBackend: false,
});

/** Quasar writes to a folder for each mode, and only two of them are sites. */
const quasar: FrameworkRule = (site) => {
  const mode = /\bquasar build\b.*?\s(?:-m|--mode)[ =](\w+)/.exec(site.buildScript)?.[1] ?? 'spa';
  if (mode !== 'spa' && mode !== 'pwa') {
    return {
      refusal: `The build script builds this Quasar project in the mode ${mode}. AppFlux publishes "spa" and "pwa".`,
      hint: 'Let the script "build" run "quasar build", or set the build command in the app.',
    };
  }
  const folder = site.config('quasar.config', 'quasar.conf').folder('distDir') ?? `dist/${mode}`;
  return { outputs: [folder] };
};

/** Polymer writes to a folder for each of its builds. */
const polymer: FrameworkRule = ({ tree, folder }) => {
  const builds = parseLooseJson(tree.text(joinPath(folder, 'polymer.json')) ?? '')?.builds;
  const names = (Array.isArray(builds) ? builds : []).flatMap(
    (build) => insidePath('build', textAt(build, 'name') ?? textAt(build, 'preset') ?? 'default') ?? [],
  );
  return { outputs: [...new Set([...names, 'build/default'])].slice(0, 10) };
};

const RULES = new Map<string, FrameworkRule>([
  ['quasar', quasar],
  ['polymer', polymer],
]);

const byConfig =
  ({ directory, config }: Unlisted): FrameworkRule =>
  (site: Site) => ({
    outputs: [(config === undefined ? null : site.config(config[0]).folder(config[1])) ?? directory],
  });

/** Where each writes. */
export const UNLISTED_RULES: readonly (readonly [string, FrameworkRule])[] = UNLISTED.map((entry) => [
  entry.id,
  RULES.get(entry.id) ?? byConfig(entry),
]);
