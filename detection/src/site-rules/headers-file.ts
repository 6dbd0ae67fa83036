/** Reads `_headers`: a path, and below it lines of `Name: value`, or `! Name` to remove a header. */
import { MAX_RULE_LENGTH, quoted, type SiteHeaderOperation, type SiteHeaderRule } from '@appflux/protocol';
import { COLON_NAME, templateOf } from './destination.ts';
import { type HeaderLine, headerOperation } from './header.ts';
import { type HeaderSource, netlifyHeaderSource } from './netlify-rule.ts';
import { type Problems, RuleRefused } from './problem.ts';
import type { FileRules } from './rules-of-file.ts';

const PATH_LINE = /^(?:\/|https?:\/\/)/i;

/** The block that is being read; a null source is a path that was refused, whose headers go with it. */
interface Block {
  readonly line: number;
  readonly source: HeaderSource | null;
  readonly operations: SiteHeaderOperation[];
  hasProblem: boolean;
}

/** Rules of a `_headers` file, and a problem for each line that can't be followed. */
export function parseHeadersFile(file: string, text: string, problems: Problems): FileRules<SiteHeaderRule> {
  const rules: FileRules<SiteHeaderRule> = [];
  let block: Block | null = null;
  const close = () => {
    if (block?.source == null) return;
    const { line, source, operations } = block;
    const { host, pattern } = source;
    if (operations.length > 0) {
      rules.push({ file, line, rule: { host, pattern, unless: [], query: [], operations } });
    } else if (!block.hasProblem) problems.add(file, line, 'The path has no headers below it.');
  };
  for (const [index, untrimmed] of text.split('\n').entries()) {
    const content = untrimmed.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    if (PATH_LINE.test(content)) {
      close();
      const source = problems.attempt(file, line, () => netlifyHeaderSource(within(content)));
      block = { line, source, operations: [], hasProblem: false };
      continue;
    }
    if (block === null) {
      problems.add(file, line, `A path that begins with "/" must come before ${quoted(content)}.`);
      continue;
    }
    if (block.source === null) {
      // What protects something is an error wherever it stands; other headers of a refused path need no second message.
      if (/^basic-auth\s*:/i.test(content)) problems.attempt(file, line, () => operationOf(content, block));
      continue;
    }
    const operation = problems.attempt(file, line, () => operationOf(content, block));
    if (operation === null) block.hasProblem = true;
    else if (block.operations.length >= 100) problems.add(file, line, 'A path can have 100 headers at most.');
    else block.operations.push(operation);
  }
  close();
  return rules;
}

function operationOf(content: string, block: Block | null): SiteHeaderOperation {
  const variables = block?.source?.variables ?? new Map();
  return headerOperation(headerLine(within(content)), 'append', (value) =>
    templateOf(value, variables, COLON_NAME),
  );
}

function headerLine(content: string): HeaderLine {
  if (content.startsWith('! ')) return { name: content.slice(2).trim(), value: null };
  const at = content.indexOf(':');
  if (at === -1) {
    throw new RuleRefused(
      `${quoted(content)} isn't a header: write it as Name: value, or ! Name to remove one.`,
    );
  }
  return { name: content.slice(0, at).trim(), value: content.slice(at + 1).trim() };
}

function within(content: string): string {
  if (content.length <= MAX_RULE_LENGTH) return content;
  throw new RuleRefused(`The line is longer than ${MAX_RULE_LENGTH} characters.`);
}
