import { expect, test } from 'vitest';
import { budgetOf, overBudget, sizeTable } from './budgets.ts';
import { routeSizes, withImports } from './route-sizes.ts';

const chunks = {
  start: { size: 10, imports: ['kit'] },
  kit: { size: 100, imports: [] },
  root: { size: 1000, imports: ['kit'] },
  apps: { size: 10_000, imports: ['root'] },
  home: { size: 1, imports: ['kit'] },
  app: { size: 2, imports: ['shared'] },
  shared: { size: 5, imports: ['app'] },
  later: { size: 1e9, imports: [] },
};
const layouts = [
  { route: '/', file: 'root' },
  { route: '/apps', file: 'apps' },
];

test('a page weighs its start, its layouts and itself, with what they import, each once', () => {
  const pages = [
    { route: '/', file: 'home' },
    { route: '/apps/[slug]', file: 'app' },
    { route: '/apps-of-others', file: 'home' },
  ];
  expect(routeSizes(chunks, ['start'], pages, layouts)).toEqual([
    { route: '/apps/[slug]', size: 11_117 },
    { route: '/', size: 1111 },
    { route: '/apps-of-others', size: 1111 },
  ]);
});

test('imports in a circle are followed once', () => {
  expect(withImports(chunks, ['app']).sort()).toEqual(['app', 'shared']);
});

test('a chunk that isn’t in the bundle is an error', () => {
  expect(() => routeSizes(chunks, ['gone'], [{ route: '/', file: 'home' }], [])).toThrow('no chunk gone');
});

test('pages over their budget are named, and those at it are not', () => {
  const sizes = ['/', '/runners'].flatMap((route) => [
    { route, size: budgetOf(route) },
    { route, size: budgetOf(route) + 1 },
  ]);
  expect(overBudget(sizes)).toEqual([sizes[1], sizes[3]]);
  expect(budgetOf('/sign-in')).toBe(budgetOf('/'));
  expect(budgetOf('/runners')).toBeGreaterThan(budgetOf('/'));
  expect(sizeTable(sizes).match(/over budget/g)).toHaveLength(2);
});
