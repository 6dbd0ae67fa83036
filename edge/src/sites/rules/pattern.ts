/**
 * Matches paths with the patterns of a site's rules. Each segment is compared a single time, without backtracking,
 * so the time is proportional to the length of the path and the pattern.
 */
import {
  MAX_INNER_LITERAL,
  type SiteCapture,
  type SitePattern,
  type SiteSegment,
  type SiteSplat,
} from '@appflux/protocol';

/** What was captured, by name; percent-encoded as in the path. */
export type Captures = Map<string, string>;

/** The segments of a canonical path: `/` has one, which is empty. */
export const segmentsOf = (canonicalPath: string): readonly string[] => canonicalPath.slice(1).split('/');

/**
 * Matches the segments of a canonical path. Adds what the pattern captures to `captures` and returns whether it matches;
 * if it doesn't, `captures` may have some of the values.
 */
export function matchPattern(
  pattern: SitePattern,
  path: readonly string[],
  captures: Captures = new Map(),
): boolean {
  const { before, splat, after } = pattern;
  const endsWithSlash = pattern.slash === 'any' && path.at(-1) === '';
  const count = endsWithSlash ? path.length - 1 : path.length;
  const rest = count - before.length - after.length;
  if (splat === null ? rest !== 0 : rest < 0) return false;
  for (const [at, segment] of before.entries()) {
    if (!matchSegment(segment, path[at] ?? '', captures)) return false;
  }
  for (const [at, segment] of after.entries()) {
    if (!matchSegment(segment, path[count - after.length + at] ?? '', captures)) return false;
  }
  if (splat === null) return true;
  const value = matchSplat(splat, path.slice(before.length, before.length + rest));
  if (value === null) return false;
  // `/old/a/` leads to `/new/a/`.
  const slash = endsWithSlash && after.length === 0 && splat.suffix === '' && rest > 0 ? '/' : '';
  captures.set(splat.capture, value + slash);
  return true;
}

function matchSplat({ prefix, suffix, least }: SiteSplat, segments: readonly string[]): string | null {
  if (segments.length === 0) return least === 'nothing' && prefix === '' && suffix === '' ? '' : null;
  const text = segments.join('/');
  if (text.length < prefix.length + suffix.length) return null;
  if (!text.startsWith(prefix) || !text.endsWith(suffix)) return null;
  const value = text.slice(prefix.length, text.length - suffix.length);
  return value === '' && least === 'character' ? null : value;
}

/**
 * Matches literals and captures from the right: the last literal is where it occurs last, which leaves the most to
 * what is before it. If any placement matches, this one does, and the first captures are the longest possible, as they
 * are with a greedy regular expression.
 */
function matchSegment(segment: SiteSegment, text: string, captures: Captures): boolean {
  if (typeof segment === 'string') return segment === text;
  let end = text.length;
  let open: SiteCapture | null = null;
  for (let at = segment.length - 1; at >= 0; at -= 1) {
    const part = segment[at];
    if (typeof part === 'object') {
      // Two captures side by side have no boundary: no rule has them.
      if (open !== null) return false;
      open = part;
      continue;
    }
    const literal = part ?? '';
    const start = placeOf(literal, text, end, { isFirst: at === 0, isLast: open === null });
    if (start === null) return false;
    if (open !== null && !capture(open, text.slice(start + literal.length, end), captures)) return false;
    open = null;
    end = start;
  }
  return open === null ? end === 0 : capture(open, text.slice(0, end), captures);
}

/** Where a literal of a segment is: at the start or the end if no capture is on that side, else as far right as can be. */
function placeOf(
  literal: string,
  text: string,
  end: number,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): number | null {
  const fits = (start: number) => start >= 0 && text.startsWith(literal, start);
  if (isFirst) return fits(0) && (isLast ? literal.length === end : literal.length < end) ? 0 : null;
  if (isLast) return fits(end - literal.length) ? end - literal.length : null;
  if (literal.length > MAX_INNER_LITERAL) return null;
  // A character remains for the capture behind it, and one for the capture before it.
  const latest = end - literal.length - 1;
  const start = latest < 1 ? -1 : text.lastIndexOf(literal, latest);
  return start < 1 ? null : start;
}

const DIGITS = /^[0-9]+$/;

function capture({ capture: name, digits }: SiteCapture, value: string, captures: Captures): boolean {
  if (value === '' || (digits === true && !DIGITS.test(value))) return false;
  captures.set(name, value);
  return true;
}
