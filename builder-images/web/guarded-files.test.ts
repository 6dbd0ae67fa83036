/** Which files of a Next.js site its middleware decides about. */
import { describe, expect, test } from 'vitest';

/** The packagers are plain JavaScript that the image runs; they have no types for this project's compiler. */
const guarded = new URL('./server/kinds/next/guarded.mjs', import.meta.url).href;
const { patternsFor } = await import(guarded);

/** What Next.js 16 writes for `/members/:path*`. */
const MEMBERS = {
  regexp:
    '^(?:\\/(_next\\/data\\/[^/]{1,}))?\\/members(?:\\/((?:[^\\/#\\?]+?)(?:\\/(?:[^\\/#\\?]+?))*))?(\\.json|\\.rsc)?[\\/#\\?]?$',
};

describe('files that middleware decides about', () => {
  test('are those that a matcher applies to', () => {
    expect(patternsFor(['/logo.svg', '/members/report.txt', '/members.txt'], [MEMBERS])).toEqual([
      '/members/report.txt',
    ]);
  });

  test('are found under every path under which a page is served', () => {
    expect(patternsFor(['/members/index.html', '/members/a.html'], [MEMBERS])).toEqual([
      '/members/index.html',
      '/members/',
      '/members/a.html',
      '/members/a',
      '/members/a/',
    ]);
    expect(patternsFor(['/about.html'], [{ regexp: '^/about$' }])).toEqual([
      '/about.html',
      '/about',
      '/about/',
    ]);
  });

  test('have no character that stands for others in a pattern', () => {
    expect(patternsFor(['/members/a*b c.txt'], [MEMBERS])).toEqual(['/members/a%2Ab%20c.txt']);
  });

  test('are all but the hashed ones where there are too many to name', () => {
    const many = Array.from({ length: 200 }, (_, index) => `/members/${index}.txt`);
    expect(patternsFor(many, [MEMBERS])).toEqual(['/*', '!/_next/static/*']);
  });
});
