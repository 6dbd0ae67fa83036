import { expect, test } from 'vitest';
import { placesIn, withLocation } from './places.ts';

const of = (lines: string | string[], root = './') =>
  placesIn([lines].flat(), root).map(
    ({ path, line, column, message }) => `${path}:${line}:${column ?? ''} ${message}`,
  );

test.each([
  ['src/a.ts(3,1): error TS2322: Type mismatch.', 'src/a.ts:3:1 TS2322: Type mismatch.'],
  ['src/a.ts:3:14 - error TS2322: Type mismatch.', 'src/a.ts:3:14 TS2322: Type mismatch.'],
  [
    'e: file:///workspace/app/src/Main.kt:12:5 Unresolved reference: x',
    'app/src/Main.kt:12:5 Unresolved reference: x',
  ],
  ["lib/main.dart:7:3: Error: Expected ';' after this.", "lib/main.dart:7:3 Expected ';' after this."],
  ['src/main.c:4:2: fatal error: x.h: No such file', 'src/main.c:4:2 x.h: No such file'],
  ['app/src/A.java:9: error: cannot find symbol', 'app/src/A.java:9: cannot find symbol'],
])('%s', (line, expected) => {
  expect(of(line)).toEqual([expected]);
});

test('a place below its message counts', () => {
  expect(of(['error[E0425]: cannot find value `x`', ' --> src/main.rs:2:5', '  |'])).toEqual([
    'src/main.rs:2:5 cannot find value `x`',
  ]);
  expect(of(['✘ [ERROR] Could not resolve "x"', '', '    src/app.js:1:7:'])).toEqual([
    'src/app.js:1:7 Could not resolve "x"',
  ]);
  expect(of(['error: no place follows', ...Array<string>(6).fill('text'), 'src/a.ts:1:1'])).toEqual([]);
});

test('paths are the repository’s, wherever the build ran', () => {
  const line = 'src/a.ts(3,1): error TS1: x';
  expect(of(line, 'apps/web')).toEqual(['apps/web/src/a.ts:3:1 TS1: x']);
  expect(of(`../shared/${line}`, 'apps/web')).toEqual(['apps/shared/src/a.ts:3:1 TS1: x']);
  expect(of(`/workspace/apps/web/${line}`, 'apps/web')).toEqual(['apps/web/src/a.ts:3:1 TS1: x']);
  expect(of(String.raw`src\b.ts(3,1): error TS1: x`)).toEqual(['src/b.ts:3:1 TS1: x']);
});

test.each([
  'warning: src/a.ts:3:1 unused',
  'src/a.ts(3,1): warning TS1: x',
  '/usr/lib/node/x.js:3:1: error: x',
  '../../../etc/passwd.conf:3:1: error: x',
  'node_modules/x/index.d.ts(3,1): error TS1: x',
  'src/a.ts(0,1): error TS1: x',
  'http://example.com:80:1: error: x',
  '',
])('no place: %j', (line) => {
  expect(of(line)).toEqual([]);
});

test('each place is named once, and 50 at most', () => {
  const line = (n: number) => `src/a.ts(${n},1): error TS1: x`;
  expect(of([line(1), line(1), line(2)])).toHaveLength(2);
  expect(of(Array.from({ length: 200 }, (_, n) => line(n + 1)))).toHaveLength(50);
});

test('the location of the failure comes first, unless it is among them', () => {
  const location = { path: 'src/a.ts', line: 3, column: 1, seq: 7 };
  const failure = {
    code: 'build_failed',
    message: 'Type mismatch',
    phase: 'building',
    hint: '',
    location,
  } as const;
  const found = placesIn(['src/b.ts(9,1): error TS1: x'], './');
  expect(withLocation(found, failure)).toEqual([
    { path: 'src/a.ts', line: 3, column: 1, message: 'Type mismatch' },
    ...found,
  ]);
  const same = placesIn(['src/a.ts(3,1): error TS1: x'], './');
  expect(withLocation(same, failure)).toEqual(same);
  const { location: _, ...unknown } = failure;
  expect(withLocation(found, unknown)).toEqual(found);
  expect(withLocation(found, null)).toEqual(found);
  const many = placesIn(
    Array.from({ length: 60 }, (_, n) => `src/b.ts(${n + 1},1): error TS1: x`),
    './',
  );
  expect(withLocation(many, failure)).toHaveLength(50);
});

// A pattern whose time does not grow with the length alone would not end before the test's time is over.
test('hostile lines end', () => {
  for (const part of ['a/', 'a.a', '(1,1): error ', ':1:1', 'e: ', '-', 'error: ', '\\'])
    expect(
      placesIn(
        Array.from({ length: 500 }, () => part.repeat(166)),
        './',
      ).length,
    ).toBeLessThan(51);
  expect(placesIn(['a'.repeat(5_000_000)], './')).toEqual([]);
});
