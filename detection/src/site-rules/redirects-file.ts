/** Reads `_redirects`: `from [key=value …] [to] [status[!]] [condition=value …]`, one rule a line. */
import { MAX_RULE_LENGTH, quoted, type SiteRedirect } from '@appflux/protocol';
import { type NetlifyRedirect, netlifyRedirect, refuseCondition } from './netlify-rule.ts';
import { type Problems, RuleRefused } from './problem.ts';
import type { FileRules } from './rules-of-file.ts';

/** Rules of a `_redirects` file, and a problem for each line that isn't one. Status 301 is the default, as at Netlify. */
export function parseRedirectsFile(file: string, text: string, problems: Problems): FileRules<SiteRedirect> {
  const rules: FileRules<SiteRedirect> = [];
  for (const [index, untrimmed] of text.split('\n').entries()) {
    const content = untrimmed.trim();
    if (content === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const rule = problems.attempt(file, line, () => netlifyRedirect(parseLine(content)));
    if (rule !== null) rules.push({ file, line, rule });
  }
  return rules;
}

function parseLine(content: string): NetlifyRedirect {
  if (content.length > MAX_RULE_LENGTH) {
    throw new RuleRefused(`The line is longer than ${MAX_RULE_LENGTH} characters.`);
  }
  const words = content.split(/\s+/);
  const comment = words.findIndex((word) => word.startsWith('#'));
  const [from = '', ...rest] = comment === -1 ? words : words.slice(0, comment);
  const at = rest.findIndex((word) => isDestination(word) || isStatus(word));
  const destination = rest[at];
  if (destination === undefined) {
    throw new RuleRefused('The destination is missing: it begins with "/", "https://" or "http://".');
  }
  const hasDestination = isDestination(destination);
  const [status = '301', ...conditions] = rest.slice(hasDestination ? at + 1 : at);
  const query = rest.slice(0, at).map(pairOf);
  if (status.includes('=')) refuseCondition(pairOf(status)[0]);
  const [condition] = conditions;
  if (condition !== undefined) {
    if (condition.includes('=')) refuseCondition(pairOf(condition)[0]);
    throw new RuleRefused(`${quoted(condition)} after the status isn't understood.`);
  }
  return {
    from,
    query,
    to: hasDestination ? destination : null,
    status: status.endsWith('!') ? status.slice(0, -1) : status,
    force: status.endsWith('!'),
  };
}

const isDestination = (word: string): boolean => word.startsWith('/') || /^https?:\/\//i.test(word);

const isStatus = (word: string): boolean => /^\d{3}!?$/.test(word);

function pairOf(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  if (at === -1) throw new RuleRefused(`${quoted(word)} isn't a condition: write it as key=value.`);
  return [word.slice(0, at), word.slice(at + 1)];
}
