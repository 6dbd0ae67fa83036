/**
 * Finds the source of places in generated code, by a source map (ECMA-426). Maps of bundles have millions of segments, and
 * an isolate has 128 MB; so the mappings are read once, from the front, and only what was asked for is kept. Pure.
 */
import { z } from 'zod';

/** A place in generated code or a source. Lines and columns count from 1, as in stack traces. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Original extends Place {
  /** As the map names it. */
  readonly source: string;
}

const SourceMap = z.object({
  version: z.literal(3),
  sourceRoot: z.string().nullish(),
  sources: z.array(z.string().nullable()),
  mappings: z.string(),
});
type SourceMap = z.infer<typeof SourceMap>;

/**
 * How many values a map has at most. Bundles have some ten thousand names; 24 MB of nothing but brackets, which compress to
 * 24 KB, would take more than a gigabyte while they are parsed.
 */
const MOST_VALUES = 500_000;

/**
 * The text of a source map, parsed; null for what is none, or has too many values. An index map (with `sections`) is not
 * read.
 */
export function parseSourceMap(text: string): SourceMap | null {
  if (!hasFewValues(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The only error of JSON.parse: a build can hand over any text as a map.
    return null;
  }
  const parsed = SourceMap.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** Whether a JSON text has no more than MOST_VALUES. A parser stops where a text is no JSON. */
function hasFewValues(text: string): boolean {
  let values = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) {
      if (code === BACKSLASH) at += 1;
    } else if (code === COMMA || code === BRACKET || code === BRACE) {
      values += 1;
      if (values > MOST_VALUES) return false;
    }
  }
  return true;
}

const QUOTE = 34;
const BACKSLASH = 92;
const BRACKET = 91;
const BRACE = 123;

const DIGITS = new Int8Array(128).fill(-1);
for (const [value, digit] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries())
  DIGITS[digit.charCodeAt(0)] = value;

const COMMA = 44;
const SEMICOLON = 59;

/**
 * The source of each place, in the order of `places`; null where the map has none. The segment that counts is the last
 * one of the line that begins at the column or before it. Mappings that are damaged end there.
 */
export function originalsOf(
  { sources, sourceRoot, mappings }: SourceMap,
  places: readonly Place[],
): (Original | null)[] {
  const wanted = places
    .map((place, index) => ({ line: place.line - 1, column: place.column - 1, index }))
    .sort((one, other) => one.line - other.line || one.column - other.column);
  const found: (Original | null)[] = places.map(() => null);
  const [source, line, column] = [1, 2, 3];
  // Deltas of: generated column, source, line, column, name.
  const state = [0, 0, 0, 0, 0];
  let next = 0;
  let generatedLine = 0;
  /** The last segment that was read of the current line. */
  let best: Original | null = null;
  const settle = (upToColumn: number) => {
    for (let one = wanted[next]; one !== undefined; one = wanted[next]) {
      if (one.line > generatedLine || (one.line === generatedLine && one.column >= upToColumn)) return;
      found[one.index] = one.line === generatedLine ? best : null;
      next += 1;
    }
  };
  let at = 0;
  while (at < mappings.length && next < wanted.length) {
    const code = mappings.charCodeAt(at);
    if (code === SEMICOLON) {
      settle(Number.POSITIVE_INFINITY);
      generatedLine += 1;
      state[0] = 0;
      best = null;
      at += 1;
      continue;
    }
    if (code === COMMA) {
      at += 1;
      continue;
    }
    let field = 0;
    for (; at < mappings.length; field += 1) {
      let value = 0;
      let shift = 0;
      let digit: number;
      do {
        digit = DIGITS[mappings.charCodeAt(at)] ?? -1;
        if (digit < 0 || shift > 30 || field > 4) return found;
        value += (digit & 31) * 2 ** shift;
        shift += 5;
        at += 1;
      } while (digit >= 32 && at < mappings.length);
      state[field] = (state[field] ?? 0) + (value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
      const end = mappings.charCodeAt(at);
      if (end === COMMA || end === SEMICOLON) {
        field += 1;
        break;
      }
    }
    settle(state[0] ?? 0);
    const name = field >= 4 ? sources[state[source] ?? -1] : null;
    best =
      name == null || (state[line] ?? -1) < 0 || (state[column] ?? -1) < 0
        ? null
        : {
            source: `${sourceRoot ?? ''}${name}`,
            line: (state[line] ?? 0) + 1,
            column: (state[column] ?? 0) + 1,
          };
  }
  if (next < wanted.length) settle(Number.POSITIVE_INFINITY);
  return found;
}
