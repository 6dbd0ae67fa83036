import { plainText } from './ansi.ts';

/** The position of a match in the visible text of a line, in UTF-16 units. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** All matches in a line's visible text, ignoring case. */
export function matchesIn(visible: string, query: string): Match[] {
  if (query === '') return [];
  const hay = visible.toLowerCase();
  const needle = query.toLowerCase();
  // Lowercasing can change the length (İ). Then positions would be off, so the search becomes case-sensitive.
  const [text, pattern] = hay.length === visible.length ? [hay, needle] : [visible, query];
  const matches: Match[] = [];
  for (let at = text.indexOf(pattern); at !== -1; at = text.indexOf(pattern, at + pattern.length)) {
    matches.push({ start: at, end: at + pattern.length });
  }
  return matches;
}

/** Most lines have no control characters, and need no parsing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this matches control characters
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** A line’s visible text. */
export const visibleTextOf = (raw: string): string => (CONTROL.test(raw) ? plainText(raw) : raw);

/** The sequence numbers of matching lines, in order. */
export function searchLines(lines: Iterable<{ seq: number; text: string }>, query: string): number[] {
  const found: number[] = [];
  if (query === '') return found;
  for (const line of lines) {
    if (matchesIn(visibleTextOf(line.text), query).length > 0) found.push(line.seq);
  }
  return found;
}

/** The next or previous match from a line, wrapping around. */
export function nextMatch(found: readonly number[], from: number | null, direction: 1 | -1): number | null {
  if (found.length === 0) return null;
  if (direction === 1) return found.find((seq) => seq > (from ?? 0)) ?? found[0] ?? null;
  return found.findLast((seq) => seq < (from ?? Number.POSITIVE_INFINITY)) ?? found.at(-1) ?? null;
}
