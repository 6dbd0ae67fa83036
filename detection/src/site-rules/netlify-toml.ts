/** Reads `[[redirects]]` and `[[headers]]` of `netlify.toml`. https://docs.netlify.com/build/configure-builds/file-based-configuration */
import {
  MAX_RULE_LENGTH,
  printable,
  quoted,
  type SiteHeaderRule,
  type SiteRedirect,
} from '@appflux/protocol';
import { parse, TomlError } from 'smol-toml';
import type { HeaderLine } from './header.ts';
import { netlifyHeaders, netlifyRedirect, refuseCondition } from './netlify-rule.ts';
import { type Problems, RuleRefused } from './problem.ts';
import type { FileRules } from './rules-of-file.ts';
import { tomlKeyLine, tomlTables } from './toml-lines.ts';

type Table = Readonly<Record<string, unknown>>;

export interface NetlifyToml {
  readonly redirects: FileRules<SiteRedirect>;
  readonly headers: FileRules<SiteHeaderRule>;
}

/** Rules of a `netlify.toml`. A file that isn't TOML is an error, as it is at Netlify. */
export function parseNetlifyToml(file: string, text: string, problems: Problems): NetlifyToml {
  const rules: NetlifyToml = { redirects: [], headers: [] };
  const data = read(file, text, problems);
  if (data === null) return rules;
  for (const { line, keys, table } of entriesOf(file, text, data, 'redirects', problems)) {
    const rule = problems.attempt(file, line, () => redirectOf(table));
    if (rule !== null) rules.redirects.push({ file, line: keys.get('from') ?? line, rule });
  }
  for (const { line, keys, table } of entriesOf(file, text, data, 'headers', problems)) {
    const rule = headersOf(file, { line, keys, table }, problems);
    if (rule !== null) rules.headers.push({ file, line, rule });
  }
  return rules;
}

function read(file: string, text: string, problems: Problems): Table | null {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) {
      const [what = ''] = error.message.split('\n');
      problems.add(file, error.line, `The file isn't valid TOML: ${printable(what, 200)}.`, 'error');
      return null;
    }
    // The parser is recursive, and this text is nested more deeply than its stack allows.
    if (!(error instanceof RangeError)) throw error;
    problems.add(file, 1, "The file isn't valid TOML: nested too deeply.", 'error');
    return null;
  }
}

interface Entry {
  readonly line: number;
  readonly keys: ReadonlyMap<string, number>;
  readonly table: Table;
}

function entriesOf(
  file: string,
  text: string,
  data: Table,
  name: string,
  problems: Problems,
): readonly Entry[] {
  const value = data[name];
  if (value === undefined) return [];
  const inline = tomlKeyLine(text, name);
  if (!Array.isArray(value) || !value.every(isTable)) {
    problems.add(file, inline, `${quoted(name)} must be an array of tables: [[${name}]].`, 'error');
    return [];
  }
  const places = tomlTables(text, name);
  return value.map((table, at) => ({
    line: places[at]?.line ?? inline,
    keys: places[at]?.keys ?? new Map(),
    table,
  }));
}

/** Earlier names of Netlify for the same settings are still read by it. */
const FROM = ['from', 'origin'];
const TO = ['to', 'destination'];
const QUERY = ['query', 'params', 'parameters'];
const KNOWN = new Set([...FROM, ...TO, ...QUERY, 'status', 'force', 'conditions', 'headers']);

function redirectOf(table: Table): SiteRedirect {
  for (const key of Object.keys(table)) if (!KNOWN.has(key)) refuseCondition(key);
  const [condition] = Object.keys(asTable(table, 'conditions'));
  if (condition !== undefined) refuseCondition(condition);
  if (Object.keys(asTable(table, 'headers')).length > 0) {
    throw new RuleRefused(
      'Headers for the other server ("headers") aren\'t supported. The rule is left out.',
    );
  }
  const { force = false, status = 301 } = table;
  if (typeof force !== 'boolean') throw new RuleRefused('"force" must be true or false.');
  if (typeof status !== 'number' && typeof status !== 'string')
    throw new RuleRefused('"status" must be a number.');
  const from = textAt(table, FROM);
  if (from === null) throw new RuleRefused('"from" is missing.');
  const text = String(status);
  return netlifyRedirect({
    from,
    query: Object.entries(asTable(table, ...QUERY)).map(([key, value]) => [key, textOf(key, value)]),
    to: textAt(table, TO),
    status: text.replace(/!$/, ''),
    force: force || text.endsWith('!'),
  });
}

function headersOf(file: string, { line, keys, table }: Entry, problems: Problems): SiteHeaderRule | null {
  return problems.attempt(file, line, () => {
    const path = textAt(table, ['for']);
    if (path === null) throw new RuleRefused('"for" is missing.');
    const lines = Object.entries(asTable(table, 'values')).map(([name, value]) => headerOf(name, value));
    if (lines.length === 0)
      throw new RuleRefused('The path has no headers: they belong in [headers.values].');
    const rule = netlifyHeaders(path, []);
    const operations = lines.flatMap((header) => {
      const at = keys.get(header.name) ?? line;
      return problems.attempt(file, at, () => netlifyHeaders(path, [header]))?.operations ?? [];
    });
    return operations.length === 0 ? null : { ...rule, operations: operations.slice(0, 100) };
  });
}

/** Values of several lines are joined: Netlify's documentation writes long ones so. */
function headerOf(name: string, value: unknown): HeaderLine {
  const values = Array.isArray(value) ? value.map((one) => textOf(name, one)) : [textOf(name, value)];
  const text = values
    .map((one) =>
      one
        .trim()
        .split(/\n/)
        .map((part) => part.trim())
        .join(' '),
    )
    .join(', ');
  return { name, value: text };
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The first of these tables that there is; an empty one if there is none. */
function asTable(table: Table, ...names: readonly string[]): Table {
  const name = names.find((candidate) => table[candidate] !== undefined);
  const value = name === undefined ? {} : table[name];
  if (!isTable(value)) throw new RuleRefused(`${quoted(name ?? '')} must be a table.`);
  return value;
}

function textAt(table: Table, names: readonly string[]): string | null {
  const name = names.find((candidate) => table[candidate] !== undefined);
  return name === undefined ? null : textOf(name, table[name]).trim();
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new RuleRefused(`${quoted(name)} must be text.`);
  if (value.length > MAX_RULE_LENGTH) {
    throw new RuleRefused(`${quoted(name)} is longer than ${MAX_RULE_LENGTH} characters.`);
  }
  return value;
}
