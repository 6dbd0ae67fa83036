/** Looks at all redirects of a site together: single-page apps, duplicates, loops, rules that never apply. */
import {
  canonicalUrlPath,
  REDIRECT_STATUSES,
  type SitePattern,
  type SiteRedirect,
  type SiteTemplate,
} from '@appflux/protocol';
import type { Problems } from './problem.ts';
import type { FileRules, Located } from './rules-of-file.ts';

export interface Reviewed {
  readonly redirects: FileRules<SiteRedirect>;
  /** Whether a rule serves `/index.html` for every path without a file, as `/* /index.html 200` does. */
  readonly hasSpaFallback: boolean;
}

/**
 * Leaves out duplicates, rules that lead to themselves and what an earlier rule covers, with a problem for each. Reports
 * loops of several rules, and, if the paths of the site's files are known, rules that a file shadows.
 */
export function reviewRedirects(
  found: FileRules<SiteRedirect>,
  paths: ReadonlySet<string> | null,
  problems: Problems,
): Reviewed {
  const redirects: FileRules<SiteRedirect> = [];
  const seen = new Map<string, Located<SiteRedirect>>();
  let catchAll: Located<SiteRedirect> | null = null;
  let hasSpaFallback = false;
  for (const located of found) {
    const { file, line, rule } = located;
    const covering: Located<SiteRedirect> | null =
      catchAll ?? seen.get(keyOf(rule)) ?? seen.get(keyOf(rule, 'any')) ?? null;
    if (covering !== null && (covering.rule.force || !rule.force)) {
      // Alternatives of one rule are no duplicates of each other.
      if (covering.line === line && covering.file === file) continue;
      const place =
        covering.file === file ? `line ${covering.line}` : `${covering.file}, line ${covering.line}`;
      problems.add(file, line, `The rule never applies: ${place} matches the same requests.`);
      continue;
    }
    if (leadsToItself(rule)) {
      problems.add(file, line, 'The rule leads to itself and is left out.');
      continue;
    }
    seen.set(keyOf(rule), located);
    if (isCatchAll(rule)) catchAll = located;
    if (isSpaFallback(rule)) {
      hasSpaFallback = true;
      continue;
    }
    reportShadow(located, paths, problems);
    reportForeignRewrite(located, problems);
    redirects.push(located);
  }
  reportLoops(redirects, paths, problems);
  return { redirects, hasSpaFallback };
}

/** Equal for rules that match the same requests. With `any`, the key that the rule would have for both slashes. */
function keyOf({ host, pattern, unless, query }: SiteRedirect, slash = pattern.slash): string {
  const { before, splat, after } = pattern;
  const last = after.length > 0 ? after : before;
  const isSlashed = last.at(-1) === '';
  const ends = slash === 'any' && isSlashed ? last.slice(0, -1) : last;
  const segments = after.length > 0 ? [before, ends] : [ends, after];
  return JSON.stringify([host, segments, splat && { ...splat, capture: '' }, slash, unless, query]);
}

/** Whether a rule matches every path, whatever the host and the query. */
function isCatchAll({ host, pattern, unless, query }: SiteRedirect): boolean {
  if (host !== null || unless.length > 0 || query.length > 0) return false;
  const { before, splat, after } = pattern;
  if (before.length > 0 || after.length > 0 || splat === null) return false;
  return splat.prefix === '' && splat.suffix === '' && splat.least !== 'character';
}

const INDEX = new Set(['/', '/index', '/index.html']);

function isSpaFallback(rule: SiteRedirect): boolean {
  const path = literalPath(rule);
  return rule.status === 200 && !rule.force && path !== null && INDEX.has(path) && isCatchAll(rule);
}

/** The path of this site that a rule leads to, if it doesn't depend on the request. */
function literalPath({ to }: SiteRedirect): string | null {
  if (to.origin !== null || !to.path.every((part) => typeof part === 'string')) return null;
  return to.path.join('');
}

