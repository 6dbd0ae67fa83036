/**
 * The bytes of files. Small ones stay in this isolate's memory, in the encodings that were asked for. Middle-sized ones
 * stay in the data center's cache: it costs nothing, and storage bills each read. The others are read by range.
 */
import { type SiteFile, siteFile } from '@appflux/protocol';
import { bytesOf } from '../../storage/read.ts';
import type { ByteRange, ObjectStore } from '../../storage/storage.ts';
import { type BlobPlace, blobPlace, readBlob, siteDamaged } from '../store/read-blob.ts';
import type { FileDecision } from './decide.ts';
import { encodedSize, gzipHeader, gzipTrailer } from './gzip.ts';
import { LeastRecent, Once } from './least-recent.ts';
import type { Site } from './site.ts';
import { inflated, joined, slice } from './streams.ts';

/** The largest file that is kept in memory, in bytes, and all of them together. */
const SMALL_BYTES = 256 * 1024;
const MOST_BYTES = 24 * 1024 * 1024;

/** The largest content that is put into the data center's cache. It is held in memory for that. */
const CACHED_BYTES = 8 * 1024 * 1024;

const small = new LeastRecent<Uint8Array<ArrayBuffer>>(MOST_BYTES);
const loading = new Once<Uint8Array<ArrayBuffer>>();

/** What bodies are read with. */
export interface BodySource {
  objects: ObjectStore;
  /** Null on one machine: storage is on the same disk. */
  cache: Pick<Cache, 'match' | 'put'> | null;
  appId: string;
  waitUntil(running: Promise<unknown>): void;
}

/** The body of a response. Throws AppFluxError `unavailable` or `artifact_damaged`, as `readBlob` does. */
export async function bodyOf(
  site: Site,
  { entry, encoding, range }: FileDecision,
  source: BodySource,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>> {
  const file = siteFile(entry);
  const size = encodedSize(file, encoding);
  const place = blobPlace(site, entry, encoding === 'br' ? 'br' : 'own');
  if (place === null) throw siteDamaged(site.deploymentId, `${file.path} has no ${encoding} encoding`);
  const form = encoding === 'br' ? 'br' : file.method;
  const name = contentName(source.appId, site, file, { form, place });
  if (Math.max(size, place.length) > SMALL_BYTES) {
    const asked = range ?? { offset: 0, length: size };
    if (encoding === 'gzip') return gzipped(file, asked, (part) => read(place, part, name, source));
    if (encoding === 'br' || file.method === 'stored') return read(place, asked, name, source);
    const whole = await read(place, { offset: 0, length: place.length }, name, source);
    return slice(inflated(whole), asked, size);
  }
  const key = `${name}/${encoding}`;
  const bytes =
    small.get(key) ??
    (await loading.do(
      key,
      async () => {
        const stored = await bytesOf(await read(place, { offset: 0, length: place.length }, name, source));
        const encoded = await encode(stored, file, encoding);
        small.set(key, encoded, encoded.length + 2 * key.length);
        return encoded;
      },
      source.waitUntil,
    ));
  return range === null ? bytes : bytes.subarray(range.offset, range.offset + range.length);
}

/** Names a content in a form of it that is stored: by its hash, within its App, so that nothing is stale or another team's. */
const contentName = (
  appId: string,
  { deploymentId }: Site,
  { sha256 }: SiteFile,
  { form, place }: { form: SiteFile['method'] | 'br'; place: BlobPlace },
): string =>
  sha256 === ''
    ? `${appId}/${deploymentId}/${place.offset}-${place.length}`
    : `${appId}/${sha256}/${form}-${place.length}`;

async function encode(
  stored: Uint8Array<ArrayBuffer>,
  file: SiteFile,
  encoding: FileDecision['encoding'],
): Promise<Uint8Array<ArrayBuffer>> {
  if (encoding === 'br') return stored;
  if (encoding === 'gzip') return bytesOf(new Blob([gzipHeader(), stored, gzipTrailer(file)]).stream());
  return file.method === 'stored' ? stored : bytesOf(inflated(new Blob([stored]).stream()));
}

/** A range of a stored content, from the data center's cache if it is worth keeping there. */
async function read(
  place: BlobPlace,
  range: ByteRange,
  name: string,
  { objects, cache, waitUntil }: BodySource,
): Promise<ReadableStream<Uint8Array>> {
  const isWhole = range.offset === 0 && range.length === place.length;
  if (cache === null || place.length > CACHED_BYTES || !isWhole) return readBlob(objects, place, range);
  // Nobody can ask for this host: the cache answers no request that comes from outside.
  const key = `https://site-contents.invalid/${name}`;
  const known = await cache.match(key);
  if (known?.body != null) return known.body;
  const bytes = await bytesOf(await readBlob(objects, place, range));
  const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' };
  waitUntil(cache.put(key, new Response(bytes, { headers })));
  return new Blob([bytes]).stream();
}

/** A range of the gzip member around a stored DEFLATE stream. */
async function gzipped(
  file: SiteFile,
  { offset, length }: ByteRange,
  readStored: (range: ByteRange) => Promise<ReadableStream<Uint8Array>>,
): Promise<ReadableStream<Uint8Array>> {
  const header = gzipHeader();
  const end = offset + length;
  const stored = {
    from: Math.max(0, offset - header.length),
    to: Math.min(file.length, end - header.length),
  };
  const body =
    stored.to > stored.from
      ? await readStored({ offset: stored.from, length: stored.to - stored.from })
      : null;
  const trailerAt = header.length + file.length;
  const trailer = gzipTrailer(file).subarray(Math.max(0, offset - trailerAt), Math.max(0, end - trailerAt));
  return joined(header.subarray(offset, end), body, trailer, length);
}
