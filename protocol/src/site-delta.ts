/** How the index of a pack continues the manifest of its base. Both sides use this, so that they can't disagree. */
import { serverProblem } from './server-site.ts';
import {
  type DeploymentSite,
  MAX_SITE_FILES,
  MAX_SITE_PACKS,
  type SiteEntry,
  type SiteFile,
  type SiteIndex,
  type SiteManifest,
  siteEntry,
  siteFile,
} from './site.ts';
import { EMPTY_RULES } from './site-rules.ts';
import { printable } from './text.ts';

/** Where the edge stores a pack. */
export interface StoredPack {
  readonly key: string;
  /** Of the whole object. */
  readonly size: number;
  /** Where the index ends: offsets of the index count from here. */
  readonly blobsStart: number;
}

export type AppliedIndex =
  | {
      readonly outcome: 'ok';
      readonly manifest: SiteManifest;
      /** Whether a file is in the new pack; otherwise nothing points to it. */
      readonly usesPack: boolean;
      readonly figures: Omit<DeploymentSite, 'kind'>;
    }
  | { readonly outcome: 'invalid'; readonly message: string };

/** Ends `applySiteIndex` with a message; never leaves this file. */
class Contradiction extends Error {}

/**
 * Takes the base's manifest, the index of a pack that continues it, where that pack is stored, and the deployment that
 * is published. Returns the manifest of the publication, with the packs that it uses and no others. An index that
 * contradicts its base, its pack or itself is invalid: it comes from a runner.
 */
export function applySiteIndex(
  base: SiteManifest | null,
  index: SiteIndex,
  pack: StoredPack,
  deploymentId: string,
): AppliedIndex {
  try {
    if ((base === null) !== (index.base === null) || base?.deploymentId !== index.base?.deploymentId)
      throw new Contradiction('The index continues another base');
    const before = new Map(base?.files.map((entry) => [entry[0], siteFile(entry)]));
    const newPack = base?.packs.length ?? 0;
    const files = changedFiles(before, index, newPack, pack);
    const problem = serverProblem(index.server, files);
    if (problem !== null) throw new Contradiction(problem);
    const { packs, entries } = withUsedPacks(
      [...(base?.packs ?? []), { key: pack.key, size: pack.size }],
      files,
    );
    const manifest: SiteManifest = {
      version: 1,
      kind: index.kind,
      deploymentId,
      packs,
      files: entries,
      rules: index.rules ?? base?.rules ?? EMPTY_RULES,
      ...(index.meta !== undefined && { meta: index.meta }),
      ...(index.server !== undefined && { server: index.server }),
    };
    const usesPack = files.some((file) => file.pack === newPack);
    return { outcome: 'ok', manifest, usesPack, figures: figuresOf(before, files) };
  } catch (error) {
    if (error instanceof Contradiction) return { outcome: 'invalid', message: error.message };
    throw error;
  }
}

/** The files of the publication, sorted by path. */
function changedFiles(
  before: ReadonlyMap<string, SiteFile>,
  index: SiteIndex,
  newPack: number,
  pack: StoredPack,
): SiteFile[] {
  const files = new Map(before);
  const seen = new Set<string>();
  const once = (path: string) => {
    if (seen.has(path)) throw new Contradiction(`The index names ${shown(path)} twice`);
    seen.add(path);
  };
  for (const path of index.remove) {
    once(path);
    if (!files.delete(path)) throw new Contradiction(`The base has no ${shown(path)} to remove`);
  }
  const added = new Map<string, SiteFile>();
  for (const addition of index.add) {
    once(addition.path);
    assertInside(addition, pack);
    const { offset, br } = addition;
    added.set(addition.path, {
      ...addition,
      pack: newPack,
      offset: pack.blobsStart + offset,
      br: br && { offset: pack.blobsStart + br.offset, length: br.length },
    });
  }
  for (const [path, file] of added) files.set(path, file);
  for (const { path, from } of index.copy) {
    once(path);
    const source = added.get(from) ?? before.get(from);
    if (source === undefined) throw new Contradiction(`There is no ${shown(from)} to copy`);
    files.set(path, { ...source, path });
  }
  if (files.size > MAX_SITE_FILES) throw new Contradiction(`A site has ${MAX_SITE_FILES} files at most`);
  assertNoFileIsFolder(files);
  return [...files.values()].sort(({ path: a }, { path: b }) => (a < b ? -1 : 1));
}

const shown = (path: string): string => `"${printable(path)}"`;

/** Contents lie within the pack, and what is stored as it is has its own size. */
function assertInside(
  { path, size, offset, length, method, br }: SiteIndex['add'][number],
  { size: packSize, blobsStart }: StoredPack,
): void {
  const room = packSize - blobsStart;
  const fits = offset + length <= room && (br === null || br.offset + br.length <= room);
  const isPlausible = (method === 'stored' ? length === size : length > 0) && br?.length !== 0;
  if (!fits || !isPlausible) throw new Contradiction(`The content of ${shown(path)} is not in the pack`);
}

/** `a` and `a/b` can't both be files: their ZIP could not be unpacked. */
function assertNoFileIsFolder(files: ReadonlyMap<string, unknown>): void {
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (files.has(folder)) throw new Contradiction(`${shown(folder)} is both a file and a folder`);
    }
  }
}

/** Leaves out packs that no file is in, and renumbers the others. */
function withUsedPacks(
  packs: SiteManifest['packs'],
  files: readonly SiteFile[],
): { packs: SiteManifest['packs']; entries: SiteEntry[] } {
  const used = [...new Set(files.map(({ pack }) => pack))].sort((a, b) => a - b);
  if (used.length > MAX_SITE_PACKS)
    throw new Contradiction(`The files of a site are in ${MAX_SITE_PACKS} packs at most`);
  const renumbered = new Map(used.map((pack, at) => [pack, at]));
  return {
    packs: used.flatMap((pack) => packs[pack] ?? []),
    entries: files.map((file) => siteEntry({ ...file, pack: renumbered.get(file.pack) ?? 0 })),
  };
}

/** Counts a publication. A content that the base has is not new, even if it is stored again. */
function figuresOf(
  before: ReadonlyMap<string, SiteFile>,
  files: readonly SiteFile[],
): Omit<DeploymentSite, 'kind'> {
  const known = new Set([...before.values()].map(({ sha256 }) => sha256));
  const fresh = files.filter(({ sha256 }) => !known.has(sha256));
  const contents = new Map(fresh.map(({ sha256, size }) => [sha256, size]));
  return {
    files: files.length,
    bytes: sum(files.map(({ size }) => size)),
    newFiles: fresh.length,
    newBytes: sum([...contents.values()]),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
