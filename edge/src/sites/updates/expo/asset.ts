/** The files of updates. Source: https://docs.expo.dev/technical-specs/expo-updates-1/#asset-response */
import { siteFile } from '@appflux/protocol';
import type { ObjectStore } from '../../../storage/storage.ts';
import { chooseEncoding, type Encoding } from '../../serve/encoding.ts';
import { encodedSize, gzipHeader, gzipTrailer } from '../../serve/gzip.ts';
import { blobPlace, readBlob } from '../../store/read-blob.ts';
import type { Publication } from './publication.ts';

/** A response with a file of an update, compressed as the client accepts it; null if the update has no such file. */
export async function assetResponse(
  request: Request,
  objects: ObjectStore,
  publication: Publication,
  sha256: string,
): Promise<Response | null> {
  const asset = publication.assets.get(sha256);
  if (asset === undefined) return null;
  const file = siteFile(asset.entry);
  const encoding = chooseEncoding(request.headers.get('Accept-Encoding'), {
    br: file.br !== null,
    gzip: file.method === 'deflate',
  });
  const length = encodedSize(file, encoding);
  const headers = new Headers({
    'Content-Type': asset.contentType,
    'Content-Length': String(length),
    'Cache-Control': 'public, max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
    // What an app downloads is not to be a page of this host.
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ETag: `"${sha256}${encoding === 'identity' ? '' : `-${encoding}`}"`,
    Vary: 'Accept-Encoding',
  });
  if (encoding !== 'identity') headers.set('Content-Encoding', encoding);
  if (request.method === 'HEAD') return new Response(null, { headers });
  const place = blobPlace(publication.manifest, asset.entry, encoding === 'br' ? 'br' : 'own');
  if (place === null) return null;
  const stored = await readBlob(objects, place);
  // Of a known length, so that an app notices if less arrives.
  const body = decoded(stored, encoding, file).pipeThrough(new FixedLengthStream(length));
  // The bytes are encoded already: workerd would compress them again.
  return new Response(body, { headers, encodeBody: 'manual' });
}

function decoded(
  stored: ReadableStream<Uint8Array>,
  encoding: Encoding,
  file: ReturnType<typeof siteFile>,
): ReadableStream<Uint8Array> {
  if (encoding === 'br' || file.method === 'stored') return stored;
  if (encoding === 'identity') return stored.pipeThrough(new DecompressionStream('deflate-raw') as never);
  return stored.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(gzipHeader()),
      flush: (controller) => controller.enqueue(gzipTrailer(file)),
    }),
  );
}
