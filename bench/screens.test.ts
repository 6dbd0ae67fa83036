import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { appPages, SIGNED_OUT, teamPages } from './screens/pages.ts';

const ROUTES = new URL('../dashboard/src/routes', import.meta.url).pathname;

/** What a path is matched against: `/apps/[slug]` is one segment each. */
const patternOf = (route: string) => new RegExp(`^/${route.replaceAll(/\[\w+\]/g, '[^/]+')}$`);

test('every page of the dashboard is among the screenshots', () => {
  const filled = {
    app: 'a',
    success: 's',
    compared: 'c',
    failed: 'f',
    building: 'b',
    hook: 'h',
    stop: () => undefined,
  };
  const paths = [...SIGNED_OUT, ...teamPages(), ...appPages(filled)].map(
    ({ path }) => path.split('?')[0] ?? '',
  );
  const routes = globSync('**/+page.svelte', { cwd: ROUTES }).map((file) =>
    file.replace(/\/?\+page\.svelte$/, ''),
  );
  expect(routes.length).toBeGreaterThan(40);
  expect(
    routes.filter((route) => !paths.some((path) => patternOf(route).test(path))),
    'routes without a screenshot',
  ).toEqual([]);
});
