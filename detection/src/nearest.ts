/** Finds the closest word, for misspelled names. */
import { closest } from 'fastest-levenshtein';

/** The distance takes time in proportion to both lengths, and the word is from outside. */
const MAX_LENGTH = 100;

/**
 * The known word nearest to `word`: one that it begins with or that begins with it, else the one with the
 * fewest letters to change. Case does not count. Null only if nothing is known.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const wanted = word.slice(0, MAX_LENGTH).toLowerCase();
  const lower = known.map((candidate) => candidate.toLowerCase());
  const related =
    wanted.length < 3
      ? -1
      : lower.findIndex((candidate) => candidate.startsWith(wanted) || wanted.startsWith(candidate));
  if (related !== -1) return known[related] ?? null;
  return known.length === 0 ? null : (known[lower.indexOf(closest(wanted, lower))] ?? null);
}
