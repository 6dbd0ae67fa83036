import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rank, ranked } from './rank.ts';

test.each([
  ['Deploy Harbor Web', 'dep harb'],
  ['Deploy Harbor Web', 'web deploy'],
  ['Deploy Harbor Web', 'hrbr'],
  ['Éclair', 'ecl'],
  ['Übersicht', 'ubersicht'],
  ['App (old)', '(old'],
])('%s matches “%s”', (label, query) => {
  expect(rank(label, query)).not.toBeNull();
});

test.each([
  ['Deploy Harbor Web', 'deploy tide'],
  ['Deploy Harbor Web', 'dw'],
  ['Deploy Harbor Web', 'z'],
  ['abc', 'a.c'],
  ['abc', '.*'],
  ['Runners', 'srenn'],
  ['a'.repeat(80), `${'a'.repeat(40)}b`],
])('%s doesn’t match “%s”', (label, query) => {
  expect(rank(label, query)).toBeNull();
});

test('the start of the label counts more than the start of a word, and that more than the middle', () => {
  const entries = ['The redeploy', 'Go to deploys', 'Deploy it now', 'Depots only'].map((label) => ({
    label,
  }));
  expect(ranked(entries, 'deploy', 10).map(({ label }) => label)).toEqual([
    'Deploy it now',
    'Go to deploys',
    'The redeploy',
  ]);
});

test('nothing typed keeps the order', () => {
  const entries = ['A long label', 'Short'].map((label) => ({ label }));
  expect(ranked(entries, ' ', 10)).toEqual(entries);
  expect(ranked(entries, '', 1)).toEqual(entries.slice(0, 1));
});

test('what isn’t shown counts as well', () => {
  const entries = [{ label: 'Tide' }, { label: 'Harbor', also: 'front-web' }];
  expect(ranked(entries, 'har web', 10)).toEqual([entries[1]]);
  expect(ranked(entries, 'undefined', 10)).toEqual([]);
});

describe('any text', () => {
  test('matches itself, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (label, query) => {
        rank(label, query);
        expect(rank(label, label)).not.toBeNull();
      }),
    );
  });
});
