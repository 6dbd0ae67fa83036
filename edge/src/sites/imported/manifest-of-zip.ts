/** The manifest of a site that an earlier version delivered as a ZIP: its files are ranges of that ZIP. */
import {
  EMPTY_RULES,
  MAX_SITE_FILES,
  MAX_SITE_JSON_BYTES,
  type SiteEntry,
  type SiteManifest,
  siteEntry,
} from '@appflux/protocol';
import { bytesOf, PieceReader } from '../../storage/read.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import {
  findDirectory,
  LOCAL_BYTES,
  localHeaderBytes,
  MAX_END_BYTES,
  readDirectory,
  readZip64End,
  ZIP64_END_BYTES,
  type ZipFile,
} from './central-directory.ts';

/** A ZIP64 locator, and the record before it, are read with the end record. */
const TAIL_BYTES = MAX_END_BYTES + 1024;

/** Contents up to this size are read over on the way to the next header: a request costs more. */
const MAX_SKIP_BYTES = 1024 * 1024;

/** The most requests that the headers of an archive are read with: the platform allows 1,000 to an invocation. */
const MAX_REQUESTS = 400;

/** Hidden files, source maps and configuration are in these ZIPs; they were for download, and not for visitors. */
const NOT_SERVED =
  /(?:^|\/)\.(?!well-known\/)|\.(?:[cm]?js|css|wasm)\.map$|^(?:_headers|_redirects|_worker\.js|_routes\.json|netlify\.toml|vercel\.json)$/i;

export interface DeliveredZip {
  readonly key: string;
  readonly size: number;
}

/**
 * The manifest of a delivered ZIP; null if it is none that a site can be made of: damaged, with too many files, or
 * missing in storage. Throws AppFluxError `unavailable` if storage doesn't respond.
 */
export async function manifestOfZip(
  objects: ObjectStore,
  deploymentId: string,
  zip: DeliveredZip,
): Promise<SiteManifest | null> {
  const files = await filesOf(objects, zip);
  if (files === null || files.length > MAX_SITE_FILES) return null;
  const served = files.filter(({ path }) => !NOT_SERVED.test(path));
  const offsets = await contentOffsets(objects, zip, served);
  if (offsets === null) return null;
  const entries = served.flatMap((file): SiteEntry[] => {
    const offset = offsets.get(file.header);
    if (offset === undefined || offset + file.length > zip.size) return [];
    return [siteEntry({ ...file, sha256: '', pack: 0, offset, br: null })];
  });
  return {
    version: 1,
    kind: 'site',
    deploymentId,
    packs: [{ key: zip.key, size: zip.size }],
    files: entries.sort(([a], [b]) => (a < b ? -1 : 1)),
    rules: EMPTY_RULES,
  };
}

/** What the directory says. */
async function filesOf(objects: ObjectStore, { key, size }: DeliveredZip): Promise<ZipFile[] | null> {
  const from = Math.max(0, size - TAIL_BYTES);
  const tail = await read(objects, key, from, size - from);
  if (tail === null) return null;
  const found = findDirectory(tail, size);
  const record =
    found !== null && 'zip64' in found ? await read(objects, key, found.zip64, ZIP64_END_BYTES) : null;
  const place = found !== null && 'zip64' in found ? record && readZip64End(record, size) : found;
  if (place === null || place.count > MAX_SITE_FILES * 2 || place.size > MAX_SITE_JSON_BYTES) return null;
  const directory =
    place.offset >= from
      ? tail.subarray(place.offset - from, place.offset - from + place.size)
      : await read(objects, key, place.offset, place.size);
  return directory && readDirectory(directory, place.offset);
}

async function read(
  objects: ObjectStore,
  key: string,
  offset: number,
  length: number,
): Promise<Uint8Array | null> {
  if (length <= 0) return new Uint8Array(0);
  const object = await objects.get(key, { offset, length });
  return object && bytesOf(object.body);
}

/**
 * Where contents begin, by the place of their local header: its length is not in the directory. A header that is none
 * has no content. Null if that takes more requests than an invocation has.
 */
async function contentOffsets(
  objects: ObjectStore,
  { key, size }: DeliveredZip,
  files: readonly ZipFile[],
): Promise<Map<number, number> | null> {
  const offsets = new Map<number, number>();
  const headers = [...new Set(files.map(({ header }) => header))].sort((a, b) => a - b);
  let reader: PieceReader | null = null;
  let at = 0;
  let requests = 0;
  try {
    for (const header of headers) {
      if (reader === null || header < at || header - at > MAX_SKIP_BYTES) {
        await reader?.cancel();
        requests += 1;
        if (requests > MAX_REQUESTS) return null;
        const object = await objects.get(key, { offset: header, length: size - header });
        if (object === null) return null;
        reader = new PieceReader(object.body);
        at = header;
      }
      for await (const _ of reader.pieces(header - at));
      const bytes = localHeaderBytes(await reader.all(LOCAL_BYTES));
      at = header + LOCAL_BYTES;
      if (bytes !== null) offsets.set(header, header + bytes);
    }
    return offsets;
  } finally {
    await reader?.cancel();
  }
}
