/**
 * YAML, TOML and JSON with comments from a source tree. An unreadable file counts as missing: detection then
 * goes by the file's name, and the tool that the file is for says at build time what is wrong with it.
 */
import json5 from 'json5';
import { type ParseError, parse as parseJsonWithComments } from 'jsonc-parser';
import { parse as parseTomlText } from 'smol-toml';
import { parse as parseYamlText } from 'yaml';

export type Data = Readonly<Record<string, unknown>>;

/** The YAML parser's time is quadratic in some lengths, and unbounded for a line of many `? `. */
const MAX_YAML = 32 * 1024;
const NESTED_IN_ONE_LINE = /(?:[-?:][ \t]{1,9}){10}/;
const MAX_FLOW_DEPTH = 100;
const MAX_ALIASES = 100;

/** The mapping that a YAML text holds, or null. */
export function parseYaml(text: string): Data | null {
  if (text.length > MAX_YAML || NESTED_IN_ONE_LINE.test(text) || isNestedDeeply(text)) return null;
  return attempt(() => parseYamlText(text, { maxAliasCount: MAX_ALIASES, logLevel: 'silent' }));
}

/** The table that a TOML text holds, or null. */
export const parseToml = (text: string): Data | null => attempt(() => parseTomlText(text));

/** The object that a JSON text with comments and trailing commas holds, or null. */
export function parseLooseJson(text: string): Data | null {
  const errors: ParseError[] = [];
  return attempt(() => {
    const value: unknown = parseJsonWithComments(text, errors, { allowTrailingComma: true });
    return errors.length === 0 ? value : null;
  });
}

/** The object that a JSON5 text holds (https://spec.json5.org), or null. */
export const parseJson5 = (text: string): Data | null => attempt(() => json5.parse(text));

/** What lies under a key, if it is an object. */
export const tableAt = (data: Data | null, key: string): Data | null => asTable(data?.[key]);

/** What lies under a key, if it is a text of reasonable length. */
export function textAt(data: Data | null, key: string): string | null {
  const value = data?.[key];
  return typeof value === 'string' && value !== '' && value.length <= 500 ? value : null;
}

/** Whether an object has a key of its own. */
export const hasKey = (data: Data | null, key: string): boolean => data !== null && Object.hasOwn(data, key);

const asTable = (value: unknown): Data | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : null;

function attempt(read: () => unknown): Data | null {
  try {
    return asTable(read());
  } catch {
    // A syntax error, more aliases than are taken, or nesting beyond the stack: in each case nothing is known.
    return null;
  }
}

function isNestedDeeply(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    if (depth > MAX_FLOW_DEPTH) return true;
  }
  // Block collections: each column of indentation may open one.
  return /(?:^|\n) {400}/.test(text);
}
