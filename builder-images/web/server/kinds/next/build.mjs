/**
 * Runs the build of @opennextjs/cloudflare after `next build`, without its command line, which needs packages that this
 * image leaves out. Its argument is JSON: `root` of the project, `config` the open-next.config, `packages` a folder for
 * what a config imports and the project has not installed, and `wrangler`, what OpenNext reads of wrangler's configuration.
 */
import process from 'node:process';
import { build as bundle } from 'esbuild';
import { build } from '../../node_modules/@opennextjs/cloudflare/dist/cli/build/build.js';
import {
  compileConfig,
  getNormalizedOptions,
} from '../../node_modules/@opennextjs/cloudflare/dist/cli/commands/utils/utils.js';

const { root, config: file, packages, wrangler } = JSON.parse(process.argv[2]);

// OpenNext leaves imports by path to Node, which finds neither TypeScript without types nor packages of this image.
const bundled = file.replace(/\.mjs$/, '.bundled.mjs');
await bundle({
  entryPoints: [file],
  outfile: bundled,
  bundle: true,
  format: 'esm',
  platform: 'browser',
  conditions: ['worker', 'browser'],
  external: ['node:*', 'cloudflare:*'],
  nodePaths: [packages],
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'error',
});
const { config, buildDir } = await compileConfig(bundled);
const project = { skipNextBuild: true, minify: true, sourceDir: root };
// Versions of Next.js that its makers no longer maintain are built too: the log has OpenNext's warning.
await build(getNormalizedOptions(config, buildDir), config, project, wrangler, true);
