/** Builds the program of the package `appflux`, for Node 20 and later and without dependencies, in cli/dist. */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { bundledLicenses } from './licenses.ts';

/** The folder of the workspace. */
const CLI = join(import.meta.dirname, '..');

/** The oldest Node that runs the package. */
const OLDEST_NODE = manifest.engines.node.replace('>=', '');

/** Builds the program into a folder. Throws esbuild's BuildFailure. */
export async function buildCli(into = join(CLI, 'dist')): Promise<void> {
  await rm(into, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: CLI,
    entryPoints: { cli: 'src/cli.ts' },
    outdir: into,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Commands that need much, such as the MCP server, are loaded when they run.
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The other form of some packages asks for its files in a way that no bundler sees.
    mainFields: ['module', 'main'],
    target: `node${OLDEST_NODE}`,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    // Packages in CommonJS call `require` for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  await writeFile(join(into, 'LICENSES.txt'), await bundledLicenses(Object.keys(metafile.inputs), CLI));
  await cp(join(CLI, '..', 'LICENSE'), join(into, 'LICENSE'));
}

if (import.meta.main) await buildCli();
