/** Reads the ZIP of a published site, or a range of it, from the packs in storage. */
import { createHash } from 'node:crypto';
import type { SiteManifest } from '@appflux/protocol';
import { PieceReader } from '../../storage/read.ts';
import type { ByteRange, ObjectStore } from '../../storage/storage.ts';
import { readBlob } from '../store/read-blob.ts';
import { lengthOf, type Segment, zipSegments, zipSize } from './layout.ts';

/**
 * Contents that are at most so many bytes apart in a pack are read with one request, and what is between them is
 * skipped: a request costs more than reading this.
 */
const MAX_GAP_BYTES = 256 * 1024;

/** The size of the archive, and its SHA-256 in hex. Throws what the stream of `readZip` fails with. */
export async function zipDigest(
  objects: ObjectStore,
  manifest: SiteManifest,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  for await (const piece of zipPieces(objects, manifest, undefined)) hash.update(piece);
  return { size: zipSize(manifest), sha256: hash.digest('hex') };
}

/**
 * The archive's bytes, or a range of them. The stream fails with AppFluxError `unavailable` if storage doesn't respond,
 * and with `artifact_damaged` if a pack is missing or has changed.
 */
export function readZip(
  objects: ObjectStore,
  manifest: SiteManifest,
  range: ByteRange,
): ReadableStream<Uint8Array> {
  const pieces = zipPieces(objects, manifest, range);
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await pieces.return(undefined);
    },
  });
  // The platform sends a length only for a stream that has one.
  return body.pipeThrough(new FixedLengthStream(range.length));
}

async function* zipPieces(
  objects: ObjectStore,
  manifest: SiteManifest,
  range: ByteRange | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for (const part of gathered(inRange(zipSegments(manifest), range))) {
    if (part.kind === 'bytes') {
      yield part.bytes;
      continue;
    }
    yield* storedPieces(objects, manifest, part);
  }
  return undefined;
}

async function* storedPieces(
  objects: ObjectStore,
  { packs }: Pick<SiteManifest, 'packs'>,
  { pack, offset, length, pieces }: StoredPart,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { key, size: packSize } = packs[pack] ?? { key: '', size: 0 };
  const reader = new PieceReader(await readBlob(objects, { key, packSize, offset, length }));
  let kept: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  try {
    for (const piece of pieces) {
      if ('bytes' in piece) {
        yield piece.bytes;
      } else if (piece.use === 'repeat') {
        yield kept.slice();
      } else if (piece.use === 'keep') {
        kept = await reader.all(piece.length);
        yield kept.slice();
      } else {
        for await (const bytes of reader.pieces(piece.length)) if (piece.use === 'give') yield bytes;
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** The parts of segments that are in a range. */
function* inRange(segments: Iterable<Segment>, range: ByteRange | undefined): Generator<Segment> {
  if (range === undefined) {
    yield* segments;
    return;
  }
  let at = 0;
  for (const segment of segments) {
    const from = Math.max(range.offset - at, 0);
    const to = Math.min(range.offset + range.length - at, lengthOf(segment));
    at += lengthOf(segment);
    if (from < to) {
      yield 'bytes' in segment
        ? { bytes: segment.bytes.subarray(from, to) }
        : { pack: segment.pack, offset: segment.offset + from, length: to - from };
    }
    if (at >= range.offset + range.length) return;
  }
}

/**
 * Bytes to give out, or the next bytes of the stored range: to give out, to skip, or to give out and keep. `repeat` gives
 * out again what was kept last.
 */
type Piece = { readonly bytes: Uint8Array<ArrayBuffer> } | StoredPiece;

interface StoredPiece {
  readonly length: number;
  use: 'give' | 'skip' | 'keep' | 'repeat';
}

/** A content up to this size that several files have is read once. */
const MAX_KEPT_BYTES = 1024 * 1024;

interface StoredPart {
  readonly kind: 'stored';
  readonly pack: number;
  readonly offset: number;
  length: number;
  readonly pieces: Piece[];
  /** The last of its pieces that is stored. */
  last: StoredPiece;
}

type Part = { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> } | StoredPart;

/** The most pieces of one request, so that headers of a large site are not all held in memory. */
const MAX_PIECES = 5_000;

/** Segments as requests of storage: neighbours in a pack are one, with the headers between them. */
function* gathered(segments: Iterable<Segment>): Generator<Part> {
  let open = null as StoredPart | null;
  for (const segment of segments) {
    if ('bytes' in segment) {
      if (open === null) yield { kind: 'bytes', bytes: segment.bytes };
      else open.pieces.push({ bytes: segment.bytes });
      continue;
    }
    const gap: number = open === null ? -1 : segment.offset - (open.offset + open.length);
    const { pack, offset, length } = segment;
    if (open !== null && open.pieces.length < MAX_PIECES && isLast(open, segment)) {
      open.last.use = 'keep';
      open.pieces.push({ length, use: 'repeat' });
      continue;
    }
    const piece: StoredPiece = { length, use: 'give' };
    if (open?.pack === pack && gap >= 0 && gap <= MAX_GAP_BYTES && open.pieces.length < MAX_PIECES) {
      // The headers between the two files are given out before what is skipped, which makes no difference.
      if (gap > 0) open.pieces.push({ length: gap, use: 'skip' });
      open.pieces.push(piece);
      open.last = piece;
      open.length += gap + length;
      continue;
    }
    if (open !== null) yield open;
    open = { kind: 'stored', pack, offset, length, pieces: [piece], last: piece };
  }
  if (open !== null) yield open;
}

/** Whether a segment is the content that a request ends with: files with the same content follow each other. */
const isLast = (
  { pack, offset, length, last }: StoredPart,
  segment: { readonly pack: number; readonly offset: number; readonly length: number },
): boolean =>
  segment.length <= MAX_KEPT_BYTES &&
  segment.pack === pack &&
  segment.length === last.length &&
  segment.offset === offset + length - last.length;
