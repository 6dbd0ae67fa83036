/** Compares the files of two sites. Pure. */
import {
  isReservedPath,
  MAX_COMPARED_FILES,
  type SiteComparison,
  type SiteFileChange,
} from '@appflux/protocol';
import { withoutHash } from '../serve/hashed-name.ts';

/** A file of a site. `sha256` is '' where it is unknown: then checksum and size decide. */
export interface ComparedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly crc32: number;
}

/**
 * How `after` differs from `before`. A file that has another name only because of the hash in it counts as changed, if
 * there is just one of that name before and after. The modules of a server are not files of its site.
 */
export function compareSites(
  before: readonly ComparedFile[],
  after: readonly ComparedFile[],
): SiteComparison {
  const old = new Map(published(before).map((file) => [file.path, file]));
  const added: ComparedFile[] = [];
  const changes: SiteFileChange[] = [];
  let unchanged = 0;
  for (const file of published(after)) {
    const was = old.get(file.path);
    old.delete(file.path);
    if (was === undefined) added.push(file);
    else if (isSame(was, file)) unchanged += 1;
    else changes.push({ path: file.path, before: was.size, after: file.size });
  }
  const removed = [...old.values()];
  const renamed = pairs(removed, added);
  for (const [file, was] of renamed) {
    changes.push({ path: file.path, renamedFrom: was.path, before: was.size, after: file.size });
  }
  const renamedFrom = new Set(renamed.values());
  const really = {
    added: added.filter((file) => !renamed.has(file)),
    removed: removed.filter((file) => !renamedFrom.has(file)),
  };
  return {
    before: sizeOf(published(before)),
    after: sizeOf(published(after)),
    added: really.added.length,
    removed: really.removed.length,
    changed: changes.length,
    unchanged,
    files: [
      ...changes,
      ...really.added.map(({ path, size }) => ({ path, before: null, after: size })),
      ...really.removed.map(({ path, size }) => ({ path, before: size, after: null })),
    ]
      .sort((a, b) => difference(b) - difference(a) || (a.path < b.path ? -1 : 1))
      .slice(0, MAX_COMPARED_FILES),
  };
}

const published = (files: readonly ComparedFile[]) => files.filter(({ path }) => !isReservedPath(path));

const sizeOf = (files: readonly ComparedFile[]) => ({
  files: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
});

const difference = ({ before, after }: SiteFileChange): number => Math.abs((after ?? 0) - (before ?? 0));

const isSame = (a: ComparedFile, b: ComparedFile): boolean =>
  a.sha256 !== '' && b.sha256 !== '' ? a.sha256 === b.sha256 : a.size === b.size && a.crc32 === b.crc32;

/** Which new file is which old one under another hash. */
function pairs(
  removed: readonly ComparedFile[],
  added: readonly ComparedFile[],
): ReadonlyMap<ComparedFile, ComparedFile> {
  const byName = (files: readonly ComparedFile[]) => Map.groupBy(files, ({ path }) => withoutHash(path));
  const old = byName(removed);
  const found = new Map<ComparedFile, ComparedFile>();
  for (const [name, [file, another]] of byName(added)) {
    const [was, other] = old.get(name) ?? [];
    if (file && was && another === undefined && other === undefined) found.set(file, was);
  }
  return found;
}
