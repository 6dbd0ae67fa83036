import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { FIRST, longestFirst } from './sequencer.ts';

const specs = ['a', 'slow', 'b', 'slowest', 'c'].map((name) => ({ moduleId: `/checkout/${name}.test.ts` }));

test('the longest files come first, and all others keep their order', () => {
  const sorted = longestFirst(specs, ['slowest.test.ts', 'slow.test.ts', 'gone.test.ts']);
  expect(sorted.map(({ moduleId }) => moduleId)).toEqual(
    ['slowest', 'slow', 'a', 'b', 'c'].map((name) => `/checkout/${name}.test.ts`),
  );
});

test('every listed file exists', () => {
  expect(FIRST.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
