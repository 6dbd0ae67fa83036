import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Original, originalsOf, parseSourceMap } from './source-map.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  do {
    const digit = rest % 32;
    rest = Math.floor(rest / 32);
    text += ALPHABET[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}

/** A segment of a line: a column, and what it is mapped to. */
interface Segment {
  column: number;
  to: { source: number; line: number; column: number; name?: number | undefined } | null;
}

function encode(lines: readonly (readonly Segment[])[]): string {
  let [source, line, column, name] = [0, 0, 0, 0];
  return lines
    .map((segments) => {
      let generated = 0;
      return segments
        .map((segment) => {
          let text = vlq(segment.column - generated);
          generated = segment.column;
          const { to } = segment;
          if (to === null) return text;
          text += vlq(to.source - source) + vlq(to.line - line) + vlq(to.column - column);
          [source, line, column] = [to.source, to.line, to.column];
          if (to.name !== undefined) {
            text += vlq(to.name - name);
            name = to.name;
          }
          return text;
        })
        .join(',');
    })
    .join(';');
}

const SOURCES = ['src/a.ts', 'src/b.ts', '../c.ts'];
const mapOf = (lines: readonly (readonly Segment[])[]) => ({
  version: 3 as const,
  sources: SOURCES,
  mappings: encode(lines),
});

const segments: fc.Arbitrary<Segment[]> = fc
  .uniqueArray(
    fc.record({
      column: fc.nat(5_000),
      to: fc.option(
        fc.record({
          source: fc.nat(2),
          line: fc.nat(100_000),
          column: fc.nat(5_000),
          name: fc.option(fc.nat(50), { nil: undefined }),
        }),
        { nil: null },
      ),
    }),
    { selector: ({ column }) => column, maxLength: 12 },
  )
  .map((line) => line.sort((a, b) => a.column - b.column));

test('a place is where the last segment at or before it says, for any map and places', () => {
  const places = fc.array(
    fc.record({ line: fc.integer({ min: 1, max: 14 }), column: fc.integer({ min: 1, max: 5_010 }) }),
    {
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(fc.array(segments, { maxLength: 12 }), places, (lines, asked) => {
      const expected = asked.map(({ line, column }): Original | null => {
        const before = (lines[line - 1] ?? []).filter((segment) => segment.column <= column - 1);
        const to = before.at(-1)?.to;
        return to ? { source: SOURCES[to.source] ?? '', line: to.line + 1, column: to.column + 1 } : null;
      });
      expect(originalsOf(mapOf(lines), asked)).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('damaged mappings end the search, and never throw', () => {
  const places = [
    { line: 1, column: 1 },
    { line: 3, column: 900 },
  ];
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...ALPHABET, ';', ',', '!', 'é'), maxLength: 60 }),
      (mappings) => {
        const found = originalsOf({ version: 3, sources: SOURCES, mappings }, places);
        expect(found).toHaveLength(2);
      },
    ),
    { numRuns: 500 },
  );
  expect(
    originalsOf({ version: 3, sources: SOURCES, mappings: `AAAA;;${'g'.repeat(5_000)}` }, places),
  ).toEqual([{ source: 'src/a.ts', line: 1, column: 1 }, null]);
});

test('what is no source map is null', () => {
  for (const text of [
    '',
    '{}',
    '[]',
    'null',
    '{"version":2}',
    '{"version":3,"sections":[]}',
    '{"version":3,"sources":[1],"mappings":""}',
  ])
    expect(parseSourceMap(text)).toBeNull();
  expect(parseSourceMap('{"version":3,"sources":[null,"a"],"names":[],"mappings":"AAAA"}')).not.toBeNull();
});

test('a map with more values than a real one has is not parsed', () => {
  const map = (names: string) => `{"version":3,"sources":["a"],"names":${names},"mappings":"AAAA"}`;
  const many = (value: string, count: number) => `[${`${value},`.repeat(count)}${value}]`;
  for (const bomb of [many('[]', 300_000), many('{}', 300_000), many('""', 600_000), many('0', 600_000)])
    expect(parseSourceMap(map(bomb)), bomb.slice(0, 10)).toBeNull();
  expect(parseSourceMap('['.repeat(24 * 1024 * 1024))).toBeNull();
  // What is in a text is no value, also after a quotation mark in it.
  const text = JSON.stringify(`"${'[,{"\\'.repeat(200_000)}`);
  for (const names of [many('"name"', 300_000), `[${text}]`])
    expect(parseSourceMap(map(names))).toMatchObject({ mappings: 'AAAA' });
});

test('sources that a map leaves out, and a root', () => {
  const map = { version: 3 as const, sources: [null, 'b.ts'], sourceRoot: 'lib/', mappings: 'AAAA;ACAA' };
  const places = [
    { line: 1, column: 3 },
    { line: 2, column: 3 },
  ];
  expect(originalsOf(map, places)).toEqual([null, { source: 'lib/b.ts', line: 1, column: 1 }]);
});
