/** Hono without a wrangler configuration: an app that a module exports, or that a server of Node runs. */
import { joinPath } from '../../../tree.ts';
import type { Refusal } from '../../rule.ts';
import type { PackagedFolder } from '../packaged-site.ts';
import { Config } from '../site.ts';
import { cannotRun, onlyOn } from './refused.ts';
import { exportsDefault, listens, otherRuntime, programText } from './source.ts';
import { startedProgram, usualProgram } from './start-script.ts';
import type { ServerProgram } from './with-server.ts';

const CONFIGS = ['vite.config.ts', 'vite.config.js', 'vite.config.mts', 'vite.config.mjs'];

/** https://hono.dev/docs/getting-started/basic: `export default app` on every runtime but Node. */
export function honoSite(place: PackagedFolder): ServerProgram | Refusal | null {
  const { tree, folder, pkg } = place;
  if (pkg.dependencies.hono === undefined && pkg.devDependencies.hono === undefined) return null;
  const built = builtByVite(place);
  if (built !== null) return built;
  const started = startedProgram(tree, folder, pkg);
  const file = started?.source ?? usualProgram(tree, folder, pkg);
  const text = programText(tree, folder, file);
  const runtime = otherRuntime(text);
  if (runtime !== null) return onlyOn(runtime, 'Hono');
  if (exportsDefault(text) && !listens(text)) {
    return {
      kind: 'worker',
      entry: file,
      framework: 'hono',
      what: `This is a Hono server: ${file} exports the app`,
    };
  }
  const entry = started?.entry ?? (listens(text) ? file : null);
  if (entry !== null && (listens(text) || '@hono/node-server' in pkg.dependencies)) {
    const what = `This is a Hono server: ${started?.by ?? 'Node'} runs ${entry}`;
    return cannotRun(pkg, text) ?? { kind: 'node', entry, framework: 'hono', what };
  }
  return null;
}

/** https://github.com/honojs/vite-plugins/tree/main/packages/build, which HonoX uses, too. */
export function builtByVite({ tree, folder }: PackagedFolder): ServerProgram | Refusal | null {
  const path = tree.firstFile(folder, CONFIGS);
  const config = new Config(path, path === null ? '' : (tree.text(path) ?? ''));
  const target = [
    'cloudflare-pages',
    'cloudflare-workers',
    'node',
    'bun',
    'deno',
    'vercel',
    'netlify-functions',
  ].find((name) => config.mentions(`@hono/vite-build/${name}`));
  if (target === undefined || path === null) return null;
  const what = `This is a Hono server, which ${joinPath(path)} builds for ${target}`;
  if (target === 'node') return { kind: 'node', entry: 'dist/index.js', framework: 'hono', what };
  if (!target.startsWith('cloudflare')) {
    return {
      refusal: `${what}. AppFlux can’t run what is built for ${target}.`,
      hint: 'Import @hono/vite-build/cloudflare-workers instead, and deploy again.',
    };
  }
  const entry = target === 'cloudflare-pages' ? 'dist/_worker.js' : 'dist/index.js';
  return { kind: 'worker', entry, framework: 'hono', what };
}
