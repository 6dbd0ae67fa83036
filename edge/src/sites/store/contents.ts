/** Reads the contents of many small files of a site with few requests to storage. */
import { type SiteEntry, type SiteManifest, siteFile } from '@appflux/protocol';
import { bytesOf, PieceReader } from '../../storage/read.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import { readBlob, siteDamaged } from './read-blob.ts';

/** Contents that are at most so many bytes apart in a pack are read with one request. */
const MAX_GAP_BYTES = 256 * 1024;

/** The contents of files that are read with one request, one after the other. */
interface Span {
  readonly pack: number;
  readonly offset: number;
  length: number;
  readonly files: SiteEntry[];
}

/**
 * The contents of files, decompressed, in the order of `entries`, which is that of their places in storage. Throws
 * AppFluxError `unavailable` if storage doesn't respond, and `artifact_damaged` if a pack is missing or has changed.
 */
export async function* contentsInOrder(
  objects: ObjectStore,
  { packs, deploymentId }: Pick<SiteManifest, 'packs' | 'deploymentId'>,
  entries: readonly SiteEntry[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (const { pack, offset, length, files } of spansOf(entries)) {
    const { key, size: packSize } = packs[pack] ?? { key: '', size: 0 };
    const reader = new PieceReader(await readBlob(objects, { key, packSize, offset, length }));
    try {
      let at = offset;
      let last = { offset: -1, bytes: new Uint8Array(0) };
      for (const entry of files) {
        const file = siteFile(entry);
        // Files with the same content are one range.
        if (file.offset !== last.offset) {
          for await (const _ of reader.pieces(file.offset - at));
          last = { offset: file.offset, bytes: await reader.all(file.length) };
          at = file.offset + file.length;
        }
        const content = file.method === 'stored' ? last.bytes.slice() : await inflate(last.bytes);
        if (content.length !== file.size)
          throw siteDamaged(deploymentId, `${file.path} has ${content.length} bytes instead of ${file.size}`);
        yield content;
      }
    } finally {
      await reader.cancel();
    }
  }
}

async function inflate(deflated: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return bytesOf(stream);
}

function spansOf(entries: readonly SiteEntry[]): Span[] {
  const spans: Span[] = [];
  for (const entry of entries) {
    const { pack, offset, length } = siteFile(entry);
    const open = spans.at(-1);
    const end = open === undefined ? 0 : open.offset + open.length;
    if (open?.pack === pack && offset - end <= MAX_GAP_BYTES) {
      open.length = Math.max(open.length, offset + length - open.offset);
      open.files.push(entry);
    } else {
      spans.push({ pack, offset, length, files: [entry] });
    }
  }
  return spans;
}
