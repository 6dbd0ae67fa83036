import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePackages } from './packages.ts';

const sbom = (...components: { group?: string; name?: unknown; version?: unknown }[]) => ({
  bomFormat: 'CycloneDX',
  components,
});

test('new, removed, and updated packages are listed by name, the same ones are not', () => {
  const before = sbom(
    { name: 'vite', version: '8.3.7' },
    { group: '@types', name: 'node', version: '24.0.0' },
    { name: 'left', version: '1.0.0' },
    { name: 'same', version: '1.0.0' },
  );
  const after = sbom(
    { name: 'vite', version: '8.3.8' },
    { name: 'zod', version: '4.0.0' },
    { name: 'zod', version: '3.25.0' },
    { group: '@types', name: 'node', version: '24.0.0' },
    { name: 'same', version: '1.0.0' },
  );
  expect(comparePackages(before, after)).toEqual([
    { name: 'left', before: ['1.0.0'], after: [] },
    { name: 'vite', before: ['8.3.7'], after: ['8.3.8'] },
    { name: 'zod', before: [], after: ['3.25.0', '4.0.0'] },
  ]);
});

test('a package of a group is another one than that of its name', () => {
  const changes = comparePackages(
    sbom({ name: 'node', version: '1' }),
    sbom({ group: '@types', name: 'node', version: '1' }),
  );
  expect(changes.map(({ name }) => name)).toEqual(['@types/node', 'node']);
});

test('what isn’t a bill of materials has no packages', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(comparePackages(value, value)).toEqual([]);
      comparePackages(value, sbom({ name: 'a', version: '1' }));
    }),
  );
});
