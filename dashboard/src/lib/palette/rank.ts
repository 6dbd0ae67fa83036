/**
 * How well a label matches what was typed: each word of the query must begin a word of the label, be inside of one, or be
 * its letters in their order. Higher is better; null if a word matches nowhere. Case and accents don't count.
 */
export function rank(label: string, query: string): number | null {
  const text = fold(label);
  let score = 0;
  for (const word of fold(query).split(/\s+/).filter(Boolean)) {
    const matched = rankWord(text, word);
    if (matched === null) return null;
    score += matched;
  }
  // Of labels that match alike, the shorter one is nearer to what was typed.
  return score - text.length / 1000;
}

function rankWord(text: string, word: string): number | null {
  const at = text.indexOf(word);
  if (at === 0) return 4;
  if (beginsWord(text, word)) return 3;
  if (at > 0) return 2;
  return word.length > 1 && isSubsequence(word, text) ? 1 : null;
}

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;

function beginsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word, 1); at !== -1; at = text.indexOf(word, at + 1)) {
    if (BETWEEN_WORDS.test(text[at - 1] ?? '')) return true;
  }
  return false;
}

/** Whether one word of the text has the letters of `word` in their order. */
function isSubsequence(word: string, text: string): boolean {
  return text.split(BETWEEN_WORDS).some((candidate) => {
    let from = 0;
    for (const letter of word) {
      const at = candidate.indexOf(letter, from);
      if (at === -1) return false;
      from = at + letter.length;
    }
    return true;
  });
}

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** What can be found: by its label, and by `also`, which isn't shown. */
export interface Findable {
  readonly label: string;
  readonly also?: string;
}

/**
 * The entries that match, best first, at most `most`. Entries that match alike keep their order, as do all of them as long
 * as nothing is typed.
 */
export function ranked<Entry extends Findable>(
  entries: readonly Entry[],
  query: string,
  most: number,
): Entry[] {
  if (query.trim() === '') return entries.slice(0, most);
  return entries
    .map((entry) => ({ entry, score: rank([entry.label, entry.also ?? ''].join(' ').trim(), query) }))
    .filter((found): found is { entry: Entry; score: number } => found.score !== null)
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ entry }) => entry);
}
