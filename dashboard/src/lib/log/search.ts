import { plainText } from './ansi.ts';

/** Where in a shown line a match lies, in UTF-16 units. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** Every place where a line's shown text holds the words sought, whatever their case. */
export function matchesIn(shown: string, sought: string): Match[] {
  if (sought === '') return [];
  const hay = shown.toLowerCase();
  const needle = sought.toLowerCase();
  // Lower case can change a text's length (İ); then positions do not carry over and the case has to agree.
  const [text, words] = hay.length === shown.length ? [hay, needle] : [shown, sought];
  const matches: Match[] = [];
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + words.length)) {
    matches.push({ start: at, end: at + words.length });
  }
  return matches;
}

/** Most lines are shown as they are, and need no reading of escape sequences. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const shownText = (raw: string): string => (CONTROL.test(raw) ? plainText(raw) : raw);

/** The sequence numbers of the lines that hold the words sought, in order. */
export function searchLines(lines: Iterable<{ seq: number; text: string }>, sought: string): number[] {
  const found: number[] = [];
  if (sought === '') return found;
  for (const line of lines) {
    if (matchesIn(shownText(line.text), sought).length > 0) found.push(line.seq);
  }
  return found;
}

/** The match to go to next: the first after (or before) the one we are at, around the end. */
export function nextMatch(found: readonly number[], from: number | null, direction: 1 | -1): number | null {
  if (found.length === 0) return null;
  if (direction === 1) return found.find((seq) => seq > (from ?? 0)) ?? found[0] ?? null;
  return found.findLast((seq) => seq < (from ?? Number.POSITIVE_INFINITY)) ?? found.at(-1) ?? null;
}
