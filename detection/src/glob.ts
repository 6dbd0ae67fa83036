/** Globs for outputs, matched in bounded time: pattern and names are both from outside. */

import { quoted } from '@appflux/protocol';
import picomatch from 'picomatch';
import { DetectionFailure } from './failure.ts';

export interface Glob {
  /** Whether it names one path, without wildcards. */
  readonly isLiteral: boolean;
  /**
   * The folder that all matches lie in, as far as the pattern says; '' for the top. For a literal, the path
   * itself.
   */
  readonly base: string;
  /** Whether a path, relative to the root directory, matches. */
  matches(path: string): boolean;
}

/**
 * picomatch compiles to regular expressions that backtrack: with `n` stars in a segment, a name of length `m`
 * can take `m` to the power of `n` steps. With two, the longest name that there is takes tens of thousands.
 */
const MAX_STARS_IN_SEGMENT = 2;
const MAX_SEGMENTS = 32;

const MAGIC = /[*?[\]{}!()+@|]/;

/**
 * Compiles an output glob. `*`, `?`, `[...]` and `{a,b}` stay within a segment; a segment `**` stands for any
 * number of folders. Names that begin with a dot are matched like others: what a build writes, it means.
 * @throws {DetectionFailure} `settings_invalid` for a pattern that leads out, or that would take too long to match.
 */
export function compileGlob(pattern: string): Glob {
  const refuse = (why: string) =>
    new DetectionFailure('settings_invalid', `The output ${quoted(pattern)} ${why}.`, {
      hint: 'Correct `outputs` in the app or in appflux.json.',
    });
  if (pattern.startsWith('/') || pattern.includes('\\') || pattern.includes('\0')) {
    throw refuse('is not a relative path with forward slashes');
  }
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw refuse('is outside the root directory');
  if (segments.length > MAX_SEGMENTS) throw refuse('has too many parts');
  const firstMagic = segments.findIndex((segment) => MAGIC.test(segment));
  if (firstMagic === -1) {
    const path = segments.join('/');
    return { isLiteral: true, base: path, matches: (candidate) => candidate === path };
  }
  const matchers = segments.map((segment) => {
    if (segment === '**') return null;
    if ((segment.match(/\*/g) ?? []).length > MAX_STARS_IN_SEGMENT) {
      throw refuse(`has more than ${MAX_STARS_IN_SEGMENT} wildcards in one path segment`);
    }
    return picomatch(segment, {
      dot: true,
      noextglob: true,
      nonegate: true,
      strictBrackets: false,
      maxLength: 512,
    });
  });
  return {
    isLiteral: false,
    base: segments.slice(0, firstMagic).join('/'),
    matches: (candidate) => matchSegments(matchers, candidate === '' ? [] : candidate.split('/')),
  };
}

type Matcher = ((name: string) => boolean) | null;

/**
 * Matches names against segments, where null stands for any number of names. When a name does not fit, only
 * the last `**` is given one name more: what stands before it has matched already, and no other choice there
 * could help.
 */
function matchSegments(matchers: readonly Matcher[], names: readonly string[]): boolean {
  let at = 0;
  let name = 0;
  let lastGlobstar = -1;
  let resumeAt = 0;
  while (name < names.length) {
    const matcher = matchers[at];
    if (matcher === null) {
      lastGlobstar = at;
      resumeAt = name;
      at += 1;
    } else if (matcher?.(names[name] ?? '') === true) {
      at += 1;
      name += 1;
    } else if (lastGlobstar !== -1) {
      resumeAt += 1;
      name = resumeAt;
      at = lastGlobstar + 1;
    } else return false;
  }
  while (matchers[at] === null) at += 1;
  return at === matchers.length;
}
