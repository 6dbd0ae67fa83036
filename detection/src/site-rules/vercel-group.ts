/** Reads the regular expression of one group of a `source`, such as `.*`, `\d+`, `en|de` or `(?!api/).*`. */
import { quoted } from '@appflux/protocol';
import { isSplat, type Token } from './pattern.ts';
import { RuleRefused } from './problem.ts';

/** One of the texts that a group can match, and what must not follow where the group begins. */
export interface Alternative {
  readonly tokens: readonly Token[];
  readonly unless: readonly (readonly Token[])[];
  /** Whether the path must end after it. */
  readonly endsPath: boolean;
}

/** `$`. */
const END = { end: true } as const;

type Part = Token | typeof END;

/** Like an alternative, while the group is read. */
interface Sequence {
  readonly parts: readonly Part[];
  readonly unless: readonly (readonly Token[])[];
}

const MAX_ALTERNATIVES = 50;

/** Expressions of one token. A lazy quantifier matches the same texts as a greedy one. */
const SPLAT = /^\.([*+])\??/;
const SEGMENT = /^\[\^\\?\/\]\+\??/;
const DIGITS = /^(?:\\d|\[0-9\])\+\??/;

/** @throws {RuleRefused} it can't be expressed by literals, alternatives and a single splat. */
export function parseGroup(group: string, id: string): readonly Alternative[] {
  const reader = new Reader(group.replace(/^\?:/, ''), id);
  const sequences = reader.alternatives();
  if (!reader.isAtEnd) reader.refuse();
  return sequences.map(({ parts, unless }) => ({ ...reader.ended(parts), unless }));
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

  /** The tokens of a sequence that has `$` at its end or not at all. */
  ended(parts: readonly Part[]): { readonly tokens: readonly Token[]; readonly endsPath: boolean } {
    const tokens = parts.filter((part): part is Token => part !== END);
    const endsPath = parts.at(-1) === END;
    if (tokens.length !== parts.length - (endsPath ? 1 : 0)) this.refuse();
    return { tokens, endsPath };
  }

  /** Reads sequences between bars, up to a parenthesis that closes them or the end. */
  alternatives(): readonly Sequence[] {
    this.#depth += 1;
    if (this.#depth > 10) this.refuse();
    const found: Sequence[] = [...this.#sequence()];
    while (this.#takes('|')) found.push(...this.#sequence());
    if (found.length > MAX_ALTERNATIVES) this.refuse();
    this.#depth -= 1;
    return found;
  }

  #sequence(): readonly Sequence[] {
    let found: readonly Sequence[] = [{ parts: [], unless: [] }];
    while (!this.isAtEnd && !'|)'.includes(this.#text[this.#at] ?? '')) {
      if (this.#takes('(?!')) {
        const excluded = this.#excluded();
        found = found.map(({ parts, unless }) => {
          const before = this.ended(parts).tokens;
          return { parts, unless: [...unless, ...excluded.map((after) => [...before, ...after])] };
        });
        continue;
      }
      const next = this.#atom();
      found = found.flatMap(({ parts, unless }) =>
        next.map((more) => ({ parts: [...parts, ...more], unless })),
      );
      if (found.length > MAX_ALTERNATIVES) this.refuse();
    }
    return found;
  }

  /** The parts that one expression can be. */
  #atom(): readonly (readonly Part[])[] {
    if (this.#takes('(?:')) {
      const inner = this.alternatives();
      if (!this.#takes(')') || inner.some(({ unless }) => unless.length > 0)) this.refuse();
      return this.#optional(inner.map(({ parts }) => parts));
    }
    if (this.#takes('$')) return [[END]];
    const rest = this.#text.slice(this.#at, this.#at + 20);
    const splat = SPLAT.exec(rest);
    if (splat !== null)
      return this.#token(splat[0], { splat: this.#name(), least: splat[1] === '*' ? 'slash' : 'character' });
    const segment = SEGMENT.exec(rest);
    if (segment !== null) return this.#token(segment[0], { capture: this.#name() });
    const digits = DIGITS.exec(rest);
    if (digits !== null) return this.#token(digits[0], { capture: this.#name(), digits: true });
    return this.#optional([[this.#literal()]]);
  }

  /** Reads a quantifier after a literal or a group: `?` is an alternative, all others are refused. */
  #optional(parts: readonly (readonly Part[])[]): readonly (readonly Part[])[] {
    const isOptional = this.#takes('?');
    if ('*+?{'.includes(this.#text[this.#at] || ' ')) this.refuse();
    return isOptional ? [...parts, []] : parts;
  }

  #token(text: string, token: Token): readonly (readonly Part[])[] {
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
    return character;
  }

  /** What a negative lookahead excludes: each alternative, and whatever follows it unless it ends with `$`. */
  #excluded(): readonly (readonly Token[])[] {
    const sequences = this.alternatives();
    if (!this.#takes(')') || sequences.some(({ unless }) => unless.length > 0)) this.refuse();
    return sequences.map(({ parts }) => {
      const { tokens, endsPath } = this.ended(parts);
      const isOpen = !endsPath && !isSplat(tokens.at(-1));
      return isOpen ? [...tokens, { splat: this.#name(), least: 'slash' }] : tokens;
    });
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
