/**
 * The bytes of files that are downloaded again and again, from the data center's cache: storage bills each read, the cache
 * none. Who may have a file was decided before, and nobody can ask the cache from outside.
 */
import type { ArtifactRecord } from '../metadata/metadata.ts';
import type { ByteRange, ObjectStore } from '../storage/storage.ts';
import { deliveredBytes } from './delivered-bytes.ts';

/** The largest file that is cached, in bytes. Cloudflare's cache takes up to 512 MB. */
const CACHED_BYTES = 256 * 1024 * 1024;

/** A file that the cache does not keep, though it was put there, is put there again after this long, in milliseconds. */
const AGAIN_MS = 3_600_000;

/** How many files an isolate knows to have been downloaded. */
const REMEMBERED = 1000;

/** When files were put into the cache, in Unix milliseconds; null for those that were downloaded once. */
const known = new Map<string, number | null>();

export interface CacheParts {
  readonly objects: ObjectStore;
  /** Null on one machine: storage is on the same disk as the cache, which nothing ever empties. */
  readonly cache: Pick<Cache, 'match' | 'put'> | null;
  waitUntil(running: Promise<unknown>): void;
}

/**
 * The same as `deliveredBytes`, from the cache if the file is there. It is put there when this isolate serves it for the
 * second time: most files of most deployments are downloaded once, if at all.
 */
export async function cachedBytes(
  artifact: ArtifactRecord,
  range: ByteRange | undefined,
  { objects, cache, waitUntil }: CacheParts,
): ReturnType<typeof deliveredBytes> {
  if (cache === null || artifact.size > CACHED_BYTES) return deliveredBytes(objects, artifact, range);
  // The key of an object is used once, and the bytes that are put here were compared with their SHA-256.
  const url = `https://artifacts.invalid/${artifact.sha256}/${encodeURIComponent(artifact.key)}`;
  const putAt = known.get(url);
  if (putAt === undefined) {
    note(url, null);
    return deliveredBytes(objects, artifact, range);
  }
  const cached = await fromCache(cache, url, artifact.size, range);
  if (cached !== null) return cached;
  const bytes = await deliveredBytes(objects, artifact, range);
  const now = Date.now();
  if (typeof bytes !== 'string' && (putAt === null || Math.abs(now - putAt) > AGAIN_MS)) {
    note(url, now);
    waitUntil(fill(cache, url, artifact, objects));
  }
  return bytes;
}

function note(url: string, putAt: number | null): void {
  known.delete(url);
  known.set(url, putAt);
  const [oldest] = known.keys();
  if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
}

/** The asked bytes from the cache; null if it doesn't have them, or answers with others than were asked for. */
async function fromCache(
  cache: Pick<Cache, 'match'>,
  url: string,
  size: number,
  range: ByteRange | undefined,
): Promise<ReadableStream<Uint8Array> | null> {
  const last = range && range.offset + range.length - 1;
  const headers: Record<string, string> =
    range === undefined ? {} : { Range: `bytes=${range.offset}-${last}` };
  const found = await cache.match(new Request(url, { headers }));
  if (found === undefined) return null;
  const isAsked =
    range === undefined
      ? found.status === 200
      : found.status === 206 &&
        found.headers.get('Content-Range') === `bytes ${range.offset}-${last}/${size}`;
  if (isAsked) return found.body;
  await found.body?.cancel();
  return null;
}

/** Reads a file again, for the cache: to share what a visitor reads would hold it in memory while they are slow. */
async function fill(
  cache: Pick<Cache, 'put'>,
  url: string,
  artifact: ArtifactRecord,
  objects: ObjectStore,
): Promise<void> {
  const whole = await deliveredBytes(objects, artifact, undefined);
  // Why there are none is in the log.
  if (typeof whole === 'string') return;
  const { readable, writable } = new FixedLengthStream(artifact.size);
  const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' };
  await Promise.all([whole.pipeTo(writable), cache.put(url, new Response(readable, { headers }))]);
}
