/** Text of a site's log, made harmless and short: whatever a site prints, this is what is stored and shown. Pure. */
import { RUNTIME_LIMITS } from '@appflux/protocol';

const ESC = '\u001b';
const BEL = '\u0007';

/**
 * Escape sequences of terminals (ECMA-48): control sequences, then strings that end with ST or BEL, then the short ones. A
 * string that doesn't end is dropped up to the end of its line.
 */
const SEQUENCE = new RegExp(
  [
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d\u009e\u009f])[^\n${BEL}${ESC}\u009c]*(?:${BEL}|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join('|'),
  'g',
);

/** Control characters but tab and line feed, and characters that reverse text or end lines without being a line feed. */
const UNPRINTABLE = /[^\P{Cc}\t\n]|[\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text without anything that could control a terminal or pretend to be other text; what is removed leaves `�`. */
export const clean = (text: string): string =>
  text.toWellFormed().replace(SEQUENCE, '').replaceAll('\r\n', '\n').replace(UNPRINTABLE, '\u{fffd}');

const encoder = new TextEncoder();

/** Text of `maxBytes` at most as UTF-8. What is cut ends with `…`, and never within a character. */
export function cut(text: string, maxBytes: number = RUNTIME_LIMITS.lineBytes): string {
  // Three bytes are the most for a UTF-16 unit.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = encoder.encode(text.slice(0, maxBytes + 1));
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - 3;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
