import { canonicalUrlPath, SitePattern, type SiteSegment } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { matchPattern, segmentsOf } from './pattern.ts';

/** The same pattern as a regular expression: what the linear match must agree with. */
function reference({ before, splat, after }: SitePattern): RegExp {
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const segment = (parts: SiteSegment) =>
    (typeof parts === 'string' ? [parts] : parts)
      .map((part) =>
        typeof part === 'string' ? escaped(part) : `(?<${part.capture}>${part.digits ? '[0-9]' : '[^/]'}+)`,
      )
      .join('');
  let text = before.map((parts) => `/${segment(parts)}`).join('');
  if (splat !== null) {
    const value = `(?<${splat.capture}>.${splat.least === 'character' ? '+' : '*'})`;
    const whole = `/${escaped(splat.prefix)}${value}${escaped(splat.suffix)}`;
    text += splat.least === 'nothing' && splat.prefix + splat.suffix === '' ? `(?:${whole})?` : whole;
  }
  text += after.map((parts) => `/${segment(parts)}`).join('');
  return new RegExp(`^${text}$`, 's');
}

const letters = fc.constantFrom('a', 'b', '-', '1', 'ab', 'a-', 'aa');
const literals = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));

/** Literals and captures that alternate; `id` keeps the names of a pattern apart. */
const segments = (id: string): fc.Arbitrary<SiteSegment> =>
  fc.oneof(
    literals,
    fc
      .record({ digits: fc.boolean() })
      .map(({ digits }) => [{ capture: id, ...(digits && { digits: true as const }) }]),
    fc
      .tuple(fc.option(literals), fc.array(literals, { maxLength: 2 }), fc.option(literals))
      .map(([first, inner, last]) => [
        ...(first === null ? [] : [first]),
        { capture: `${id}0` },
        ...inner.flatMap((literal, at) => [literal, { capture: `${id}${at + 1}` }]),
        ...(last === null ? [] : [last]),
      ]),
  );

const lists = (id: string) =>
  fc
    .integer({ min: 0, max: 2 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => segments(`${id}${n}x`))));

const patterns: fc.Arbitrary<SitePattern> = fc
  .record({
    before: lists('b'),
    splat: fc.option(
      fc.record({
        capture: fc.constant('s'),
        prefix: fc.oneof(fc.constant(''), literals),
        suffix: fc.oneof(fc.constant(''), literals),
        least: fc.constantFrom('nothing' as const, 'slash' as const, 'character' as const),
      }),
    ),
    after: lists('c'),
    slash: fc.constantFrom('any' as const, 'exact' as const),
  })
  .map((pattern) => (pattern.splat === null ? { ...pattern, after: [] } : pattern))
  .filter((pattern) => pattern.slash === 'any' || pattern.splat !== null || pattern.before.length > 0);

const paths = fc
  .array(fc.oneof(letters, fc.constant('/')), { maxLength: 12 })
  .map((parts) => `/${parts.join('')}`);

/** A path that is likely to match: the pattern, with values for what it captures. */
function likely({ before, splat, after }: SitePattern, values: readonly string[], slash: string): string {
  let used = 0;
  const value = () => {
    used += 1;
    return values[used % values.length] ?? '';
  };
  const fill = (segment: SiteSegment) =>
    typeof segment === 'string'
      ? segment
      : segment.map((part) => (typeof part === 'string' ? part : value())).join('');
  const middle = splat === null ? [] : [`${splat.prefix}${value()}${splat.suffix}`];
  return `/${[...before.map(fill), ...middle, ...after.map(fill)].join('/')}${slash}`;
}

const requests = fc
  .tuple(
    patterns,
    fc.array(fc.oneof(letters, fc.constant('')), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '', '/'),
    fc.option(paths, { freq: 1 }),
  )
  .map(([pattern, values, slash, path]) => ({ pattern, path: path ?? likely(pattern, values, slash) }));

