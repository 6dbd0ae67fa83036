/** Reads a bill of materials from storage, and makes sure that it is the one that the runner has announced. */
import { AppFluxError, MAX_SBOM_BYTES } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { SbomRecord } from '../metadata/metadata.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import type { ObjectStore } from '../storage/storage.ts';

/** What an SBOM may have in all once it is decompressed: far more than MAX_SBOM_BYTES of JSON ever gives. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of an SBOM, as they are stored: gzip. Throws AppFluxError `artifact_damaged` when storage has others or none.
 */
export async function readSbom(
  objects: ObjectStore,
  { key, size, sha256 }: SbomRecord,
): Promise<Uint8Array<ArrayBuffer>> {
  const object = await objects.get(key);
  if (object !== null && object.size === size && size <= MAX_SBOM_BYTES) {
    const bytes = new Uint8Array(await new Response(object.body).arrayBuffer());
    if ((await sha256Hex(bytes)) === sha256) return bytes;
  } else await object?.body.cancel();
  journal.error(`the SBOM ${key} is not what was delivered`, null);
  throw new AppFluxError('artifact_damaged', 'Storage has other bytes than the runner delivered', {
    hint: 'Redeploy to get a new SBOM.',
  });
}

/** The text of an SBOM. An SBOM that is meant to be endless ends with an error. */
export function unpacked(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let length = 0;
  return new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          length += chunk.length;
          if (length > MAX_TEXT_BYTES) controller.error(new Error('the SBOM is too large'));
          else controller.enqueue(chunk);
        },
      }),
    );
}
