/**
 * Names in a ZIP: read as their maker meant them, and refused when they could mean a place outside the tree.
 */
import { isUtf8 } from 'node:buffer';
import { type Entry, getFileNameLowLevel } from 'yauzl';

const UTF8_FLAG = 0x800;
const UNICODE_PATH_FIELD = 0x7075;

/** What a name is read from. */
export type RawName = Pick<Entry, 'fileNameRaw' | 'generalPurposeBitFlag' | 'extraFields'>;

/**
 * An entry's name, with forward slashes: UTF-8 where the entry says so (APPNOTE 4.4.4 bit 11, or the Unicode
 * Path field of 4.6.9), else CP437, unless the bytes are well-formed UTF-8, which macOS writes without saying
 * so and CP437 text practically never is. Some Windows programs write backslashes.
 */
export function readName(raw: RawName): string {
  const says =
    (raw.generalPurposeBitFlag & UTF8_FLAG) !== 0 ||
    raw.extraFields.some(({ id }) => id === UNICODE_PATH_FIELD);
  const flags =
    says || isUtf8(raw.fileNameRaw) ? raw.generalPurposeBitFlag | UTF8_FLAG : raw.generalPurposeBitFlag;
  return getFileNameLowLevel(flags, raw.fileNameRaw, raw.extraFields, false);
}

export interface NameLimits {
  readonly depth: number;
  readonly nameBytes: number;
  readonly pathBytes: number;
}

/** A path's parts, or what is wrong with it as the end of a sentence that begins with the name. */
export type CheckedName = { readonly parts: readonly string[] } | { readonly problem: string };

/** Checks a name with forward slashes. Empty parts and `.` are dropped; a path of none is the top. */
export function checkName(name: string, limits: NameLimits): CheckedName {
  if (name.startsWith('/')) return { problem: 'is an absolute path' };
  if (/^[a-z]:/i.test(name)) return { problem: 'begins with a drive letter' };
  if (/\p{Cc}/u.test(name)) return { problem: 'contains a control character' };
  if (Buffer.byteLength(name) > limits.pathBytes) return { problem: 'is too long' };
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length - 1 > limits.depth) return { problem: `is nested more than ${limits.depth} folders deep` };
  for (const part of parts) {
    if (part === '..') return { problem: 'is outside the archive' };
    if (Buffer.byteLength(part) > limits.nameBytes) return { problem: 'is too long' };
    // Windows drops these at a name's end: `.. ` would be `..` there.
    if (/^\.\.?[. ]+$/.test(part)) return { problem: 'is outside the archive' };
  }
  return { parts };
}

/**
 * Two names with the same key are one file on some file systems, which fold case (Windows, macOS) or the
 * composition of letters (macOS).
 */
export const collisionKey = (path: string): string =>
  path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
