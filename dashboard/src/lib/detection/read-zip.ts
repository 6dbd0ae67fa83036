/** Detection in the browser, before a ZIP is uploaded: from its file list and the few files that detection reads. */
import { type Candidates, findCandidates, type NodeKind, SourceTree, wantedText } from '@appflux/detection';
import { BlobReader, type Entry, TextWriter, ZipReader } from '@zip.js/zip.js';
import { plainFolder } from './candidate.ts';

/** Bounds the work for large archives, so that the page stays responsive. */
const MAX_ENTRIES = 20_000;
const MAX_TEXTS = 300;
const MAX_DEPTH = 6;
/** Dependencies, and what macOS adds to archives. */
const SKIPPED = /(?:^|\/)(?:(?:node_modules|\.git|__MACOSX|\.DS_Store)(?:\/|$)|\._[^/]*$)/;

/**
 * The ways in which the project in a ZIP could be built, from its root directory.
 * @param servers whether the instance runs servers of sites
 * @throws {Error} if the file is not a ZIP, or has paths that leave it: a build would reject it, too.
 */
export async function candidatesOfZip(
  file: Blob,
  rootDirectory: string,
  servers = false,
): Promise<Candidates> {
  // zip.js starts workers from blob URLs, which the page's Content Security Policy blocks.
  const reader = new ZipReader(new BlobReader(file), { useWebWorkers: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of reader.getEntriesGenerator()) {
      if (!SKIPPED.test(entry.filename)) entries.push(entry);
      if (entries.length >= MAX_ENTRIES) break;
    }
    const base = plainFolder(rootDirectory);
    return await findCandidates(await treeOf(entries, base), servers);
  } finally {
    await reader.close();
  }
}

/** The file tree without a single top-level folder, unless the root directory names it: as a build unpacks it. */
async function treeOf(entries: readonly Entry[], base: string): Promise<SourceTree> {
  const [first = ''] = plainFolder(entries[0]?.filename ?? '').split('/');
  const isWrapped =
    first !== '' &&
    base.split('/')[0] !== first &&
    entries.every(({ filename, directory }) => {
      const path = plainFolder(filename);
      return path.startsWith(`${first}/`) || (directory && path === first);
    });
  const kinds = new Map<string, NodeKind>();
  const texts = new Map<string, string>();
  for (const entry of entries) {
    const path = plainFolder(isWrapped ? plainFolder(entry.filename).slice(first.length) : entry.filename);
    const parts = path.split('/');
    if (path === '' || parts.length > MAX_DEPTH + base.split('/').length) continue;
    for (const depth of parts.keys()) if (depth > 0) kinds.set(parts.slice(0, depth).join('/'), 'folder');
    kinds.set(path, entry.directory ? 'folder' : 'file');
    const wanted = entry.directory || entry.encrypted ? null : wantedText(path);
    if (
      entry.directory ||
      wanted === null ||
      entry.uncompressedSize > wanted.maxBytes ||
      texts.size >= MAX_TEXTS
    )
      continue;
    texts.set(path, await entry.getData(new TextWriter()));
  }
  return new SourceTree(kinds, texts, base);
}
