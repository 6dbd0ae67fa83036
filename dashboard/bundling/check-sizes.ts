/** Weighs the pages of a build, and fails it if one is over its budget. */
import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';
import { overBudget, sizeTable } from './budgets.ts';
import { isStart, NODE } from './entries.ts';
import { type Chunks, type RouteNode, routeSizes, withImports } from './route-sizes.ts';

type Bundle = Rolldown.OutputBundle;

const ROUTE_FILE = /^(?<folder>.*)\+(?<kind>page|layout)(?:@.*)?\.svelte$/;

/** How many modules of a page are listed. */
const LISTED = 15;

/**
 * Prints how much JavaScript each page loads, and throws if one is over its budget.
 * @param routes the folder of the routes
 * @param details also lists the largest modules of each page
 */
export function checkSizes(routes: string, details: boolean): Plugin {
  return {
    name: 'appflux-check-sizes',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',
    writeBundle(_options, bundle) {
      const nodes = nodesOf(bundle, routes, (id) => this.getModuleInfo(id)?.importedIds ?? []);
      // The service worker is a bundle of its own, without pages.
      if (nodes.pages.length === 0) return;
      const sizes = routeSizes(chunksOf(bundle), startOf(bundle), nodes.pages, nodes.layouts);
      this.info(sizeTable(sizes));
      if (details) this.info(largestModules(bundle, startOf(bundle), nodes.pages));
      const over = overBudget(sizes);
      if (over.length === 0) return;
      this.error(
        `${over.map(({ route }) => route).join(', ')}: more JavaScript than the budget allows. ` +
          'Import what a page needs later with import(). "npm run bundle-sizes" lists the largest modules.',
      );
    },
  };
}

/** The chunks of a bundle with their compressed sizes. */
function chunksOf(bundle: Bundle): Chunks {
  return Object.fromEntries(
    Object.values(bundle)
      .filter((output) => output.type === 'chunk')
      .map(({ fileName, code, imports }) => [fileName, { size: gzipSync(code).length, imports }]),
  );
}

/** The chunks that every page loads. */
function startOf(bundle: Bundle): string[] {
  return Object.values(bundle)
    .filter((output) => output.type === 'chunk')
    .filter(({ facadeModuleId }) => isStart(facadeModuleId ?? ''))
    .map(({ fileName }) => fileName);
}

/** The chunks of pages and layouts. SvelteKit generates a module for each that exports its component. */
function nodesOf(bundle: Bundle, routes: string, importsOf: (id: string) => readonly string[]) {
  const pages: RouteNode[] = [];
  const layouts: RouteNode[] = [];
  for (const output of Object.values(bundle)) {
    if (output.type !== 'chunk' || output.facadeModuleId === null || !NODE.test(output.facadeModuleId))
      continue;
    for (const id of importsOf(output.facadeModuleId)) {
      const { folder, kind } = ROUTE_FILE.exec(relative(routes, id))?.groups ?? {};
      if (folder === undefined) continue;
      const node = { route: `/${folder.replace(/\/$/, '')}`, file: output.fileName };
      (kind === 'page' ? pages : layouts).push(node);
    }
  }
  return { pages, layouts };
}

/** The largest modules that all pages load, and of each page the largest that it adds; in bytes before minification. */
function largestModules(bundle: Bundle, start: readonly string[], pages: readonly RouteNode[]): string {
  const chunks = chunksOf(bundle);
  const common = withImports(chunks, start);
  const added = pages.map(({ route, file }) => {
    const files = withImports(chunks, [file]).filter((name) => !common.includes(name));
    return [route, ...modulesOf(bundle, files)];
  });
  return [['Every page', ...modulesOf(bundle, common)], ...added]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The largest modules of some chunks, one a line. */
function modulesOf(bundle: Bundle, files: readonly string[]): string[] {
  return files
    .flatMap((file) => {
      const chunk = bundle[file];
      return chunk?.type === 'chunk' ? Object.entries(chunk.modules) : [];
    })
    .sort(([, a], [, b]) => b.renderedLength - a.renderedLength)
    .slice(0, LISTED)
    .map(
      ([id, { renderedLength }]) => `${String(renderedLength).padStart(8)}  ${relative(process.cwd(), id)}`,
    );
}
