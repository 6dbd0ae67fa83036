/** Which programs a build script runs, and what they make. */
import type { Texts } from '../../package-json.ts';
import { whatRuns } from '../script-calls.ts';

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
/** The programs that the build script runs, each once, without those that make nothing. */
export function programsOf(scripts: Texts): string[] {
  // npm runs the two around it by themselves.
  const names = ['prebuild', 'build', 'postbuild']
    .map((name) => whatRuns(scripts, name))
    .join('\n')
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

/** What builds the packages of a workspace, each by its own script. */
const RUNNERS: ReadonlySet<string> = new Set(['turbo', 'lerna', 'nx', 'preconstruct', 'wireit', 'ultra']);

/** Whether these programs only build the packages of a workspace. */
export const delegatesOnly = (programs: readonly string[]): boolean =>
  programs.some((name) => RUNNERS.has(name)) &&
  programs.every((name) => RUNNERS.has(name) || COMPILERS.has(name));

/** Whether these programs compile modules, and make no page. */
export const compilesOnly = (programs: readonly string[]): boolean =>
  programs.length > 0 && programs.every((name) => COMPILERS.has(name));

/** Whether these programs compile or bundle modules: a page may come of a bundler. */
export const bundlesOnly = (programs: readonly string[]): boolean =>
  programs.length > 0 && programs.every((name) => COMPILERS.has(name) || BUNDLERS.has(name));
