import { expect, test } from 'vitest';
import { isWithin, SECTIONS } from './sections.ts';

const labelsOf = (pathname: string) =>
  SECTIONS.filter((section) => isWithin(section, pathname)).map(({ label }) => label);

test.each([
  ['/', ['Overview']],
  ['/apps', ['Apps']],
  ['/apps/harbor-web/settings', ['Apps']],
  ['/deployments/66f2a1c04b7e9d00aa111111', ['Deployments']],
  ['/settings/team', ['Settings']],
  ['/new', []],
  ['/appsand', []],
])('the path %s belongs to %j', (pathname, labels) => {
  expect(labelsOf(pathname)).toEqual(labels);
});

test('each section’s own page belongs to it alone', () => {
  for (const { path, label } of SECTIONS) expect(labelsOf(path)).toEqual([label]);
});
