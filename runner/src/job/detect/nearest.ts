/** Finds the word that was probably meant. */
import { closest, distance } from 'fastest-levenshtein';

/**
 * The known word nearest to `word`, or null if none is near: more than half of it would have to be changed.
 * Case does not count.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  // The distance takes time in proportion to both lengths, and the word is from outside.
  if (known.length === 0 || word.length > 100) return null;
  const wanted = word.toLowerCase();
  const best = closest(
    wanted,
    known.map((candidate) => candidate.toLowerCase()),
  );
  const found = known.find((candidate) => candidate.toLowerCase() === best) ?? null;
  return found !== null && distance(wanted, best) <= Math.max(word.length, best.length) / 2 ? found : null;
}
