/**
 * The bytes of packs and manifests. A pack is `AFSITE01`, the length of the index as a 32-bit big-endian integer, the
 * index as JSON compressed with gzip (RFC 1952), and the contents.
 */
import { MAX_SITE_JSON_BYTES, SiteIndex, SiteManifest } from './site.ts';

const MAGIC = new TextEncoder().encode('AFSITE01');

/** Bytes before the index. */
export const SITE_PACK_HEADER_BYTES = MAGIC.length + 4;

/** The largest compressed index. One that compresses worse than 2:1 is not an index of files. */
export const MAX_SITE_INDEX_BYTES = MAX_SITE_JSON_BYTES / 2;

/**
 * The most commas and brackets in that JSON: about one for each of its values. 16 MB of empty lists would be hundreds
 * of megabytes once parsed. A site with MAX_SITE_FILES files has a third of it.
 */
const MAX_SITE_JSON_MARKS = 1_000_000;

type Invalid = { readonly outcome: 'invalid'; readonly message: string };

const invalid = (message: string): Invalid => ({ outcome: 'invalid', message });

/**
 * The beginning of a pack: its header and its index. The contents follow.
 * @throws {RangeError} if the index is larger than a reader accepts
 */
export async function encodeSiteIndex(index: SiteIndex): Promise<Uint8Array<ArrayBuffer>> {
  const json = await gzippedJson(index);
  if (json.length > MAX_SITE_INDEX_BYTES) throw new RangeError('The index of the site is too large');
  const head = new Uint8Array(SITE_PACK_HEADER_BYTES + json.length);
  head.set(MAGIC);
  new DataView(head.buffer).setUint32(MAGIC.length, json.length);
  head.set(json, SITE_PACK_HEADER_BYTES);
  return head;
}

/**
 * Takes the first SITE_PACK_HEADER_BYTES of a pack, or more. Returns where its index ends and its contents begin,
 * counted from the beginning of the pack.
 */
export function readSitePackHeader(
  head: Uint8Array,
): { readonly outcome: 'ok'; readonly blobsStart: number } | Invalid {
  if (head.length < SITE_PACK_HEADER_BYTES || MAGIC.some((byte, at) => head[at] !== byte))
    return invalid('This is not a pack of a site');
  const length = new DataView(head.buffer, head.byteOffset).getUint32(MAGIC.length);
  if (length > MAX_SITE_INDEX_BYTES) return invalid('The index of the pack is too large');
  return { outcome: 'ok', blobsStart: SITE_PACK_HEADER_BYTES + length };
}

/** Takes the beginning of a pack, at least up to `blobsStart`. Returns its index. */
export async function readSiteIndex(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly outcome: 'ok'; readonly index: SiteIndex; readonly blobsStart: number } | Invalid> {
  const header = readSitePackHeader(bytes);
  if (header.outcome === 'invalid') return header;
  const { blobsStart } = header;
  if (bytes.length < blobsStart) return invalid('The pack ends within its index');
  const value = await jsonOf(bytes.subarray(SITE_PACK_HEADER_BYTES, blobsStart));
  const parsed = SiteIndex.safeParse(value);
  if (!parsed.success) return invalid(`Invalid index of a pack${whereIn(parsed.error)}`);
  return { outcome: 'ok', index: parsed.data, blobsStart };
}

/**
 * The bytes of a manifest as they are stored.
 * @throws {RangeError} if it is larger than a reader accepts
 */
export const encodeSiteManifest = (manifest: SiteManifest): Promise<Uint8Array<ArrayBuffer>> =>
  gzippedJson(manifest);

/** Takes the stored bytes of a manifest. Returns the manifest. */
export async function readSiteManifest(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly outcome: 'ok'; readonly manifest: SiteManifest } | Invalid> {
  const parsed = SiteManifest.safeParse(await jsonOf(bytes));
  if (!parsed.success) return invalid(`Invalid manifest of a site${whereIn(parsed.error)}`);
  const { files, packs } = parsed.data;
  if (files.some((entry) => entry[4] >= packs.length))
    return invalid('A file of the manifest is in a pack that it does not list');
  return { outcome: 'ok', manifest: parsed.data };
}

const whereIn = (error: { issues: readonly { path: readonly PropertyKey[] }[] }): string => {
  const path = error.issues[0]?.path.map(String).join('.') ?? '';
  return path === '' ? '' : `, at ${path}`;
};

async function gzippedJson(value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const text = JSON.stringify(value);
  if (hasTooManyValues(text)) throw new RangeError('The index of the site has too many values');
  const json = new TextEncoder().encode(text);
  if (json.length > MAX_SITE_JSON_BYTES) throw new RangeError('The paths of the site are too long in total');
  const gzipped = new Blob([json]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(gzipped).arrayBuffer());
}

/** The value of gzipped JSON; undefined if it is no such thing, or larger than MAX_SITE_JSON_BYTES, or has too many values. */
async function jsonOf(bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > MAX_SITE_JSON_BYTES) {
        await reader.cancel();
        return undefined;
      }
      text += decoder.decode(part.value, { stream: true });
    }
    text += decoder.decode();
    return hasTooManyValues(text) ? undefined : JSON.parse(text);
  } catch {
    // Not gzip, cut off, not UTF-8, or not JSON: invalid in each case.
    return undefined;
  }
}

const COMMA = 0x2c;
const LIST = 0x5b;
const OBJECT = 0x7b;

/** Whether JSON may have more values than fit into memory. Marks within strings count, too, which names hardly have. */
function hasTooManyValues(json: string): boolean {
  let marks = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === LIST || code === OBJECT) marks += 1;
  }
  return marks > MAX_SITE_JSON_MARKS;
}