/** Whether a redirect's destination is its own pattern: `/a /a`, or `/a/* /a/:splat`. */
function leadsToItself(rule: SiteRedirect): boolean {
  const { host, pattern, to, query } = rule;
  if (!isRedirect(rule) || query.length > 0 || to.query.length > 0) return false;
  if (to.origin !== null && (host === null || new URL(to.origin).hostname !== host)) return false;
  return templateText(to.path) === patternText(pattern);
}

/** The template that gives back what a pattern matches. */
function patternText({ before, splat, after, slash }: SitePattern): string {
  const segments = before.map((segment) => (typeof segment === 'string' ? segment : templateText(segment)));
  const middle = splat === null ? [] : [`${splat.prefix}\u{0}${splat.capture}\u{0}${splat.suffix}`];
  const ends = after.map((segment) => (typeof segment === 'string' ? segment : templateText(segment)));
  const text = `/${[...segments, ...middle, ...ends].join('/')}`;
  return slash === 'exact' ? text : text.replace(/(?<=.)\/$/, '');
}

const templateText = (template: SiteTemplate): string =>
  template.map((part) => (typeof part === 'string' ? part : `\u{0}${part.capture}\u{0}`)).join('');

function reportShadow(
  { file, line, rule }: Located<SiteRedirect>,
  paths: ReadonlySet<string> | null,
  problems: Problems,
): void {
  const path = ownPath(rule);
  if (rule.force || path === null || paths === null || !hasFile(path, paths)) return;
  problems.add(
    file,
    line,
    'The rule never applies: the site has a file for this path. Add "!" after the status to override it.',
  );
}

/** The path that a rule is for, if it is a single one. */
function ownPath({ pattern, query, host }: SiteRedirect): string | null {
  const { before, splat } = pattern;
  if (splat !== null || query.length > 0 || host !== null) return null;
  return before.every((segment) => typeof segment === 'string') ? `/${before.join('/')}` : null;
}

function hasFile(path: string, paths: ReadonlySet<string>): boolean {
  const name = decodeURIComponent(path.slice(1)).replace(/\/$/, '');
  if (name === '') return paths.has('index.html');
  return [name, `${name}.html`, `${name}/index.html`].some((candidate) => paths.has(candidate));
}

function reportForeignRewrite({ file, line, rule }: Located<SiteRedirect>, problems: Problems): void {
  if (rule.to.origin === null || isRedirect(rule)) return;
  const { host } = new URL(rule.to.origin);
  problems.add(file, line, `Requests are passed on only if the app's settings allow rewrites to ${host}.`);
}

/** Follows redirects from one path to another path of this site. Rules with placeholders are checked when they match. */
function reportLoops(
  redirects: FileRules<SiteRedirect>,
  paths: ReadonlySet<string> | null,
  problems: Problems,
): void {
  const next = new Map<string, { to: string; located: Located<SiteRedirect> }>();
  for (const located of redirects) {
    const from = ownPath(located.rule);
    const to = literalPath(located.rule);
    if (from === null || to === null || !isRedirect(located.rule)) continue;
    // A rule that only adds or removes a slash doesn't match what it leads to.
    if (unslashed(from) === unslashed(to)) continue;
    const ends = !located.rule.force && paths !== null && hasFile(from, paths);
    if (!ends && !next.has(unslashed(from)))
      next.set(unslashed(from), { to: canonicalUrlPath(to) ?? to, located });
  }
  const finished = new Set<string>();
  for (const start of next.keys()) {
    const walked = new Set<string>();
    let path = start;
    while (next.has(path) && !walked.has(path) && !finished.has(path)) {
      walked.add(path);
      path = unslashed(next.get(path)?.to ?? '');
    }
    const loop = walked.has(path) ? next.get(path)?.located : undefined;
    if (loop !== undefined) {
      problems.add(
        loop.file,
        loop.line,
        'Redirects go round in a circle from this rule. They are not followed.',
      );
    }
    for (const done of walked) finished.add(done);
  }
}

const unslashed = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;

const isRedirect = ({ status }: SiteRedirect): boolean =>
  (REDIRECT_STATUSES as readonly number[]).includes(status);
