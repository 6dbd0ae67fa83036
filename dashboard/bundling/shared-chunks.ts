/**
 * Puts modules that many pages share into a few chunks. The bundler makes a chunk for each set of pages that share
 * modules: 80 for a page. Compressed each for itself, they are a seventh larger than together.
 */
import type { Plugin, Rolldown } from 'vite';
import { isStart, NODE } from './entries.ts';
import { type Chunks, withImports } from './route-sizes.ts';

/** Modules that this share of the pages use are loaded by all pages. */
const SHARE_OF_PAGES = 0.5;

/**
 * Modules that export far more than most pages use, and those that these import. The bundler knows which parts of them a
 * page uses; the import of the module doesn't show it. So they and all behind them stay where it puts them.
 */
const BARRELS = [
  /^\0appflux-protocol/,
  /\/protocol\/src\//,
  /\/zod\//,
  /\/src\/lib\/api\/(?:light|trusted)-\w+\.ts$/,
];

/** The chunk of SvelteKit's list of all chunks. If it were part of another one, each build would change that one's name. */
const MANIFEST = /\/app-manifest\.js$/;

/**
 * What SvelteKit's first script imports before it has set the payload of the page, with the version of the dashboard. The
 * rest of SvelteKit reads the payload when it is loaded. So this must not bring the rest along.
 */
const BEFORE_PAYLOAD = [/\/runtime\/client\/payload\.js$/, /\bvite\/preload-helper/];

/** What matters of a module: its id, and the ids of those that it imports statically. */
export type ImportsOf = (id: string) => readonly string[];

/** The chunk of each module that many pages share, by the module's id. */
export function chunksOfShared(
  start: readonly string[],
  pages: readonly string[],
  importsOf: ImportsOf,
): ReadonlyMap<string, string> {
  const entries = new Set([...start, ...pages]);
  const always = reached(start, importsOf);
  const users = new Map<string, number>();
  for (const page of pages) {
    for (const id of reached([page], importsOf)) users.set(id, (users.get(id) ?? 0) + 1);
  }
  const often = [...users].filter(([, count]) => count >= pages.length * SHARE_OF_PAGES).map(([id]) => id);
  const shared = [...new Set([...always, ...often])].filter((id) => !entries.has(id));
  // Libraries change less often than the dashboard: browsers keep them over its updates.
  return new Map(shared.map((id) => [id, id.includes('/node_modules/') ? 'libraries' : 'shared']));
}

/** Some modules and all that they import, up to modules that export more than is used. */
function reached(from: readonly string[], importsOf: ImportsOf): Set<string> {
  const seen = new Set<string>();
  const waiting = [...from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (
      seen.has(id) ||
      MANIFEST.test(id) ||
      [...BARRELS, ...BEFORE_PAYLOAD].some((pattern) => pattern.test(id))
    )
      continue;
    seen.add(id);
    waiting.push(...importsOf(id));
  }
  return seen;
}

/** The static imports of each chunk. */
const importsIn = (bundle: Rolldown.OutputBundle): Chunks =>
  Object.fromEntries(
    Object.values(bundle).flatMap((output) =>
      output.type === 'chunk' ? [[output.fileName, { size: 0, imports: output.imports }]] : [],
    ),
  );

/** Puts the modules of the browser's build into the chunks of `chunksOfShared`. */
export function sharedChunks(): Plugin {
  let chunks: ReadonlyMap<string, string> = new Map();
  return {
    name: 'appflux-shared-chunks',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',
    // A page's own chunk may export to other chunks, too: the bundler requires that of chunks that are chosen.
    options: (options) => ({ ...options, preserveEntrySignatures: 'allow-extension' }),
    buildEnd() {
      const entries = [...this.getModuleIds()].filter((id) => this.getModuleInfo(id)?.isEntry);
      const start = entries.filter(isStart);
      const pages = entries.filter((id) => NODE.test(id) && !isStart(id));
      chunks = chunksOfShared(start, pages, (id) => this.getModuleInfo(id)?.importedIds ?? []);
    },
    generateBundle(_options, bundle) {
      const first = Object.values(bundle).find(
        (output) => output.type === 'chunk' && output.isEntry && output.name === 'entry/start',
      );
      if (first?.type !== 'chunk') return;
      const early = withImports(importsIn(bundle), [first.fileName]);
      const shared = early.filter((file) => {
        const chunk = bundle[file];
        return chunk?.type === 'chunk' && chunk.moduleIds.some((id) => chunks.has(id));
      });
      if (shared.length > 0)
        this.error(`SvelteKit’s first script loads ${shared.join(', ')} before it has set the payload.`);
    },
    outputOptions: ({ codeSplitting, ...others }) => ({
      ...others,
      codeSplitting: {
        groups: [
          ...(typeof codeSplitting === 'object' ? (codeSplitting.groups ?? []) : []),
          { name: (id) => chunks.get(id) ?? null, includeDependenciesRecursively: false },
        ],
      },
    }),
  };
}
