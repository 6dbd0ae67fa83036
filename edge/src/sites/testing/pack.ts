/** For tests: packs of sites, as runners send them. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, crc32, deflateRawSync } from 'node:zlib';
import { EMPTY_RULES, encodeSiteIndex, type SiteAddition, type SiteIndex } from '@appflux/protocol';

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface MadePack {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly index: SiteIndex;
}

/**
 * A pack with these files, compressed. `change` may make its index a lie, and `more` names what it has besides `add`.
 */
export async function makePack(
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<SiteIndex> = {},
  change: (add: SiteAddition[]) => SiteAddition[] = (add) => add,
): Promise<MadePack> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const append = (bytes: Uint8Array) => {
    parts.push(bytes);
    offset += bytes.length;
    return { offset: offset - bytes.length, length: bytes.length };
  };
  const add = Object.entries(files).map(([path, content]): SiteAddition => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const packed = deflateRawSync(bytes);
    const isSmaller = packed.length < bytes.length;
    const own = append(isSmaller ? packed : bytes);
    const br = isSmaller ? append(brotliCompressSync(bytes)) : null;
    const digests = { size: bytes.length, sha256: sha256Hex(bytes), crc32: crc32(bytes) };
    return { path, ...digests, ...own, method: isSmaller ? 'deflate' : 'stored', br };
  });
  const index: SiteIndex = {
    version: 1,
    kind: 'site',
    base: null,
    add: change(add),
    copy: [],
    remove: [],
    rules: EMPTY_RULES,
    ...more,
  };
  const head = await encodeSiteIndex(index);
  return { bytes: joined([head, ...parts]), index };
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
