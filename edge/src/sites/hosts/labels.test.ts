import { ObjectId, Slug } from '@appflux/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appLabel, branchLabel, deploymentLabel, parseLabel } from './labels.ts';

const ID = '66f2a1c04b7e9d0012345678';
const LONG = 'a'.repeat(35).concat('-bcde');

const id = fc.stringMatching(/^[0-9a-f]{24}$/);
const slug = fc
  .stringMatching(/^[a-z0-9](?:-?[a-z0-9]){0,39}$/)
  .filter((text) => Slug.safeParse(text).success);
const branch = fc.oneof(
  slug,
  id,
  fc.string({ minLength: 1, maxLength: 255, unit: 'grapheme' }),
  fc.tuple(slug, slug).map(([a, b]) => `${a}/${b}`),
  fc.tuple(slug, fc.stringMatching(/^[0-9a-f]{10}$/)).map(([a, hash]) => `${a}-${hash}`),
);

/** A DNS label, and none that looks like an encoded name. */
const isHostLabel = (label: string) =>
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && !/^..--/.test(label);

test.each([
  ['main', 'my-app', 'main--my-app'],
  ['feature-x', 'my-app', 'feature-x--my-app'],
  ['Feature/X', 'my-app', /^feature-x-[0-9a-f]{10}--my-app$/],
  ['qa', 'my-app', /^qa-[0-9a-f]{10}--my-app$/],
  ['a--b', 'my-app', /^a-b-[0-9a-f]{10}--my-app$/],
  ['фича', 'my-app', /^branch-[0-9a-f]{10}--my-app$/],
  ['x'.repeat(80), 'my-app', /^x{44}-[0-9a-f]{10}--my-app$/],
  [ID, 'my-app', /^66f2a1c04b7e9d0012345678-[0-9a-f]{10}--my-app$/],
])('the branch %s of %s is %s', (name, of, expected) => {
  expect(branchLabel(name, of)).toMatch(expected);
});

test('a deployment’s label is cut so that it fits, and never at a hyphen', () => {
  expect(deploymentLabel(ID, 'my-app')).toBe(`${ID}--my-app`);
  expect(deploymentLabel(ID, LONG)).toBe(`${ID}--${'a'.repeat(35)}-b`);
  expect(deploymentLabel(ID, 'a'.repeat(36).concat('-bc'))).toBe(`${ID}--${'a'.repeat(36)}`);
});

test('every label is one that DNS and certificates know, and is parsed as its kind', () => {
  fc.assert(
    fc.property(id, slug, branch, (deploymentId, of, name) => {
      const labels = [appLabel(of), deploymentLabel(deploymentId, of), branchLabel(name, of)];
      for (const label of labels) expect(label).toSatisfy(isHostLabel);
      expect(labels.map((label) => parseLabel(label))).toEqual([
        { kind: 'release', slug: of },
        { kind: 'deployment', deploymentId },
        { kind: 'branch' },
      ]);
    }),
    { numRuns: 2000 },
  );
});

test('two branches of an App have two labels, and branches of two Apps have, too', () => {
  fc.assert(
    fc.property(branch, branch, slug, slug, (one, other, of, ofOther) => {
      if (one !== other) expect(branchLabel(one, of)).not.toBe(branchLabel(other, of));
      if (of !== ofOther) expect(branchLabel(one, of)).not.toBe(branchLabel(one, ofOther));
    }),
    { numRuns: 2000 },
  );
});

test('a branch that is named like the label of another one gets another label', () => {
  const changed = branchLabel('feature/x', 'app').slice(0, -'--app'.length);
  expect(branchLabel(changed, 'app')).not.toBe(`${changed}--app`);
});

test.each([
  '',
  '-',
  'a-',
  '-a',
  'A',
  'a_b',
  'a.b',
  'a--b--c',
  'a---b',
  '--b',
  'a--',
  'xn--ls8h.x',
  `${ID}--${ID}--${ID}`,
  'a'.repeat(64),
  `${'a'.repeat(60)}--app`,
  'bücher',
])('%s is no label of a site', (label) => {
  expect(parseLabel(label)).toBeNull();
});

test('an id in capitals is no deployment', () => {
  expect(ObjectId.safeParse(ID.toUpperCase()).success).toBe(false);
  expect(parseLabel(`${ID.toUpperCase()}--app`)).toBeNull();
});
