/**
 * The program of a local runner, bundled. From its sources, Node loads 1,400 files, which takes twice the time and a third
 * more memory.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { fingerprint, readInput, readTree } from './fingerprint.ts';
import { keptBuild } from './kept-builds.ts';
import { messageOf, StackProblem } from './problem.ts';

/** The parts of the checkout that it consists of, beside packages. */
const PARTS = ['protocol', 'detection', 'runner'];

const MAIN = 'runner.mjs';

/**
 * Bundles the runner of the checkout `root` into a folder of `into`, as `keptBuild` does.
 * @returns the program's path. With Node's `--enable-source-maps`, errors name places in the sources
 * @throws StackProblem `runner_failed` with the bundler's output
 */
export async function bundleRunner(root: string, into: string): Promise<string> {
  const trees = await Promise.all(PARTS.map((part) => readTree(join(root, part, 'src'), `${part}/src`)));
  const files = ['package-lock.json', ...PARTS.map((part) => join(part, 'package.json'))];
  const inputs = await Promise.all(files.map((file) => readInput(join(root, file), file)));
  // Places in the checkout are part of it.
  const hash = fingerprint([...trees.flat(), ...inputs], `${process.version} ${root}`);
  const folder = await keptBuild(into, hash, MAIN, (made) => bundle(root, made));
  return join(folder, MAIN);
}

async function bundle(root: string, into: string): Promise<void> {
  try {
    await build({
      absWorkingDir: root,
      entryPoints: { runner: join('runner', 'src', 'commands', 'cli.ts') },
      outdir: into,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // What is imported when it is needed stays apart.
      splitting: true,
      format: 'esm',
      platform: 'node',
      // The other form of some packages asks for its files in a way that no bundler sees.
      mainFields: ['module', 'main'],
      target: `node${process.versions.node}`,
      // What is read of the file stays in memory. Names are in messages, and in the stacks of errors.
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: 'linked',
      sourcesContent: false,
      legalComments: 'none',
      // Programs for this machine that some packages do without.
      external: ['*.node', 'cpu-features'],
      plugins: [inPlace],
      // Packages in CommonJS call `require` for Node's own modules.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      logLevel: 'silent',
    });
  } catch (error) {
    throw new StackProblem(
      'runner_failed',
      `The runner could not be bundled (${messageOf(error)})`,
      'fix the errors of the bundler',
    );
  }
}

/** Modules that ask where they are get the answer of the checkout, where what they look for is. */
const inPlace: Plugin = {
  name: 'in-place',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|c?js)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (path.endsWith('.ts')) return { contents: withPlace(source, path), loader: 'ts' };
      if (!/\b__(?:dirname|filename)\b/.test(source) || /^\s*(?:import|export)\b/m.test(source)) return null;
      const place = { __dirname: dirname(path), __filename: path };
      // In the first line, so that the map's lines stay right.
      const known = Object.entries(place).map(([name, value]) => `var ${name} = ${JSON.stringify(value)};`);
      return { contents: `${known.join(' ')} ${source}`, loader: 'js' };
    });
  },
};

const withPlace = (source: string, path: string): string =>
  source
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
