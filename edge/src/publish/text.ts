/** Text from outside, made fit for a place where `bdi` can't isolate it: a title, a meta element, a badge. */

/** Control characters, line separators, what XML has no place for, and what changes the direction of the text around it. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** `text` on one line, without characters that reorder or hide others; cut to `max` characters, with an ellipsis. */
export function plain(text: string, max = 120): string {
  // Cut first: the rest need not be searched.
  const clean = text
    .slice(0, max * 4)
    .replace(MISLEADING, ' ')
    .trim();
  const characters = [...clean];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : clean;
}
