/** Reads the regular expression of one group of a `source`, such as `.*`, `\d+`, `en|de` or `(?!api/).*`. */
import { quoted } from '@appflux/protocol';
import { isSplat, type Token } from './pattern.ts';
import { RuleRefused } from './problem.ts';

/** One of the texts that a group can match, and what must not follow where the group begins. */
export interface Alternative {
  readonly tokens: readonly Token[];
  readonly unless: readonly (readonly Token[])[];
}

const MAX_ALTERNATIVES = 50;

/** Expressions of one token. A lazy quantifier matches the same texts as a greedy one. */
const SPLAT = /^\.([*+])\??/;
const SEGMENT = /^\[\^\\?\/\]\+\??/;
const DIGITS = /^(?:\\d|\[0-9\])\+\??/;

/** @throws {RuleRefused} it can't be expressed by literals, alternatives and a single splat. */
export function parseGroup(group: string, id: string): readonly Alternative[] {
  const reader = new Reader(group, id);
  const alternatives = reader.alternatives();
  if (!reader.isAtEnd) reader.refuse();
  return alternatives;
}

class Reader {
  readonly #text: string;
  readonly #id: string;
  #at = 0;
  #captures = 0;
  #depth = 0;

  constructor(text: string, id: string) {
    this.#text = text;
    this.#id = id;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  refuse(): never {
    throw new RuleRefused(
      `The expression ${quoted(this.#text)} in "source" isn't supported. Supported are :name, :name*, (.*), (\\\\d+), (a|b) and (?!a|b) before .*.`,
    );
  }

  /** Reads sequences between bars, up to a parenthesis that closes them or the end. */
  alternatives(): readonly Alternative[] {
    this.#depth += 1;
    if (this.#depth > 10) this.refuse();
    const found: Alternative[] = [...this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at += 1;
      found.push(...this.#sequence());
    }
    if (found.length > MAX_ALTERNATIVES) this.refuse();
    this.#depth -= 1;
    return found;
  }

  #sequence(): readonly Alternative[] {
    let found: readonly Alternative[] = [{ tokens: [], unless: [] }];
    while (!this.isAtEnd && !'|)'.includes(this.#text[this.#at] ?? '')) {
      if (this.#takes('(?!')) {
        const excluded = this.#excluded();
        found = found.map(({ tokens, unless }) => ({
          tokens,
          unless: [...unless, ...excluded.map((after) => [...tokens, ...after])],
        }));
        continue;
      }
      const next = this.#atom();
      found = found.flatMap(({ tokens, unless }) =>
        next.map((more) => ({ tokens: [...tokens, ...more], unless })),
      );
      if (found.length > MAX_ALTERNATIVES) this.refuse();
    }
    return found;
  }

  /** The tokens that one expression can be. */
  #atom(): readonly (readonly Token[])[] {
    if (this.#takes('(?:')) {
      const inner = this.alternatives();
      if (!this.#takes(')') || inner.some(({ unless }) => unless.length > 0)) this.refuse();
      const tokens = inner.map((alternative) => alternative.tokens);
      return this.#takes('?') ? [...tokens, []] : tokens;
    }
    const rest = this.#text.slice(this.#at, this.#at + 20);
    const splat = SPLAT.exec(rest);
    if (splat !== null)
      return this.#token(splat[0], { splat: this.#name(), least: splat[1] === '*' ? 'slash' : 'character' });
    const segment = SEGMENT.exec(rest);
    if (segment !== null) return this.#token(segment[0], { capture: this.#name() });
    const digits = DIGITS.exec(rest);
    if (digits !== null) return this.#token(digits[0], { capture: this.#name(), digits: true });
    return [[this.#literal()]];
  }

  #token(text: string, token: Token): readonly (readonly Token[])[] {
    this.#at += text.length;
    return [[token]];
  }

  /** A character that stands for itself. A bare dot is one: that is what is meant by `favicon.ico`. */
  #literal(): string {
    let character = characterAt(this.#text, this.#at);
    if (character === '\\') {
      character = characterAt(this.#text, this.#at + 1);
      // `\w`, `\s` and the like are classes, `\1` a reference.
      if (!/^[^A-Za-z0-9]$/u.test(character)) this.refuse();
      this.#at += 1 + character.length;
    } else {
      if ('()[]{}*+?^$|'.includes(character)) this.refuse();
      this.#at += character.length;
    }
    if ('*+?{'.includes(this.#text[this.#at] || ' ')) this.refuse();
    return character;
  }

  /** What a negative lookahead excludes: each alternative, and whatever follows it unless it ends with `$`. */
  #excluded(): readonly (readonly Token[])[] {
    const found: (readonly Token[])[] = [];
    for (;;) {
      for (const { tokens, unless } of this.#sequenceWithoutEnd()) {
        if (unless.length > 0) this.refuse();
        const endsThere = this.#text[this.#at] === '$';
        const isOpen = !endsThere && !isSplat(tokens.at(-1));
        found.push(isOpen ? [...tokens, { splat: this.#name(), least: 'slash' }] : tokens);
      }
      this.#takes('$');
      if (this.#takes(')')) return found;
      if (!this.#takes('|')) this.refuse();
    }
  }

  #sequenceWithoutEnd(): readonly Alternative[] {
    const end = endOfSequence(this.#text, this.#at);
    if (this.#text[end - 1] !== '$' || this.#text[end - 2] === '\\') return this.#sequence();
    const reader = new Reader(this.#text.slice(this.#at, end - 1), `${this.#id}_${this.#at}`);
    const found = reader.#sequence();
    if (!reader.isAtEnd) this.refuse();
    this.#at = end - 1;
    return found;
  }

  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #name(): string {
    this.#captures += 1;
    return `${this.#id}_${this.#captures}`;
  }
}

/** The character at an index, with both halves of a surrogate pair; empty at the end. */
export const characterAt = (text: string, index: number): string => {
  const code = text.codePointAt(index);
  return code === undefined ? '' : String.fromCodePoint(code);
};

/** Where the bar or the parenthesis after a sequence is. */
function endOfSequence(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '(') depth += 1;
    else if (text[at] === ')' || text[at] === '|') {
      if (depth === 0) return at;
      if (text[at] === ')') depth -= 1;
    }
  }
  return text.length;
}
