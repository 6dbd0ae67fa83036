import { SettableVariableName } from '@appflux/protocol';

export interface DotenvLine {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface Dotenv {
  /** Unique names in the order of their first occurrence, with their last value. */
  readonly variables: { name: string; value: string }[];
  /** Lines that can't be parsed. */
  readonly problems: DotenvLine[];
}

const QUOTES = new Set(['"', "'", '`']);
const ASSIGNMENT = /^\s*(?:export\s+)?([^=\s]*)\s*=[^\S\n]*(.*)$/s;

/**
 * Parses a `.env` file as Node's `util.parseEnv` does: comments, `export`, values in single, double, or back quotes
 * that may span lines, `\n` in double quotes, and comments after a value. Invalid lines are reported, not silently
 * dropped.
 */
export function parseDotenv(text: string): Dotenv {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n?|\n/);
  const values = new Map<string, string>();
  const problems: DotenvLine[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const number = at + 1;
    const line = lines[at] ?? '';
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const assignment = ASSIGNMENT.exec(line);
    if (assignment === null) {
      problems.push({ line: number, message: 'No = found.' });
      continue;
    }
    const [, name = '', rest = ''] = assignment;
    const quote = rest[0] ?? '';
    let value = '';
    if (QUOTES.has(quote)) {
      const quoted = readQuoted(lines, at, rest.slice(1), quote);
      if (quoted === null) {
        value = unquoted(rest);
      } else {
        value = quote === '"' ? quoted.value.replaceAll('\\n', '\n') : quoted.value;
        at = quoted.lastLine;
      }
    } else {
      value = unquoted(rest);
    }
    const checked = SettableVariableName.safeParse(name);
    if (checked.success) values.set(name, value);
    else problems.push({ line: number, message: checked.error.issues[0]?.message ?? 'Invalid name.' });
  }
  return { variables: Array.from(values, ([name, value]) => ({ name, value })), problems };
}

/** The value up to its closing quote, on this line or a later one; null if the quote is never closed. */
function readQuoted(
  lines: readonly string[],
  at: number,
  first: string,
  quote: string,
): { value: string; lastLine: number } | null {
  let value = '';
  for (let line = at; line < lines.length; line += 1) {
    const text = line === at ? first : (lines[line] ?? '');
    const end = text.indexOf(quote);
    if (end !== -1) return { value: value + text.slice(0, end), lastLine: line };
    value += `${text}\n`;
  }
  return null;
}

function unquoted(rest: string): string {
  const comment = rest.indexOf('#');
  return (comment === -1 ? rest : rest.slice(0, comment)).trim();
}

/**
 * Whether pasted text is a list of assignments rather than one value. A single `word=` counts as a value: base64 can
 * end like that.
 */
export function looksLikeDotenv(text: string): boolean {
  const { variables, problems } = parseDotenv(text);
  if (variables.length > 1) return true;
  return variables.length === 1 && problems.length === 0 && variables[0]?.value !== '';
}
