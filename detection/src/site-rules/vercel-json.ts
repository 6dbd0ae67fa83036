/** Reads `redirects`, `rewrites`, `headers`, `cleanUrls` and `trailingSlash` of `vercel.json`. */
import {
  MAX_RULE_LENGTH,
  printable,
  quoted,
  REDIRECT_STATUSES,
  type SiteHeaderRule,
  type SiteRedirect,
  type SiteTrailingSlash,
} from '@appflux/protocol';
import { findNodeAtLocation, getNodeValue, type Node, parseTree } from 'jsonc-parser';
import { z } from 'zod';
import { parseJson } from '../json.ts';
import { destinationOf, templateOf } from './destination.ts';
import { headerOperation } from './header.ts';
import { statusOf } from './netlify-rule.ts';
import { type Problems, RuleRefused } from './problem.ts';
import type { FileRules } from './rules-of-file.ts';
import { conditionsOf } from './vercel-conditions.ts';
import { parseSource, VERCEL_NAME } from './vercel-source.ts';

export interface VercelJson {
  /** Those of `redirects`, which apply to files, too, and then those of `rewrites`, which don't. */
  readonly redirects: FileRules<SiteRedirect>;
  readonly headers: FileRules<SiteHeaderRule>;
  readonly cleanUrls: boolean | null;
  readonly trailingSlash: SiteTrailingSlash | null;
}

const Text = z.string().max(MAX_RULE_LENGTH);
const match = {
  source: Text,
  has: z.array(z.unknown()).optional(),
  missing: z.array(z.unknown()).optional(),
};
const Redirect = z.strictObject({
  ...match,
  destination: Text,
  permanent: z.boolean().optional(),
  statusCode: z.literal([...REDIRECT_STATUSES]).optional(),
});
const Rewrite = z.strictObject({ ...match, destination: Text });
const HeaderRule = z.strictObject({
  ...match,
  headers: z.array(z.strictObject({ key: z.string(), value: z.string() })).max(100),
});

/** Rules of a `vercel.json`. A file that isn't JSON is an error, as it is at Vercel. */
export function parseVercelJson(file: string, text: string, problems: Problems): VercelJson {
  const none: VercelJson = { redirects: [], headers: [], cleanUrls: null, trailingSlash: null };
  const root = read(file, text, problems);
  if (root === null) return none;
  const lineOf = lineFinder(text);
  const settings = new Settings(file, root, lineOf, problems);
  const redirects = settings.entries('redirects', Redirect, (rule) =>
    redirectsOf(rule, String(rule.statusCode ?? (rule.permanent === false ? 307 : 308)), true),
  );
  const rewrites = settings.entries('rewrites', Rewrite, (rule) => redirectsOf(rule, '200', false));
  const headers = settings.entries('headers', HeaderRule, headersOf);
  for (const name of ['routes', 'bulkRedirectsPath']) {
    const node = findNodeAtLocation(root, [name]);
    if (node !== undefined) {
      problems.add(
        file,
        lineOf(node),
        `${quoted(name)} isn't supported. Use "redirects", "rewrites" and "headers".`,
      );
    }
  }
  const slash = settings.flag('trailingSlash');
  return {
    redirects: [...redirects, ...rewrites],
    headers,
    cleanUrls: settings.flag('cleanUrls'),
    trailingSlash: slash === null ? null : slash ? 'always' : 'never',
  };
}

function read(file: string, text: string, problems: Problems): Node | null {
  const outcome = parseJson(text);
  if ('problem' in outcome) {
    const line = /^line (\d+)/.exec(outcome.problem)?.[1];
    problems.add(
      file,
      line === undefined ? 1 : Number(line),
      `The file isn't valid JSON: ${outcome.problem}.`,
      'error',
    );
    return null;
  }
  try {
    const root = parseTree(text);
    if (root?.type === 'object') return root;
    problems.add(file, 1, 'The file must contain a JSON object.', 'error');
  } catch (error) {
    // The parser that keeps places is recursive, and this text is nested more deeply than its stack allows.
    if (!(error instanceof RangeError)) throw error;
    problems.add(file, 1, "The file isn't valid JSON: nested too deeply.", 'error');
  }
  return null;
}

type LineOf = (node: Node) => number;

/** Reads the settings of a file, and reports each that doesn't fit with its line. */
class Settings {
  readonly #file: string;
  readonly #root: Node;
  readonly #lineOf: LineOf;
  readonly #problems: Problems;

  constructor(file: string, root: Node, lineOf: LineOf, problems: Problems) {
    this.#file = file;
    this.#root = root;
    this.#lineOf = lineOf;
    this.#problems = problems;
  }

  flag(name: string): boolean | null {
    const node = findNodeAtLocation(this.#root, [name]);
    if (node === undefined || node.type === 'boolean') return node === undefined ? null : node.value === true;
    this.#problems.add(this.#file, this.#lineOf(node), `${quoted(name)} must be true or false.`, 'error');
    return null;
  }

  entries<Entry, Rule>(
    name: string,
    schema: z.ZodType<Entry>,
    compile: (entry: Entry) => readonly Rule[],
  ): FileRules<Rule> {
    const list = findNodeAtLocation(this.#root, [name]);
    if (list === undefined) return [];
    if (list.type !== 'array') {
      this.#problems.add(this.#file, this.#lineOf(list), `${quoted(name)} must be an array.`, 'error');
      return [];
    }
    const file = this.#file;
    return (list.children ?? []).flatMap((node) => {
      const line = this.#lineOf(node);
      const rules = this.#problems.attempt(file, line, () => compile(parsed(schema, getNodeValue(node))));
      return (rules ?? []).map((rule) => ({ file, line, rule }));
    });
  }
}

function parsed<Entry>(schema: z.ZodType<Entry>, value: unknown): Entry {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${quoted(issue.path.join('.'))}: `;
  throw new RuleRefused(
    `${where}${printable(issue?.message ?? 'invalid value', 300)}. The rule is left out.`,
  );
}

function redirectsOf(
  raw: z.infer<typeof Redirect> | z.infer<typeof Rewrite>,
  status: string,
  force: boolean,
): readonly SiteRedirect[] {
  const { host, query, variables } = conditionsOf(raw.has, raw.missing);
  return parseSource(raw.source).map((source) => ({
    host,
    pattern: source.pattern,
    unless: [...source.unless],
    query,
    to: destinationOf(raw.destination, new Map([...variables, ...source.variables]), VERCEL_NAME),
    status: statusOf(status),
    force,
  }));
}

function headersOf(raw: z.infer<typeof HeaderRule>): readonly SiteHeaderRule[] {
  const { host, query, variables } = conditionsOf(raw.has, raw.missing);
  if (raw.headers.length === 0) throw new RuleRefused('The rule has no headers.');
  return parseSource(raw.source).map((source) => {
    const known = new Map([...variables, ...source.variables]);
    const operations = raw.headers.map(({ key, value }) =>
      headerOperation({ name: key, value }, 'set', (text) => templateOf(text, known, VERCEL_NAME)),
    );
    return { host, pattern: source.pattern, unless: [...source.unless], query, operations };
  });
}

/** Finds the line of a node by halving: a file can have thousands of rules. */
function lineFinder(text: string): LineOf {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return ({ offset }) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
