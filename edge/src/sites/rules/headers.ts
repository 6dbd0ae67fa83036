/** Header rules: what a response to a path carries. */
import {
  canonicalUrlPath,
  HEADER_VALUE,
  isSettableHeader,
  type SiteHeaderOperation,
  type SiteRules,
} from '@appflux/protocol';
import { fill } from './destination.ts';
import type { SiteRequest } from './match.ts';
import { matchPattern, segmentsOf } from './pattern.ts';
import { matchQuery, queryPairs } from './query.ts';

/** A header operation whose value is complete. */
export interface SiteHeader {
  readonly operation: SiteHeaderOperation['operation'];
  /** Lower case. */
  readonly name: string;
  readonly value: string;
}

/** The header operations of all rules that match a request, in their order. The path is the one that was requested. */
export function headersFor(rules: SiteRules, request: SiteRequest): readonly SiteHeader[] {
  const path = canonicalUrlPath(request.path);
  if (path === null || rules.headers.length === 0) return [];
  const segments = segmentsOf(path);
  const pairs = queryPairs(request.query);
  return rules.headers.flatMap((rule) => {
    if (rule.host !== null && rule.host !== request.host) return [];
    const captures = new Map<string, string>();
    if (!matchPattern(rule.pattern, segments, captures)) return [];
    if (!matchQuery(rule.query, pairs, captures)) return [];
    if (rule.unless.some((pattern) => matchPattern(pattern, segments))) return [];
    return rule.operations.map(({ operation, name, value }) => ({
      operation,
      name,
      value: fill(value, captures),
    }));
  });
}

/**
 * Applies header operations to a response's headers. `vary` is only ever extended: without what serving put there,
 * caches would hand a compressed file to clients that can't read it. Call it before headers that must hold, such as
 * `X-Robots-Tag` of previews.
 */
export function applySiteHeaders(headers: Headers, operations: readonly SiteHeader[]): void {
  const set = new Set<string>();
  for (const { operation, name, value } of operations) {
    if (!isSettableHeader(name) || !HEADER_VALUE.test(value)) continue;
    if (name === 'vary') {
      if (operation !== 'remove') headers.append(name, value);
    } else if (operation === 'remove') {
      headers.delete(name);
    } else if (operation === 'append' && set.has(name)) {
      headers.append(name, value);
    } else {
      headers.set(name, value);
      set.add(name);
    }
  }
}
