/** Builds the normalized patterns of rules from tokens, which is what each syntax is read into. */
import {
  encodeUrlSegment,
  MAX_INNER_LITERAL,
  quoted,
  type SiteCapture,
  type SitePattern,
  type SiteSegment,
  type SiteSplat,
} from '@appflux/protocol';
import { RuleRefused } from './problem.ts';

export interface SplatToken {
  readonly splat: string;
  readonly least: SiteSplat['least'];
}

/** A part of a path: text with slashes, percent-encoded or not; a capture within one segment; or the splat. */
export type Token = string | SiteCapture | SplatToken;

export const isSplat = (token: Token | undefined): token is SplatToken =>
  typeof token === 'object' && 'splat' in token;

/**
 * The pattern of tokens that begin with `/`.
 * @throws {RuleRefused} it can't be matched in one pass, or isn't a path.
 */
export function patternOf(tokens: readonly Token[], slash: SitePattern['slash']): SitePattern {
  const segments = segmentsOf(tokens);
  // Without regard to the slash at the end, `/a/` and `/a` are one pattern.
  if (slash === 'any' && segments.at(-1)?.length === 0) segments.pop();
  refuseRepetition(tokens);
  const at = segments.findIndex((segment) => segment.some(isSplat));
  if (at === -1) return { before: segments.map(segmentOf), splat: null, after: [], slash };
  return {
    before: segments.slice(0, at).map(segmentOf),
    splat: splatOf(segments[at] ?? []),
    after: segments.slice(at + 1).map(segmentOf),
    slash,
  };
}

/** Splits tokens at the slashes of their texts. */
function segmentsOf(tokens: readonly Token[]): Token[][] {
  const segments: Token[][] = [[]];
  for (const token of tokens) {
    const [first, ...others] = typeof token === 'string' ? token.split('/') : [token];
    if (first !== undefined && first !== '') segments.at(-1)?.push(first);
    for (const other of others) segments.push(other === '' ? [] : [other]);
  }
  const beforeSlash = segments.shift();
  if (beforeSlash === undefined || beforeSlash.length > 0 || segments.length === 0) {
    throw new RuleRefused('The path must begin with "/".');
  }
  return segments.map(joined);
}

/** Texts that follow each other become one. */
function joined(segment: readonly Token[]): Token[] {
  const result: Token[] = [];
  for (const token of segment) {
    const last = result.at(-1);
    if (typeof token === 'string' && typeof last === 'string') result[result.length - 1] = last + token;
    else result.push(token);
  }
  return result;
}

function segmentOf(tokens: readonly Token[]): SiteSegment {
  const parts = tokens.map((token) => {
    if (isSplat(token)) throw new Error('The splat is a segment of its own.');
    return typeof token === 'string' ? literalOf(token) : token;
  });
  if (parts.every((part) => typeof part === 'string')) return refuseDots(parts.join(''));
  for (const [at, part] of parts.entries()) {
    if (typeof part === 'object' && typeof parts[at + 1] === 'object') {
      throw new RuleRefused('Two placeholders need text between them.');
    }
    const isInner = at > 0 && at < parts.length - 1;
    if (isInner && typeof part === 'string' && part.length > MAX_INNER_LITERAL) {
      throw new RuleRefused(
        `The text between two placeholders can have ${MAX_INNER_LITERAL} characters at most.`,
      );
    }
  }
  const captures = parts.filter((part) => typeof part === 'object');
  if (captures.length > 1 && captures.some(({ digits }) => digits)) {
    throw new RuleRefused('A placeholder for digits must be the only one between two slashes.');
  }
  return parts;
}

function splatOf(tokens: readonly Token[]): SiteSplat {
  const at = tokens.findIndex(isSplat);
  const token = tokens[at];
  if (!isSplat(token)) throw new Error('The segment has no splat.');
  const sides = [tokens.slice(0, at), tokens.slice(at + 1)];
  if (sides.flat().some((other) => typeof other === 'object')) {
    throw new RuleRefused('A wildcard and a placeholder need a slash between them.');
  }
  const [prefix = '', suffix = ''] = sides.map((side) => literalOf(side.join('')));
  const isAlone = prefix === '' && suffix === '';
  const least = token.least === 'nothing' && !isAlone ? 'slash' : token.least;
  return { capture: token.splat, prefix, suffix, least };
}

/** The text of one segment in the form in which paths are compared. */
export function literalOf(text: string): string {
  let encoded: string | null;
  try {
    encoded = encodeUrlSegment(decodeURIComponent(text));
  } catch {
    // The only error of decodeURIComponent.
    throw new RuleRefused(`${quoted(text)} isn't percent-encoded UTF-8. Write % as %25.`);
  }
  if (encoded === null) throw new RuleRefused(`${quoted(text)} isn't valid Unicode.`);
  return encoded;
}

function refuseDots(literal: string): string {
  if (literal === '.' || literal === '..') {
    throw new RuleRefused('A path can\'t have the segments "." and "..": browsers remove them.');
  }
  return literal;
}

function refuseRepetition(tokens: readonly Token[]): void {
  if (tokens.filter(isSplat).length > 1) throw new RuleRefused('A path can have one wildcard (*) only.');
  const names = new Set<string>();
  for (const token of tokens) {
    if (typeof token === 'string') continue;
    const name = isSplat(token) ? token.splat : token.capture;
    if (names.has(name)) throw new RuleRefused(`The placeholder ${quoted(`:${name}`)} is used twice.`);
    names.add(name);
  }
}
