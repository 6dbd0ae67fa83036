import type { SourcePlace } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { framesOf, sourceFile, throwingPlace, withPlaces } from './stack.ts';

const STACK = [
  'at inner (lib/inner.js:3:12)',
  'at Object.fetch (worker.js:13:25)',
  'at async worker.js:4:5',
  'at new Thing (file:///worker.js:1:2)',
  'at <anonymous>',
  'at Array.map (<anonymous>)',
].join('\n');

const place = (file: string): SourcePlace => ({ file, line: 7, column: 9 });

test('frames have their module and place', () => {
  expect(framesOf(STACK)).toEqual([
    { index: 0, module: 'lib/inner.js', line: 3, column: 12 },
    { index: 1, module: 'worker.js', line: 13, column: 25 },
    { index: 2, module: 'worker.js', line: 4, column: 5 },
    { index: 3, module: 'worker.js', line: 1, column: 2 },
  ]);
});

test('text that only looks like a frame has none', () => {
  const hostile = [
    'fake (a.js:1:1)',
    'at x (a.js:1)',
    'at y (:1:1)',
    'at z a.js:0:0',
    `at ${'('.repeat(4_000)}:1:x`,
  ];
  expect(framesOf(hostile.join('\n'))).toEqual([]);
  expect(framesOf('at q (a.js:99999999999999:1)')).toEqual([]);
});

test('places of the source replace those of the bundle, and nothing else changes', () => {
  const places = new Map([
    [1, place('src/hooks.ts')],
    [2, place('src/b.ts')],
    [4, place('never.ts')],
  ]);
  expect(withPlaces(STACK, places).split('\n')).toEqual([
    'at inner (lib/inner.js:3:12)',
    'at Object.fetch (src/hooks.ts:7:9)',
    'at async src/b.ts:7:9',
    'at new Thing (file:///worker.js:1:2)',
    'at <anonymous>',
    'at Array.map (<anonymous>)',
  ]);
});

test('the place of an error is in the site’s own source where there is one', () => {
  const own = place('src/a.ts');
  expect(
    throwingPlace(
      new Map([
        [3, own],
        [0, place('node_modules/x/i.js')],
      ]),
    ),
  ).toBe(own);
  expect(throwingPlace(new Map([[1, place('node_modules/x/i.js')]]))?.file).toBe('node_modules/x/i.js');
  expect(throwingPlace(new Map())).toBeNull();
});

test.each([
  ['../../src/routes/+page.server.ts', 'src/routes/+page.server.ts'],
  ['webpack://_N_E/./src/app/page.tsx?1234', 'src/app/page.tsx'],
  ['file:///workspace/src/a.ts', 'workspace/src/a.ts'],
  ['a/../../../etc/passwd', 'etc/passwd'],
  ['..\\src\\b.ts', 'src/b.ts'],
  ['a\u0000\u202eb.ts', 'a\ufffd\ufffdb.ts'],
  ['', 'unknown'],
])('the source %j is shown as %j', (source, file) => {
  expect(sourceFile(source)).toBe(file);
});
