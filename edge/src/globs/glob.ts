/**
 * Globs of paths and tags, in the form of GitHub Actions' filters: `*` and `?` stay within a folder, `**` crosses folders,
 * `[a-z]` is a class and `{a,b}` are alternatives. A leading `/` means the top, as no `/` does. Files that begin with a dot
 * aren't special.
 *
 * Matching takes time in proportion to the lengths of the glob and of the path. A regular expression would not: some
 * globs take exponential time as one, and a team could hold up others with it.
 */

type Token =
  | { readonly kind: 'char'; readonly char: string }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    }
  | { readonly kind: 'any' }
  /** Any characters but `/`. */
  | { readonly kind: 'star' }
  /** Any characters. */
  | { readonly kind: 'globstar' }
  /** Nothing, or anything that ends with `/`. */
  | { readonly kind: 'folders' };

/** Alternatives that braces may make of one glob; further ones don't match. */
const MOST_ALTERNATIVES = 100;

/** Whether a tag matches a glob, whole. */
export const matchesTag = (glob: string, tag: string): boolean =>
  alternatives(glob).some((pattern) => endsOf(pattern, tag).has(tag.length));

/**
 * Whether a file of a site or an artifact matches a glob, whole. A glob without `/` matches in every folder, as in the lists of
 * other tools that check sizes.
 */
export function matchesGlob(glob: string, path: string): boolean {
  const pattern = glob.replace(/^(?:\.?\/)+/, '');
  const anywhere = glob.includes('/') ? pattern : `**/${pattern}`;
  return alternatives(anywhere).some((alternative) => endsOf(alternative, path).has(path.length));
}

/** Whether a path, or a folder that it is in, matches a glob: `docs` and `docs/` match all that is below `docs`. */
export function matchesPath(glob: string, path: string): boolean {
  const pattern = glob.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
  if (pattern === '' || pattern === '.') return true;
  return alternatives(pattern).some((alternative) => {
    const ends = endsOf(alternative, path);
    return ends.has(path.length) || [...ends].some((end) => path[end] === '/');
  });
}

/** Where in `text` a match that begins at its start can end. */
function endsOf(pattern: string, text: string): ReadonlySet<number> {
  let places = new Set([0]);
  for (const token of tokens(pattern)) {
    places = after(token, places, text);
    if (places.size === 0) break;
  }
  return places;
}

/** The places that `token` leads to. */
function after(token: Token, places: ReadonlySet<number>, text: string): Set<number> {
  const next = new Set<number>();
  if (token.kind === 'star' || token.kind === 'globstar') {
    let open = false;
    for (let at = 0; at <= text.length; at += 1) {
      open ||= places.has(at);
      if (open) next.add(at);
      if (token.kind === 'star' && text[at] === '/') open = false;
    }
    return next;
  }
  if (token.kind === 'folders') {
    const first = Math.min(...places);
    for (const place of places) next.add(place);
    for (let at = first; at < text.length; at += 1) if (text[at] === '/') next.add(at + 1);
    return next;
  }
  for (const place of places) {
    const char = text[place];
    if (char !== undefined && matchesChar(token, char)) next.add(place + 1);
  }
  return next;
}

function matchesChar(token: Extract<Token, { kind: 'char' | 'class' | 'any' }>, char: string): boolean {
  if (token.kind === 'char') return token.char === char;
  if (char === '/') return false;
  if (token.kind === 'any') return true;
  return token.ranges.some(([from, to]) => from <= char && char <= to) !== token.negated;
}

function* tokens(pattern: string): Generator<Token> {
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? '';
    if (char === '\\' && at + 1 < pattern.length) {
      at += 1;
      yield { kind: 'char', char: pattern[at] ?? '' };
    } else if (char === '?') yield { kind: 'any' };
    else if (char === '*') {
      const begin = at;
      while (pattern[at + 1] === '*') at += 1;
      const isWhole = (begin === 0 || pattern[begin - 1] === '/') && pattern[at + 1] === '/';
      if (at === begin) yield { kind: 'star' };
      else if (isWhole) {
        at += 1;
        yield { kind: 'folders' };
      } else yield { kind: 'globstar' };
    } else if (char === '[') {
      const read = classAt(pattern, at);
      if (read === null) yield { kind: 'char', char };
      else {
        at = read.end;
        yield read.token;
      }
    } else yield { kind: 'char', char };
  }
}

/** The class that begins at `begin`; null if nothing closes it, so that the bracket stands for itself. */
function classAt(pattern: string, begin: number): { token: Token; end: number } | null {
  const negated = pattern[begin + 1] === '!' || pattern[begin + 1] === '^';
  const first = begin + (negated ? 2 : 1);
  // A bracket that comes first belongs to the class.
  const end = pattern.indexOf(']', first + 1);
  if (end === -1) return null;
  const ranges: [string, string][] = [];
  for (let at = first; at < end; ) {
    const from = pattern[at] ?? '';
    const isRange = pattern[at + 1] === '-' && at + 2 < end;
    ranges.push([from, isRange ? (pattern[at + 2] ?? from) : from]);
    at += isRange ? 3 : 1;
  }
  return { token: { kind: 'class', negated, ranges }, end };
}

/** The globs without braces that a glob stands for. Braces that aren't closed, or have no comma, stand for themselves. */
function alternatives(glob: string): string[] {
  const done: string[] = [];
  const open = [glob];
  for (let next = open.pop(); next !== undefined && done.length < MOST_ALTERNATIVES; next = open.pop()) {
    const braces = innermost(next);
    if (braces === null) done.push(next);
    else {
      const { begin, end, parts } = braces;
      const [head, tail] = [next.slice(0, begin), next.slice(end + 1)];
      // The last ones are taken first, and a glob has at most so many alternatives anyway.
      for (const part of parts.slice(0, MOST_ALTERNATIVES)) open.push(head + part + tail);
    }
  }
  return done;
}

/** The first braces that have no others inside, and a comma. */
function innermost(glob: string): { begin: number; end: number; parts: string[] } | null {
  let begin = -1;
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob[at];
    if (char === '\\') at += 1;
    else if (char === '{') begin = at;
    else if (char === '}' && begin !== -1) {
      const inside = glob.slice(begin + 1, at);
      if (inside.includes(',')) return { begin, end: at, parts: inside.split(',') };
      begin = -1;
    }
  }
  return null;
}
