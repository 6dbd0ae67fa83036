/**
 * Sentences of AppFlux that quote a build. Quoted parts are masked; AppFlux's own words are not, even if a
 * sensitive variable has one of them as its value. Pure.
 */

/** Marks where a text was cut off. */
export const CUT = '…';

interface Part {
  readonly text: string;
  /** Whether these are AppFlux's own words. Everything else counts as quoted. */
  readonly isOwn: boolean;
}

/** A text that knows which parts of it are quoted. Made by `say`. */
export class Sentence {
  readonly parts: readonly Part[];

  /** Neighboring parts of the same kind are joined, so that no border hides a secret. */
  constructor(parts: readonly Part[]) {
    const joined: Part[] = [];
    for (const part of parts) {
      const last = joined.at(-1);
      if (part.text === '') continue;
      if (last?.isOwn === part.isOwn) joined[joined.length - 1] = { ...part, text: last.text + part.text };
      else joined.push(part);
    }
    this.parts = joined;
  }

  /** The whole text, without a record of what is quoted. */
  toString(): string {
    return this.parts.map(({ text }) => text).join('');
  }
}

/** A plain string counts as quoted from its first to its last character. */
export type Text = string | Sentence;

/** Masks what a text quotes. */
export type Mask = (text: Text) => string;

const partsOf = (text: Text | number): readonly Part[] => {
  if (text instanceof Sentence) return text.parts;
  // A number is always AppFlux's own.
  return [{ text: String(text), isOwn: typeof text === 'number' }];
};

/** Tags a template: its literal text is AppFlux's own; strings that are inserted are quoted. */
export function say(literals: TemplateStringsArray, ...inserted: readonly (Text | number)[]): Sentence {
  return new Sentence(
    literals.flatMap((literal, index) => {
      const value = inserted[index];
      return [{ text: literal, isOwn: true }, ...(value === undefined ? [] : partsOf(value))];
    }),
  );
}

/** Words of AppFlux that aren't a literal, such as a size or a name from a list of ours. Never for text of a build. */
export const own = (text: string): Sentence => new Sentence([{ text, isOwn: true }]);

/** Texts one after the other. */
export function joined(texts: readonly Text[], separator: string): Sentence {
  const between: Part = { text: separator, isOwn: true };
  return new Sentence(texts.flatMap((text, index) => [...(index === 0 ? [] : [between]), ...partsOf(text)]));
}

/** The same text with each part changed. */
export const changed = (text: Text, change: (part: string) => string): Sentence =>
  new Sentence(partsOf(text).map((part) => ({ ...part, text: change(part.text) })));

/** The text, at most `max` UTF-16 units long. A cut is marked with `…`. */
export function shortened(text: Text, max: number): Sentence {
  let left = max;
  const parts: Part[] = [];
  for (const part of partsOf(text)) {
    if (part.text.length > left) {
      // The mark belongs to the part: before it, the beginning of a secret is masked.
      parts.push({ ...part, text: `${part.text.slice(0, Math.max(0, left - 1))}${CUT}` });
      return new Sentence(parts);
    }
    parts.push(part);
    left -= part.text.length;
  }
  return new Sentence(parts);
}

/** The text with `quote` applied to each quoted part; its second argument tells whether the part was cut off. */
export const rendered = (text: Text, quote: (quoted: string, isCut: boolean) => string): string =>
  partsOf(text)
    .map((part, index, parts) =>
      part.isOwn ? part.text : quote(part.text, parts[index + 1]?.text.startsWith(CUT) ?? false),
    )
    .join('');
