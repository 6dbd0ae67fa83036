/**
 * Decides what of a site is sent: how its files differ from an earlier publication. Pure. The counterpart is
 * `applySiteIndex` of the protocol.
 */
import { MAX_SITE_PACKS, type SiteFile, type SiteManifest, siteFile } from '@appflux/protocol';

/** A file to publish, by its content. */
export interface SiteContent {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export interface SiteDelta {
  /** Paths whose contents go into the new pack, in order. Each content is there once. */
  readonly add: readonly string[];
  readonly copy: readonly { readonly path: string; readonly from: string }[];
  readonly remove: readonly string[];
  /** Files whose content the base doesn't have. */
  readonly newFiles: number;
  /** Their contents, equal ones counted once. */
  readonly newBytes: number;
}

/**
 * Takes the manifest of the base (null for none) and the files to publish. Contents that the base has aren't sent
 * again, unless their pack is poorly used (see `packsToLeave`).
 */
export function siteDelta(base: SiteManifest | null, files: readonly SiteContent[]): SiteDelta {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const stored = new StoredContents(base, sorted);
  const add = additions(stored, sorted);
  const added = new Map(sorted.flatMap((file) => (add.has(file.path) ? [[keyOf(file), file.path]] : [])));
  const copy = sorted.flatMap((file) => {
    if (add.has(file.path) || stored.isUnchanged(file)) return [];
    const from = added.get(keyOf(file)) ?? stored.pathOf(file, add);
    return from === undefined ? [] : [{ path: file.path, from }];
  });
  const paths = new Set(sorted.map(({ path }) => path));
  const remove = stored.paths.filter((path) => !paths.has(path));
  const fresh = sorted.filter((file) => !stored.hasEver(file));
  const contents = new Map(fresh.map((file) => [keyOf(file), file.size]));
  return {
    add: [...add],
    copy,
    remove,
    newFiles: fresh.length,
    newBytes: sum(contents.values()),
  };
}

/**
 * The paths whose contents are sent: the first of each content that can't be used from the base. A content may be in
 * the base under paths that are sent with another content only, from where it can't be copied; then it is sent, too.
 */
function additions(stored: StoredContents, files: readonly SiteContent[]): Set<string> {
  const add = new Set<string>();
  for (let before = -1; before < add.size; ) {
    before = add.size;
    const sent = new Set(files.flatMap((file) => (add.has(file.path) ? [keyOf(file)] : [])));
    for (const file of files) {
      const key = keyOf(file);
      if (sent.has(key) || stored.isUnchanged(file) || stored.pathOf(file, add) !== undefined) continue;
      add.add(file.path);
      sent.add(key);
    }
  }
  return new Set([...add].sort());
}

const keyOf = ({ sha256, size }: { readonly sha256: string; readonly size: number }): string =>
  `${sha256} ${size}`;

/** The contents of the base, and which of them are used. */
class StoredContents {
  readonly paths: readonly string[];
  readonly #all: ReadonlyMap<string, SiteFile>;
  /** By content, without those of packs to leave. */
  readonly #kept = new Map<string, SiteFile[]>();
  readonly #ever = new Set<string>();
  readonly #leave: ReadonlySet<number>;

  constructor(base: SiteManifest | null, files: readonly SiteContent[]) {
    const all = (base?.files ?? []).map(siteFile);
    this.paths = all.map(({ path }) => path);
    this.#all = new Map(all.map((file) => [file.path, file]));
    // A site that an earlier version published has no digests: nothing tells that a content is the same.
    const known = all.filter(({ sha256 }) => sha256 !== '');
    const wanted = new Set(files.map(keyOf));
    const leave = packsToLeave(
      (base?.packs ?? []).map(({ size }) => size),
      known.filter((file) => wanted.has(keyOf(file))),
      sum(new Map(files.map((file) => [keyOf(file), file.size])).values()),
    );
    for (const file of known) {
      const key = keyOf(file);
      this.#ever.add(key);
      if (leave.has(file.pack)) continue;
      const same = this.#kept.get(key);
      if (same === undefined) this.#kept.set(key, [file]);
      else same.push(file);
    }
    this.#leave = leave;
  }

  /** Whether the base has this content, in whichever pack. */
  hasEver(file: SiteContent): boolean {
    return this.#ever.has(keyOf(file));
  }

  /** Whether the base has this content at this path, in a pack that is kept. */
  isUnchanged(file: SiteContent): boolean {
    const before = this.#all.get(file.path);
    return before !== undefined && keyOf(before) === keyOf(file) && !this.#leave.has(before.pack);
  }

  /** A path of the base with this content, none of `except`. */
  pathOf(file: SiteContent, except: ReadonlySet<string>): string | undefined {
    return this.#kept.get(keyOf(file))?.find(({ path }) => !except.has(path))?.path;
  }
}

/** The packs of a site may be this many times as large as its files, before compression. */
const MAX_WASTE = 4;
/** Waste below this isn't worth sending anything again. */
const SMALL_BYTES = 1024 * 1024;

/**
 * The packs of the base to leave: the files that are still used are stored again, so that the pack can be deleted once
 * no other publication uses it. Takes the sizes of the base's packs, the files of the base whose contents the site has,
 * and the size of all contents of the site. Leaves a pack
 * - that no file uses;
 * - if the packs would be too many: those with the least in use, until half as many are left, so that this is rare;
 * - if the packs would be more than MAX_WASTE times as large as the site: those of which the smallest share is in use.
 *   A publication that changes files without making the site smaller never gets there in one step.
 */
export function packsToLeave(
  packs: readonly number[],
  used: readonly SiteFile[],
  siteBytes: number,
): ReadonlySet<number> {
  const bytes = usedBytes(used);
  const inUse = packs.map((size, pack) => ({ pack, size, used: bytes.get(pack) ?? 0 }));
  const leave = new Set(inUse.filter(({ pack }) => !bytes.has(pack)).map(({ pack }) => pack));
  const kept = () => inUse.filter(({ pack }) => !leave.has(pack));
  if (kept().length >= MAX_SITE_PACKS) {
    const byUse = kept().sort((a, b) => b.used - a.used || a.pack - b.pack);
    for (const { pack } of byUse.slice(MAX_SITE_PACKS / 2)) leave.add(pack);
  }
  const byShare = kept().sort((a, b) => a.used / a.size - b.used / b.size || a.pack - b.pack);
  const limit = Math.max(SMALL_BYTES, MAX_WASTE * siteBytes);
  for (const { pack } of byShare) {
    if (sum(kept().map(({ size }) => size)) <= limit) break;
    leave.add(pack);
  }
  return leave;
}

/** Bytes in use per pack, each stored content counted once. */
function usedBytes(files: readonly SiteFile[]): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  const seen = new Set<string>();
  for (const { pack, offset, length, br } of files) {
    const key = `${pack} ${offset}`;
    const size = seen.has(key) ? 0 : length + (br?.length ?? 0);
    seen.add(key);
    bytes.set(pack, (bytes.get(pack) ?? 0) + size);
  }
  return bytes;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
