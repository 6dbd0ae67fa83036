import { expect, test } from 'vitest';
import { slugProblem, suggestSlug } from './slug.ts';

const used = new Set(['shop', 'shop-2', 'a'.repeat(40)]);

test.each([
  ['shop-3', null, null],
  ['shop', /already used/, 'shop-3'],
  ['docs', /is reserved/, 'docs-2'],
  ['Not A Slug', /lower-case/, 'not-a-slug'],
  ['Shop', /lower-case/, 'shop-3'],
  ['two--hyphens', /single hyphens/, 'two-hyphens'],
  ['a'.repeat(40), /already used/, `${'a'.repeat(38)}-2`],
])('the slug %s', (slug, problem, suggestion) => {
  const said = slugProblem(slug, used);
  if (problem === null) expect(said).toBe(null);
  else expect(said).toMatch(problem);
  expect(suggestSlug(slug, used)).toBe(suggestion);
  if (suggestion) expect(slugProblem(suggestion, used)).toBe(null);
});
