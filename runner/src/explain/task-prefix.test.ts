import { expect, test } from 'vitest';
import { withoutTaskPrefix } from './task-prefix.ts';

test.each([
  ['Turborepo', '@shop/web:build: '],
  ['Turborepo, of a package without a scope', 'web:build: '],
  ['pnpm -r', 'packages/web build: '],
])('the name of a task of %s is taken away', (_tool, prefix) => {
  const output = ['> vite build', 'Error: x', '  at y', ''];
  expect(withoutTaskPrefix(['start', ...output.map((line) => prefix + line), 'end'])).toEqual([
    'start',
    ...output,
    'end',
  ]);
});

test('a beginning that only few lines have, a place in a file and an address stay', () => {
  const lines = [
    'web:build: once',
    'web:build: twice',
    ...Array.from({ length: 5 }, (_, index) => `src/Main.java:${index}: error: x`),
    ...Array.from({ length: 5 }, () => 'Error: boom'),
    ...Array.from({ length: 5 }, () => 'https://example.org/: gone'),
  ];
  expect(withoutTaskPrefix(lines)).toEqual(lines);
});
