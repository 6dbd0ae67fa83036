/** Range requests for one span of bytes. Source: RFC 9110 §14 */
import type { ByteRange } from '../storage/storage.ts';

/** `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-SUFFIX` (RFC 9110 §14.1.2). */
const ONE_RANGE = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i;

/**
 * What a Range header asks of `size` bytes: a range, `whole` when there is none or none that is understood (several
 * ranges are not, as RFC 9110 §14.2 allows), `unsatisfiable` when it begins behind the end.
 */
export function rangeOf(header: string | null, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = ONE_RANGE.exec(header ?? '');
  if (match === null) return 'whole';
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === '' ? size - 1 : Number(last);
  // A range that ends before it begins is invalid, and an invalid one is ignored.
  if (end < offset && last !== '') return 'whole';
  if (offset >= size) return 'unsatisfiable';
  return { offset, length: Math.min(end, size - 1) - offset + 1 };
}

/**
 * Whether an answer with this range begins a download: of all pieces of one file, one has its first byte. A piece that
 * is that byte alone only asks whether ranges are understood, unless it is the file.
 */
export const beginsDownload = (range: ByteRange | 'whole', size: number): boolean =>
  range === 'whole' || (range.offset === 0 && (range.length > 1 || size === 1));

/**
 * Whether an If-None-Match header names this entity tag, compared weakly (RFC 9110 §13.1.2): then the client has
 * what it asks for.
 */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  // An entity tag of ours holds no comma, so that a list can be cut at commas.
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** Whether a range still means what its sender has the rest of: If-Range absent, or exactly our tag (§13.1.5). */
export const rangeStillMeant = (ifRange: string | null, etag: string): boolean =>
  ifRange === null || ifRange.trim() === etag;