describe('patterns of paths', () => {
  it('match what a greedy regular expression matches, and capture the same', () => {
    let matched = 0;
    fc.assert(
      fc.property(requests, ({ pattern, path }) => {
        expect(SitePattern.safeParse(pattern).success).toBe(true);
        const captures = new Map<string, string>();
        const found = matchPattern(pattern, segmentsOf(path), captures);
        const counted = pattern.slash === 'any' && path.endsWith('/') ? path.slice(0, -1) : path;
        const expected = reference(pattern).exec(counted);
        expect(found).toBe(expected !== null);
        if (expected === null) return;
        matched += 1;
        // A splat at the end has the slash, whether it counts or not.
        const isLast = pattern.after.length === 0 && pattern.splat?.suffix === '';
        const splat = captures.get('s');
        if (isLast && splat !== undefined && counted !== path) captures.set('s', splat.replace(/\/$/, ''));
        const groups = Object.entries(expected.groups ?? {}).map(([name, value]) => [name, value ?? '']);
        expect(Object.fromEntries(captures)).toEqual(Object.fromEntries(groups));
      }),
      { numRuns: 5_000 },
    );
    // Agreement isn't only about what doesn't match.
    expect(matched).toBeGreaterThan(1_000);
  });
});

describe('the steps of a match', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Counts what is read: characters that a search passes over, and segments. */
  function steps(pattern: SitePattern, path: string): number {
    let count = 0;
    const search = String.prototype.lastIndexOf;
    vi.spyOn(String.prototype, 'lastIndexOf').mockImplementation(function (this: string, text, from) {
      const found = search.call(this, text, from);
      // The worst case of a naive search: each place is compared with the whole text that is looked for.
      count += ((from ?? this.length) - Math.max(found, 0) + 1) * text.length;
      return found;
    });
    const compare = String.prototype.startsWith;
    vi.spyOn(String.prototype, 'startsWith').mockImplementation(function (this: string, text, from) {
      count += text.length + 1;
      return compare.call(this, text, from);
    });
    const counted = new Proxy(segmentsOf(path), {
      get(target, key, receiver) {
        count += 1;
        return Reflect.get(target, key, receiver);
      },
    });
    matchPattern(pattern, counted);
    vi.restoreAllMocks();
    return count;
  }

  const many = (count: number, part: SiteSegment): SiteSegment[] => Array.from({ length: count }, () => part);
  const splat = { capture: 's', prefix: '', suffix: '', least: 'nothing' as const };
  const inSegment = (literal: string): SiteSegment =>
    Array.from({ length: 41 }, (_, n) => (n % 2 === 0 ? { capture: `c${n}` } : literal));

  it.each<[string, SitePattern, (size: number) => string]>([
    [
      "a segment of captures that doesn't end well",
      { before: [[...(inSegment('a') as []), 'b']], splat: null, after: [], slash: 'any' },
      (size) => `/${'a'.repeat(size)}`,
    ],
    [
      'long literals between captures',
      { before: [inSegment(`${'a'.repeat(31)}b`)], splat: null, after: [], slash: 'any' },
      (size) => `/${'a'.repeat(size)}`,
    ],
    [
      'segments on both sides of a splat',
      { before: many(50, 'a'), splat, after: many(50, 'a'), slash: 'any' },
      (size) => '/a'.repeat(size),
    ],
    [
      'captures on both sides of a splat',
      { before: [inSegment('a')], splat, after: [inSegment('a')], slash: 'exact' },
      (size) => `/${'a'.repeat(size)}`.repeat(2),
    ],
    [
      'a splat with a suffix',
      { before: [], splat: { ...splat, prefix: 'a', suffix: `${'a'.repeat(99)}b` }, after: [], slash: 'any' },
      (size) => '/a'.repeat(size),
    ],
  ])('grow in proportion to the path: %s', (_name, pattern, pathOf) => {
    const [small, large] = [steps(pattern, pathOf(1_000)), steps(pattern, pathOf(8_000))];
    // Eight times the path: a match that tried again would take 64 times the steps, or 2 to the power of them.
    expect(large).toBeLessThanOrEqual(small * 9 + 2_000);
  });
});

describe('paths of URLs', () => {
  it.each([
    ['/a%62%2D', '/ab-'],
    ['/%41%3a@', '/A:@'],
    ['/a%2fb', '/a%2Fb'],
    ['/ü', '/%C3%BC'],
    ['//a//', '//a//'],
    ['/a%5C', '/a%5C'],
    ["/!$&'()*+,;=~", "/!$&'()*+,;=~"],
    ['/%', null],
    ['/%ff', null],
    ['/a/%2E%2e/b', null],
    ['/./a', null],
    ['a', null],
    ['', null],
  ])('have one form: %s', (path, expected) => {
    expect(canonicalUrlPath(path)).toBe(expected);
  });

  it('do not change when they are read again', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.string(), (path, text) => {
        for (const candidate of [path, `/${text}`]) {
          const once = canonicalUrlPath(candidate);
          if (once !== null) expect(canonicalUrlPath(once)).toBe(once);
        }
      }),
    );
  });
});
