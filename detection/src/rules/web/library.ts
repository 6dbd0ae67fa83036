/** Packages whose build makes no pages: libraries, command-line programs, and servers that nothing starts. */
import { listed } from '@appflux/protocol';
import type { PackageJson, Texts } from '../../package-json.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import type { PackagedFolder } from './packaged-site.ts';
import { serverPackageOf } from './servers/program-site.ts';

/** Compilers of modules: they copy no page. */
const COMPILERS: ReadonlySet<string> = new Set([
  'api-extractor',
  'babel',
  'bob',
  'bunchee',
  'expo-module',
  'father',
  'microbundle',
  'ncc',
  'nest',
  'ng-packagr',
  'pkgroll',
  'rslib',
  'swc',
  'tsc',
  'tsdown',
  'tsdx',
  'tsup',
  'tsgo',
  'unbuild',
  'zshy',
]);
/** Bundlers, which make pages or libraries: what package.json offers to others decides. */
const BUNDLERS: ReadonlySet<string> = new Set([
  'rollup',
  'esbuild',
  'webpack',
  'rspack',
  'rolldown',
  'node',
  'tsx',
  'bun',
  'vite',
]);
/** What makes nothing that is published. */
const ASIDE: ReadonlySet<string> = new Set([
  'chmod',
  'copyfiles',
  'cp',
  'cpx',
  'cpy',
  'del',
  'del-cli',
  'echo',
  'eslint',
  'biome',
  'exit',
  'mkdir',
  'mv',
  'npm-run-all',
  'prettier',
  'prisma',
  'publint',
  'rimraf',
  'rm',
  'run-p',
  'run-s',
  'shx',
  'tsc-alias',
  'true',
]);
/** What runs another program, or a script that is read as well. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'npx',
  'bunx',
  'pnpx',
  'cross-env',
  'env',
  'dotenv',
  'exec',
  'run',
  '--',
  'time',
  'cross-env-shell',
]);
const MANAGERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun']);
/** Folders whose pages are not the project's own. */
const OTHERS_PAGES =
  /(?:^|\/)(?:node_modules|tests?|__tests__|spec|e2e|examples?|demos?|fixtures?|coverage|benchmarks?|docs?|website|playgrounds?|templates?|packages|apps)\//;

/**
 * Why a package is no site: its build only compiles modules, or it bundles what it offers to other packages. Null if the
 * build may make pages.
 */
export function libraryIn({ tree, folder, pkg }: PackagedFolder): Refusal | null {
  if ((pkg.scripts.build ?? '').trim() === '' || hasPages(tree, folder)) return null;
  const programs = programsOf(pkg.scripts);
  const compiles = programs.length > 0 && programs.every((name) => COMPILERS.has(name));
  const bundles = programs.length > 0 && programs.every((name) => COMPILERS.has(name) || BUNDLERS.has(name));
  const offersTypes = pkg.types !== null;
  if (!compiles && !(bundles && isOffered(pkg)) && !offersTypes) return null;
  const path = joinPath(folder, 'package.json');
  const server = serverPackageOf(pkg);
  if (server !== null && pkg.scripts.start !== undefined) {
    return {
      refusal: `${path} depends on ${server.name}, a server, but its start script runs no file that AppFlux knows.`,
      hint: 'Let the script "start" run the server’s main file, as in "node dist/index.js". If a subfolder has a front end, set it as the root directory.',
      searchBelow: true,
    };
  }
  const why =
    compiles || bundles
      ? `the build script of ${path} runs ${listed(programs, 4)}`
      : `${path} offers types to other packages`;
  return {
    refusal: `This is a library or a program, not a site: ${why}, and the source has no page.`,
    hint: 'If the build creates a site, set outputs in the app or in appflux.json to its folder. If a subfolder has a site, set it as the root directory.',
    searchBelow: true,
    isLibrary: true,
  };
}

/** A package that others install beside a framework, by what it expects of them; null for anything else. */
export function pluginIn({ tree, folder, pkg }: PackagedFolder, dependency: string | null): Refusal | null {
  const isPeer = dependency !== null && pkg.peerDependencies[dependency] !== undefined;
  if (!isPeer || hasPages(tree, folder)) return null;
  return {
    refusal: `This is a package for projects of ${dependency}, not a site: ${joinPath(folder, 'package.json')} has ${dependency} in peerDependencies.`,
    hint: 'If a subfolder has a site, such as its documentation, set it as the root directory.',
    searchBelow: true,
    isLibrary: true,
  };
}

/** The programs that the build script runs, each once, without those that make nothing. */
function programsOf(scripts: Texts): string[] {
  const names = whatRuns(scripts, 'build')
    .split(/&&|\|\||[;|&\n]/)
    .flatMap((call) => programOf(scripts, call.trim()) ?? []);
  return [...new Set(names)].filter((name) => !ASIDE.has(name));
}

/** The program of one call; null where it is a script of package.json. */
function programOf(scripts: Texts, call: string): string | null {
  const words = call.split(/\s+/).filter((word) => word !== '');
  while (words.length > 0) {
    const word = (words.shift() ?? '').replace(/^["']|["']$/g, '');
    const name = word.slice(word.lastIndexOf('/') + 1);
    if (/^\w+=/.test(word) || WRAPPERS.has(name) || word.startsWith('-')) continue;
    if (name === 'bun' && words[0] === 'build') return 'bun';
    if (!MANAGERS.has(name)) return name === '' ? null : name;
    // `npm run x` and `yarn x` run a script, which is read on its own; without such a script, `yarn tsc` runs a program.
    const next = words[0] ?? '';
    if (next === 'run' || next === 'run-script' || scripts[next] !== undefined || name === 'npm') {
      if (next !== 'exec') return null;
    }
    if (next === 'exec' || next === 'dlx') words.shift();
  }
  return null;
}

/** Whether other packages can import or run what the build makes. */
const isOffered = (pkg: PackageJson): boolean => {
  const isBuilt = (file: string | null) =>
    /^(?:\.\/)?(?:dist|lib|build|out|es|esm|cjs|bin)\//.test(file ?? '');
  const named = isBuilt(pkg.main) || isBuilt(pkg.module) || isBuilt(pkg.types) || isBuilt(pkg.bin);
  return !pkg.private && (named || pkg.exports);
};

/** Whether a folder has a page of its own. */
function hasPages(tree: SourceTree, folder: string): boolean {
  const prefix = folder === '' ? '' : `${folder}/`;
  return tree
    .files()
    .some(
      (path) =>
        path.startsWith(prefix) && /\.html?$/i.test(path) && !OTHERS_PAGES.test(path.slice(prefix.length)),
    );
}
