/** How much JavaScript a page loads, from the chunks of a build. */

/** What matters of a chunk of the bundle. */
export interface Chunk {
  /** Its size as sent, compressed, in bytes. */
  readonly size: number;
  /** The chunks that load with it. */
  readonly imports: readonly string[];
}

/** The chunks of a build by their file names. */
export type Chunks = Readonly<Record<string, Chunk>>;

/** A page or layout: its route, such as `/apps/[slug]`, and the file name of its chunk. */
export interface RouteNode {
  readonly route: string;
  readonly file: string;
}

export interface RouteSize {
  readonly route: string;
  /** Of all chunks that the page loads, compressed, in bytes. */
  readonly size: number;
}

/**
 * What each page loads before it is complete: the start of the app, the layouts above it and its own chunk, with all
 * static imports. What a page imports later, on an action, doesn't count. The largest page comes first.
 * @param start the chunks that every page loads
 */
export function routeSizes(
  chunks: Chunks,
  start: readonly string[],
  pages: readonly RouteNode[],
  layouts: readonly RouteNode[],
): RouteSize[] {
  return pages
    .map(({ route, file }) => {
      const above = layouts.filter((layout) => isWithin(route, layout.route)).map((layout) => layout.file);
      const loaded = withImports(chunks, [...start, ...above, file]);
      return { route, size: loaded.reduce((sum, name) => sum + sizeOf(chunks, name), 0) };
    })
    .sort((a, b) => b.size - a.size || a.route.localeCompare(b.route));
}

/** Whether a route is below a layout's: `/apps/[slug]` is below `/apps`, and everything below `/`. */
function isWithin(route: string, layout: string): boolean {
  return layout === '/' || route === layout || route.startsWith(`${layout}/`);
}

/** The chunks with everything that they import statically, each once. */
export function withImports(chunks: Chunks, files: readonly string[]): string[] {
  const loaded = new Set<string>();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    waiting.push(...(chunks[file]?.imports ?? []));
  }
  return [...loaded];
}

function sizeOf(chunks: Chunks, file: string): number {
  const chunk = chunks[file];
  if (chunk === undefined) throw new Error(`The bundle has no chunk ${file}.`);
  return chunk.size;
}
