/** The query of a request: its conditions, and what of it a redirect passes on. */
import { encodeUrlSegment, type SiteQueryCondition } from '@appflux/protocol';
import type { Captures } from './pattern.ts';

/** One `key=value` of a query: as it was sent, and decoded. */
export interface QueryPair {
  readonly raw: string;
  readonly key: string;
  readonly value: string;
}

/** The pairs of a URL's `search`, with or without `?`, in their order. */
export function queryPairs(search: string): readonly QueryPair[] {
  const text = search.startsWith('?') ? search.slice(1) : search;
  return text
    .split('&')
    .filter((raw) => raw !== '')
    .map((raw) => {
      const [key = '', value = ''] = [...new URLSearchParams(raw)][0] ?? [];
      return { raw, key, value };
    });
}

/** Whether a query fulfils all conditions. Adds what they capture to `captures`. */
export function matchQuery(
  conditions: readonly SiteQueryCondition[],
  pairs: readonly QueryPair[],
  captures: Captures,
): boolean {
  return conditions.every((condition) => {
    const pair = pairs.find(({ key }) => key === condition.key);
    if (pair === undefined) return false;
    if (condition.value === null) return true;
    if (typeof condition.value === 'string') return pair.value === condition.value;
    const encoded = encodeUrlSegment(pair.value);
    if (encoded === null || encoded === '') return false;
    captures.set(condition.value.capture, encoded);
    return true;
  });
}
