/** Reads where a rule leads. */
import { encodeUrlSegment, quoted, type SiteDestination, type SiteTemplate } from '@appflux/protocol';
import { literalOf } from './pattern.ts';
import { RuleRefused } from './problem.ts';

/** What the names in a destination stand for. */
export type Variables = ReadonlyMap<string, SiteTemplate>;

/** How a syntax writes a name: a pattern that is tried at the place where it begins, with the name as first group. */
export type NamePattern = RegExp;

/** `:name` of `_redirects`, `_headers` and `netlify.toml`. */
export const COLON_NAME: NamePattern = /:([A-Za-z]\w*)/g;

const ABSOLUTE = /^https?:\/\//i;

/**
 * Reads a destination: a path of the site, or a URL. Names that aren't in `variables` are ordinary text.
 * @throws {RuleRefused} it is neither, or what was captured could change the host.
 */
export function destinationOf(text: string, variables: Variables, names: NamePattern): SiteDestination {
  const isAbsolute = ABSOLUTE.test(text);
  if (!isAbsolute && (!text.startsWith('/') || text.startsWith('//') || text.startsWith('/\\'))) {
    throw new RuleRefused(
      `The destination ${quoted(text)} must begin with "/", "https://" or "http://", and "//" isn't a path.`,
    );
  }
  const start = isAbsolute ? endOfHost(text) : 0;
  const [, path = '', query, hash] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text.slice(start)) ?? [];
  const segments = templateOf(path, variables, names, pathText);
  const destination = {
    origin: isAbsolute ? originOf(text.slice(0, start), variables, names) : null,
    path: segments.length === 0 ? ['/'] : segments,
    query: queryOf(query ?? '', variables, names),
    hash: hash === undefined ? null : templateOf(hash, variables, names, hashText),
  };
  refuseDots(destination.path);
  return destination;
}

/**
 * Text with names replaced by what they stand for; `encode` is applied to the text between them. A name that stands for
 * nothing takes the slash before it along: `/a/:path*` then is `/a`.
 */
export function templateOf(
  text: string,
  variables: Variables,
  names: NamePattern,
  encode: (literal: string) => string = (literal) => literal,
): SiteTemplate {
  const template: SiteTemplate = [];
  let end = 0;
  const add = (literal: string) => {
    const last = template.at(-1);
    if (literal === '') return;
    if (typeof last === 'string') template[template.length - 1] = last + literal;
    else template.push(literal);
  };
  for (const match of text.matchAll(names)) {
    const value = variables.get(match[1] ?? match[2] ?? '');
    if (value === undefined) continue;
    const before = text.slice(end, match.index);
    add(encode(value.length === 0 ? before.replace(/\/$/, '') : before));
    for (const part of value) {
      if (typeof part === 'string') add(part);
      else template.push(part);
    }
    end = match.index + match[0].length;
  }
  add(encode(text.slice(end)));
  return template;
}

/** Where the path, the query or the fragment of a URL begins. */
function endOfHost(url: string): number {
  const host = url.indexOf('//') + 2;
  const length = url.slice(host).search(/[/?#]/);
  return length === -1 ? url.length : host + length;
}

function originOf(text: string, variables: Variables, names: NamePattern): string {
  if (templateOf(text, variables, names).some((part) => typeof part === 'object')) {
    throw new RuleRefused(
      `The host of ${quoted(text)} can't have placeholders: visitors could be sent to any host.`,
    );
  }
  if (/[@\\\s]/.test(text) || !URL.canParse(text)) {
    throw new RuleRefused(`${quoted(text)} isn't the beginning of a URL. Write it as https://example.com.`);
  }
  return new URL(text).origin;
}

const pathText = (text: string): string => text.split('/').map(literalOf).join('/');

const hashText = (text: string): string => text.split('/').map(literalOf).join('/');

function queryOf(text: string, variables: Variables, names: NamePattern): SiteDestination['query'] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [key, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return { key: decoded(key), value: templateOf(value, variables, names, queryText) };
    });
}

const queryText = (text: string): string => encodeURIComponent(decoded(text)).replaceAll('%2F', '/');

function decoded(text: string): string {
  try {
    const plain = decodeURIComponent(text.replaceAll('+', ' '));
    if (encodeUrlSegment(plain) !== null) return plain;
  } catch {
    // Refused below: the only error is text that isn't percent-encoded UTF-8.
  }
  throw new RuleRefused(`${quoted(text)} isn't percent-encoded UTF-8. Write % as %25.`);
}

/** `/a/../b` never is what was meant: a browser resolves it before it asks. */
function refuseDots(path: SiteTemplate): void {
  const sample = path.map((part) => (typeof part === 'string' ? part : 'x')).join('');
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(sample)) {
    throw new RuleRefused('The destination can\'t have the segments "." and "..".');
  }
}
