/** Fills what was captured into the destination of a rule. */
import { canonicalUrlPath, type SiteDestination, type SiteTemplate } from '@appflux/protocol';
import type { Captures } from './pattern.ts';
import type { QueryPair } from './query.ts';

/** Where a request goes. */
export interface Target {
  /** Null: this site. */
  readonly origin: string | null;
  /** A canonical URL path; on this site it never begins with `//`, which browsers take for a host. */
  readonly path: string;
  /** Begins with `?`, or is empty. */
  readonly query: string;
  /** Begins with `#`, or is empty. */
  readonly hash: string;
}

/**
 * The target of a rule for a request. Pairs of the request's query are passed on, except those in `conditions` and those
 * that the destination sets itself. Null if what was captured would make a path that leaves its place, such as `/..`.
 */
export function fillDestination(
  destination: SiteDestination,
  captures: Captures,
  pairs: readonly QueryPair[],
  conditions: ReadonlySet<string>,
): Target | null {
  const filled = canonicalUrlPath(fill(destination.path, captures));
  if (filled === null) return null;
  const path = destination.origin === null ? filled.replace(/\/{2,}/g, '/') : filled;
  const own = destination.query.map(({ key, value }) => {
    const text = fill(value, captures, queryValue);
    return text === '' ? encodeURIComponent(key) : `${encodeURIComponent(key)}=${text}`;
  });
  const keys = new Set(destination.query.map(({ key }) => key));
  const passed = pairs.filter(({ key }) => !conditions.has(key) && !keys.has(key)).map(({ raw }) => raw);
  const query = [...own, ...passed].join('&');
  return {
    origin: destination.origin,
    path,
    query: query === '' ? '' : `?${query}`,
    hash: destination.hash === null ? '' : `#${fill(destination.hash, captures)}`,
  };
}

/** The text of a template. `encode` changes what was captured; a name that wasn't is empty. */
export function fill(
  template: SiteTemplate,
  captures: Captures,
  encode: (captured: string) => string = (captured) => captured,
): string {
  return template
    .map((part) => (typeof part === 'string' ? part : encode(captures.get(part.capture) ?? '')))
    .join('');
}

/** What is captured is a part of a path, where `&`, `=` and `+` mean nothing. */
const queryValue = (captured: string): string =>
  encodeURIComponent(decodeURIComponent(captured)).replaceAll('%2F', '/');
