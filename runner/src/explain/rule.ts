/** What a tool says of its own failure, and what to do about it: one list of rules for each tool. Pure. */

import { printable } from '@appflux/protocol';

/** Why a command failed. */
export interface Explanation {
  /** The first line of the output that names the cause, without a tool's own decoration. */
  readonly line: string;
  /** What to do about it, in one or two sentences. */
  readonly hint: string;
  /** Whether the hint quotes the output. */
  readonly quotes: boolean;
  /** Where the line that a rule matched stands in the output. */
  readonly index: number;
}

/** A line that a rule matched. */
export interface Found {
  readonly match: RegExpExecArray;
  /** Where it stands in `lines`. */
  readonly index: number;
  /** The whole output, as `readOutput` gives it. */
  readonly lines: readonly string[];
}

/**
 * One way to fail. Every pattern is tried on lines of at most 500 units, and is written so that its time grows with the
 * line's length: what it repeats cannot also be matched by what follows.
 */
export interface Rule {
  readonly when: RegExp;
  /** What the failure says; the line itself, unless given. */
  readonly say?: (found: Found) => string;
  readonly hint: string | ((found: Found) => string);
}

/** Reads an output; null when this tool says nothing in it that is known. */
export type Extractor = (lines: readonly string[]) => Explanation | null;

/** What a failure quotes of a line, in UTF-16 units. */
const LONGEST = 300;
/** A hint may quote a name that is as long as a line. */
const LONGEST_HINT = 1000;

/** A record is shown in many places: no characters in it that hide or turn around others. */
const fit = (text: string, longest: number): string => printable(text.replaceAll('\t', ' '), longest);

/** Tries rules in their order; of one rule, the first line that it matches counts. */
export const byRules =
  (rules: readonly Rule[]): Extractor =>
  (lines) => {
    for (const rule of rules) {
      for (const index of lines.keys()) {
        const explanation = tryRule(rule, lines, index);
        if (explanation !== null) return explanation;
      }
    }
    return null;
  };

/** Tries lines in their order; of one line, the first rule that matches it counts. For compilers, which list errors. */
export const byFirstLine =
  (rules: readonly Rule[]): Extractor =>
  (lines) => {
    for (const index of lines.keys()) {
      for (const rule of rules) {
        const explanation = tryRule(rule, lines, index);
        if (explanation !== null) return explanation;
      }
    }
    return null;
  };

/** The first of these that finds something. */
export const either =
  (...extractors: readonly Extractor[]): Extractor =>
  (lines) => {
    for (const extract of extractors) {
      const explanation = extract(lines);
      if (explanation !== null) return explanation;
    }
    return null;
  };

function tryRule({ when, say, hint }: Rule, lines: readonly string[], index: number): Explanation | null {
  const line = lines[index] ?? '';
  const match = when.exec(line);
  if (match === null) return null;
  const found = { match, index, lines };
  const said = plain(say === undefined ? line : say(found));
  const at = say === undefined ? index : placeOf(said, lines, index);
  return {
    line: fit(withoutColon(said, lines, at), LONGEST),
    hint: fit(typeof hint === 'string' ? hint : hint(found), LONGEST_HINT),
    quotes: typeof hint !== 'string',
    index: at,
  };
}

/** How far from the line that a rule matched the line is that says the cause. */
const NEAR = 20;

/** Where the line stands that a rule quotes instead of its own; its own if it quotes none. */
function placeOf(said: string, lines: readonly string[], index: number): number {
  for (let at = index; at < Math.min(lines.length, index + NEAR); at += 1)
    if (plain(lines[at] ?? '') === said) return at;
  return index;
}

/** Lines that say nothing, and frames of stacks and excerpts. */
const NOTHING = /^[^\p{L}\p{N}]*$|^\s{1,16}at \S|^\s{0,8}[├└]|^[>\s]{0,8}\d{0,6}\s{0,4}[|│]/u;

/** A headline that announces its cause has the next line that says one behind it; none ends in a colon. */
export function withoutColon(said: string, lines: readonly string[], index: number): string {
  if (!said.endsWith(':')) return said;
  const next = lines
    .slice(index + 1, index + 6)
    .filter((line) => !NOTHING.test(line))
    .map((line) => plain(line).replace(/^- /, ''))
    .find((line) => !line.startsWith(said.replace(/:$/, '')));
  const text = next === undefined ? said : `${said} ${next}`;
  return text.replace(/[:\s]{1,20}$/, '');
}

/** What tools set before each of their lines. */
const DECORATION =
  /^(?:npm (?:error|ERR!) (?:(?:\d{3}|code|notarget|engine|notsup|JSON\.parse|ERESOLVE) )?|➤ YN\d{4}: (?:│ )?|\[!\] |> +|[✘X] \[ERROR\] |✗ |× |⨯ |e: |error (?=[A-Z]|\S+@)|\d\d:\d\d:\d\d \[ERROR\] )\s*/;

/** Where the source lies in every build: a path is read as the project's own. */
const WORKSPACE = /(?:file:\/\/)?\/workspace\//g;

const plain = (line: string): string => line.trim().replace(DECORATION, '').replace(WORKSPACE, '').trim();

/** A named group of the match; empty when it took no part in it. */
export const group = ({ match }: Found, name: string): string => match.groups?.[name] ?? '';

/** The first of the following lines that matches, looked for no further than `within` lines on. */
export function following({ index, lines }: Found, pattern: RegExp, within = 20): RegExpExecArray | null {
  for (const line of lines.slice(index + 1, index + 1 + within)) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return null;
}

/** The nearest of the lines before that matches, looked for no further than `within` lines back. */
export function before({ index, lines }: Found, pattern: RegExp, within = 5): RegExpExecArray | null {
  for (const line of lines.slice(Math.max(0, index - within), index).reverse()) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return null;
}

/** The line with the place that the nearest line before it names, as compilers write it on a line of its own. */
export const withPlaceBefore =
  (place: RegExp) =>
  (found: Found): string => {
    const at = before(found, place);
    return at === null ? found.match.input : `${at[0].trim()}: ${plain(found.match.input)}`;
  };

/** The line with the place that the nearest line after it names. */
export const withPlaceAfter =
  (place: RegExp) =>
  (found: Found): string => {
    const at = following(found, place, 3);
    return at === null ? found.match.input : `${plain(found.match.input)} (${at[1] ?? at[0].trim()})`;
  };
