/** Where the tables and keys of a TOML text are: the parser gives values without places. */

/** A table, such as one of `[[redirects]]`. */
export interface TomlTable {
  /** From 1. */
  readonly line: number;
  /** The lines of its keys, those of its own sub-tables among them. */
  readonly keys: ReadonlyMap<string, number>;
}

/**
 * The tables `[[name]]` of a TOML text in their order. Text in multi-line strings isn't taken for a table. For an inline
 * array, `name = [`, it is empty.
 */
export function tomlTables(text: string, name: string): readonly TomlTable[] {
  const tables: { line: number; keys: Map<string, number> }[] = [];
  let current: { line: number; keys: Map<string, number> } | null = null;
  let quote: string | null = null;
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    if (quote === null) {
      const heading = headingOf(content);
      if (heading?.isArray && heading.name === name) {
        current = { line, keys: new Map() };
        tables.push(current);
      } else if (heading !== null && !heading.name.startsWith(`${name}.`)) current = null;
      const key = keyOf(content);
      if (current !== null && key !== null && !current.keys.has(key)) current.keys.set(key, line);
    }
    quote = openQuoteAfter(content, quote);
  }
  return tables;
}

/** The line of a top-level key, for an inline array; 1 if it isn't there. */
export function tomlKeyLine(text: string, name: string): number {
  const at = text.split('\n').findIndex((line) => keyOf(line) === name);
  return at === -1 ? 1 : at + 1;
}

function headingOf(line: string): { name: string; isArray: boolean } | null {
  const content = line.trim();
  if (!content.startsWith('[')) return null;
  const isArray = content.startsWith('[[');
  const end = content.indexOf(']');
  if (end === -1) return null;
  return { name: content.slice(isArray ? 2 : 1, end).replace(/["'\s]/g, ''), isArray };
}

function keyOf(line: string): string | null {
  const at = line.indexOf('=');
  return at === -1 ? null : line.slice(0, at).replace(/["'\s]/g, '');
}

/** The quotes (three of a kind) that are open after a line, so that the next line is text. */
function openQuoteAfter(line: string, openBefore: string | null): string | null {
  let open = openBefore;
  let at = 0;
  while (at < line.length) {
    const three = line.slice(at, at + 3);
    if (open !== null) {
      if (open === '"""' && line[at] === '\\') at += 2;
      else if (three === open) {
        open = null;
        at += 3;
      } else at += 1;
    } else if (three === '"""' || three === "'''") {
      open = three;
      at += 3;
    } else if (line[at] === '#') return null;
    else if (line[at] === '"' || line[at] === "'") at = endOfString(line, at);
    else at += 1;
  }
  return open;
}

function endOfString(line: string, start: number): number {
  const quote = line[start];
  let at = start + 1;
  while (at < line.length && line[at] !== quote) at += quote === '"' && line[at] === '\\' ? 2 : 1;
  return at + 1;
}
