import { SiteRedirect } from '@appflux/protocol';
import { describe, expect, it } from 'vitest';
import { basePathOf, basePathRule } from './base-path.ts';

const FILES = new Set(['index.html', 'assets/index-DiwrgTda.js', 'assets/a/style.css', 'favicon.ico']);

const page = (...urls: string[]) =>
  urls
    .map((url) => (url.endsWith('.js') ? `<script type=module src="${url}">` : `<link rel=x href='${url}'>`))
    .join('\n');

describe('the base path of a site', () => {
  it.each([
    ['/my-repo', page('/my-repo/assets/index-DiwrgTda.js')],
    ['/my-repo', page('/my-repo/favicon.ico?v=1', '/my-repo/assets/index-DiwrgTda.js', '/my-repo/about')],
    ['/my-repo', '<SCRIPT async crossorigin SRC=/my-repo/assets/index-DiwrgTda.js></SCRIPT>'],
    ['/a/b.c', page('/a/b.c/assets/a/style.css')],
    [
      '/my-repo',
      page('/my-repo/favicon.ico', 'https://cdn.example/other/a.js', '//cdn.example/a.js', 'b.js'),
    ],
  ])('is %s', (base, html) => {
    expect(basePathOf(html, FILES)).toBe(base);
  });

  it.each([
    ['a site for the top of its host', page('/assets/index-DiwrgTda.js', '/favicon.ico')],
    ['relative paths', page('assets/index-DiwrgTda.js', './favicon.ico')],
    ['files that are nowhere', page('/my-repo/assets/other.js')],
    ['files of both', page('/my-repo/assets/index-DiwrgTda.js', '/favicon.ico')],
    ['files of two', page('/my-repo/assets/index-DiwrgTda.js', '/other/favicon.ico')],
    ['other hosts', page('//my-repo/assets/index-DiwrgTda.js', 'https://x.example/my-repo/favicon.ico')],
    ['a backslash, which browsers take for a slash', page('/\\my-repo/favicon.ico')],
    ['segments that are no names', page('/../favicon.ico', '/../assets/index-DiwrgTda.js')],
    ['placeholders', page('/:splat*/favicon.ico')],
    ['other tags', '<a href="/my-repo/favicon.ico"><scripts src="/my-repo/favicon.ico">'],
    ['text', '&lt;link href="/my-repo/favicon.ico">'],
    ['nothing', ''],
  ])('is none for %s', (_, html) => {
    expect(basePathOf(html, FILES)).toBeNull();
  });

  it.each(['my-repo', 'my-repo/index.html'])('is none if the site has a %s', (path) => {
    const files = new Set([...FILES, path]);
    expect(basePathOf(page('/my-repo/assets/index-DiwrgTda.js'), files)).toBeNull();
  });

  it('is found in time that is proportional to the page', () => {
    const hostile = [
      `<link ${' src'.repeat(60_000)}`,
      '<link '.repeat(40_000),
      `<link${' '.repeat(250_000)}`,
    ];
    for (const html of hostile) expect(basePathOf(html, FILES)).toBeNull();
  });

  it('becomes a rule that a manifest may have', () => {
    expect(SiteRedirect.parse(basePathRule('/a/b'))).toMatchObject({ pattern: { before: ['a', 'b'] } });
  });
});
