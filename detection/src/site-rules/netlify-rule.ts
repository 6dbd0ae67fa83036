/**
 * What `_redirects`, `_headers` and `netlify.toml` have in common: paths with `*` and `:name`, and what a redirect of
 * Netlify can ask for. https://docs.netlify.com/manage/routing/redirects/overview,
 * https://developers.cloudflare.com/pages/configuration/redirects
 */
import {
  quoted,
  REDIRECT_STATUSES,
  REWRITE_STATUSES,
  type SiteHeaderRule,
  type SitePattern,
  type SiteQueryCondition,
  type SiteRedirect,
  type SiteTemplate,
} from '@appflux/protocol';
import { COLON_NAME, destinationOf, templateOf, type Variables } from './destination.ts';
import { type HeaderLine, headerOperation } from './header.ts';
import { isSplat, patternOf, type Token } from './pattern.ts';
import { RuleRefused } from './problem.ts';

/** A redirect as the two syntaxes of Netlify give it, before anything is checked. */
export interface NetlifyRedirect {
  readonly from: string;
  readonly query: readonly (readonly [key: string, value: string])[];
  /** Null if it is left out: the path itself. */
  readonly to: string | null;
  readonly status: string;
  readonly force: boolean;
}

/** @throws {RuleRefused} it can't be followed as it is written. */
export function netlifyRedirect(raw: NetlifyRedirect): SiteRedirect {
  const source = netlifySource(raw.from);
  const variables = new Map(source.variables);
  const query = raw.query.map(([key, value]) => queryCondition(key, value, variables));
  const status = statusOf(raw.status);
  if (raw.to?.startsWith('/.netlify/')) {
    throw new RuleRefused(
      `${quoted(raw.to)} is a function or service of Netlify, which AppFlux doesn't run.`,
    );
  }
  if (raw.to === null && !(status === 200 && raw.from.endsWith('/*'))) {
    throw new RuleRefused('The destination is missing.');
  }
  const to = destinationOf(raw.to ?? raw.from.replace(/\/\*$/, '/:splat'), variables, COLON_NAME);
  if (to.origin !== null && status !== 200 && (REWRITE_STATUSES as readonly number[]).includes(status)) {
    throw new RuleRefused(`A rule with status ${status} must lead to a path of this site.`);
  }
  const { host, tokens } = source;
  const onlyAddsSlash = raw.to !== null && raw.to !== raw.from && unslashed(raw.to) === unslashed(raw.from);
  const pattern = patternOf(tokens, onlyAddsSlash ? 'exact' : 'any');
  return { host, pattern, unless: [], query, to, status, force: raw.force };
}

/** @throws {RuleRefused} the path or a header can't be followed as it is written. */
export function netlifyHeaders(path: string, lines: readonly HeaderLine[]): SiteHeaderRule {
  const { host, pattern, variables } = netlifyHeaderSource(path);
  const operations = lines.map((line) =>
    headerOperation(line, 'append', (value) => templateOf(value, variables, COLON_NAME)),
  );
  return { host, pattern, unless: [], query: [], operations };
}

export interface HeaderSource {
  readonly host: string | null;
  readonly pattern: SitePattern;
  readonly variables: Variables;
}

/** The path of a block of headers. */
export function netlifyHeaderSource(path: string): HeaderSource {
  const { host, tokens, variables } = netlifySource(path);
  return { host, pattern: patternOf(tokens, 'any'), variables };
}

interface NetlifySource {
  readonly host: string | null;
  readonly tokens: readonly Token[];
  readonly variables: Variables;
}

function netlifySource(text: string): NetlifySource {
  const [, host = null, rest = ''] = /^(?:https?:\/\/([^/?#]*))?(.*)$/is.exec(text) ?? [];
  if (/[?#]/.test(rest)) {
    throw new RuleRefused(
      `The path ${quoted(text)} can't have "?" or "#". Conditions on the query follow the path: /path key=value.`,
    );
  }
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  const tokens: Token[] = [];
  let end = 0;
  for (const match of path.matchAll(/\*|:([A-Za-z]\w*)/g)) {
    tokens.push(path.slice(end, match.index));
    tokens.push(match[1] === undefined ? { splat: 'splat', least: 'nothing' } : captureOf(match[1]));
    end = match.index + match[0].length;
  }
  tokens.push(path.slice(end));
  const variables = new Map<string, SiteTemplate>();
  for (const token of tokens) {
    if (typeof token === 'string') continue;
    const name = isSplat(token) ? token.splat : token.capture;
    variables.set(name, [{ capture: name }]);
  }
  return { host: host === null ? null : hostOf(host), tokens, variables };
}

function captureOf(name: string) {
  if (name.length > 64)
    throw new RuleRefused(`The placeholder ${quoted(`:${name}`)} is longer than 64 characters.`);
  return { capture: name };
}

/** A host without wildcards, in the form in which URLs have it. */
export function hostOf(text: string): string {
  if (/[:*]/.test(text)) {
    throw new RuleRefused(`The host ${quoted(text)} can't have placeholders, wildcards or a port.`);
  }
  if (!/^[^\s@\\/?#]+$/.test(text) || !URL.canParse(`https://${text}`)) {
    throw new RuleRefused(`${quoted(text)} isn't a host name.`);
  }
  return new URL(`https://${text}`).hostname;
}

function queryCondition(
  key: string,
  value: string,
  variables: Map<string, SiteTemplate>,
): SiteQueryCondition {
  if (key === '') throw new RuleRefused('A condition on the query needs a name: key=value.');
  if (!value.startsWith(':')) return { key, value };
  const name = value.slice(1);
  if (!/^[A-Za-z]\w{0,63}$/.test(name)) {
    throw new RuleRefused(
      `${quoted(value)} isn't a placeholder: letters, digits and underscores may follow ":".`,
    );
  }
  if (variables.has(name)) throw new RuleRefused(`The placeholder ${quoted(value)} is used twice.`);
  variables.set(name, [{ capture: name }]);
  return { key, value: { capture: name } };
}

const STATUSES = [...REDIRECT_STATUSES, ...REWRITE_STATUSES];

/** @throws {RuleRefused} it isn't one of the statuses that a rule can have. */
export function statusOf(text: string): SiteRedirect['status'] {
  const status = STATUSES.find((candidate) => String(candidate) === text);
  if (status !== undefined) return status;
  throw new RuleRefused(
    `${quoted(text)} isn't a status that a rule can have: 200 (rewrite), 301, 302, 303, 307 or 308 (redirect), 404 or 410.`,
  );
}

/** Conditions and options of Netlify that AppFlux doesn't have. Those that protect something are errors. */
export function refuseCondition(name: string): never {
  const key = name.toLowerCase();
  if (key === 'role' || key === 'jwt') {
    throw new RuleRefused(
      `The condition ${quoted(name)} isn't supported, and what it protects would be public. Remove the rule, and restrict access to the site in the app's settings.`,
      'error',
    );
  }
  if (key === 'signed' || key === 'sign' || key === 'signing') {
    throw new RuleRefused(
      `Signed proxy requests (${quoted(name)}) aren't supported: the other server would refuse them.`,
      'error',
    );
  }
  const known = ['country', 'language', 'cookie', 'domain'].includes(key);
  throw new RuleRefused(
    known
      ? `The condition ${quoted(name)} isn't supported. The rule is left out, because it would apply to everyone.`
      : `${quoted(name)} isn't supported. The rule is left out.`,
  );
}

const unslashed = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
