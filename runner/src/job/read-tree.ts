/** Lists a source tree for detection, and reads the few files that it wants. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { joinPath, type NodeKind, SourceTree, wantedText } from '@appflux/detection';
import { readText } from '../read-text.ts';

/** Bounds for what is listed and read: a project shows what it is near its top. */
const MAX_DEPTH = 6;
export const MAX_ENTRIES = 50_000;
export const MAX_TEXTS = 2_000;
/** In UTF-16 units, over all texts: they are in memory together. */
export const MAX_TEXT_LENGTH = 64 * 1024 * 1024;

/** Folders of dependencies, or that a build recreates. */
export const SKIPPED: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.next',
  '.nuxt',
  '.svelte-kit',
  '.turbo',
  '.cache',
  '.gradle',
  '.dart_tool',
  'Pods',
  'DerivedData',
]);

/**
 * A listing of `top` as seen from `base` in it. Links are left out, and with them whatever they lead to.
 * @throws {JobFailure} `source_invalid` if a package.json or appflux.json is larger than anybody writes one.
 */
export async function readTree(top: string, base: string, signal: AbortSignal): Promise<SourceTree> {
  const kinds = new Map<string, NodeKind>();
  const texts = new Map<string, string>();
  // Breadth first: when there is too much, what lies deep is missing.
  const folders = [''];
  for (
    let folder = folders.shift();
    folder !== undefined && kinds.size < MAX_ENTRIES;
    folder = folders.shift()
  ) {
    signal.throwIfAborted();
    const entries = await readdir(join(top, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_ENTRIES)) {
      // A name that is not UTF-8 comes out of readdir as another, which cannot be opened.
      if (entry.name.includes('\u{FFFD}')) continue;
      const path = joinPath(folder, entry.name);
      if (entry.isFile()) kinds.set(path, 'file');
      if (!entry.isDirectory()) continue;
      kinds.set(path, 'folder');
      if (!SKIPPED.has(entry.name) && isNear(path, base)) folders.push(path);
    }
  }
  let length = 0;
  for (const [path, kind] of kinds) {
    const wanted = kind === 'file' ? wantedText(path) : null;
    if (wanted === null) continue;
    const text = await readText(join(top, path), { ...wanted, name: path });
    if (text === null) continue;
    texts.set(path, text);
    length += text.length;
    if (texts.size >= MAX_TEXTS || length >= MAX_TEXT_LENGTH) break;
  }
  return new SourceTree(kinds, texts, base);
}

/** Whether a folder is on the way to the root directory, or not far below it or the top. */
export function isNear(path: string, base: string): boolean {
  const depth = path.split('/').length;
  const below = path.startsWith(`${base}/`) ? depth - base.split('/').length : depth;
  return below < MAX_DEPTH || base === path || base.startsWith(`${path}/`);
}
