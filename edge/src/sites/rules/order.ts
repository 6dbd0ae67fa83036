/** Finds the rules that may match a path without trying each: most rules of large sites are for one path. */
import type { SiteRedirect, SiteRules } from '@appflux/protocol';

interface Index {
  /** Rules for one path, by that path without a slash at its end; with their positions. */
  readonly literal: ReadonlyMap<string, readonly number[]>;
  /** Positions of all other rules, ascending. */
  readonly dynamic: readonly number[];
}

/** By identity: a manifest in memory keeps its rules, and the index goes with them. */
const indexes = new WeakMap<SiteRules, Index>();

/** The rules that may match a canonical path, in their order. */
export function candidatesFor(rules: SiteRules, path: string): readonly SiteRedirect[] {
  const { literal, dynamic } = indexOf(rules);
  const exact = literal.get(withoutSlash(path)) ?? [];
  const positions = exact.length === 0 ? dynamic : [...exact, ...dynamic].sort((a, b) => a - b);
  return positions.flatMap((position) => rules.redirects[position] ?? []);
}

function indexOf(rules: SiteRules): Index {
  const known = indexes.get(rules);
  if (known !== undefined) return known;
  const literal = new Map<string, number[]>();
  const dynamic: number[] = [];
  for (const [position, { pattern }] of rules.redirects.entries()) {
    const segments = [...pattern.before, ...pattern.after];
    if (pattern.splat !== null || segments.some((segment) => typeof segment !== 'string')) {
      dynamic.push(position);
      continue;
    }
    const key = withoutSlash(`/${segments.join('/')}`);
    const positions = literal.get(key);
    if (positions === undefined) literal.set(key, [position]);
    else positions.push(position);
  }
  const index = { literal, dynamic };
  indexes.set(rules, index);
  return index;
}

const withoutSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);
