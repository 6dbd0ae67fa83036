/** A site that was built for a folder of its host, and answers at the top and in that folder. */
import type { SiteRedirect } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { decide, hasPath } from './decide.ts';
import { get, PUBLIC, site } from './testing/site.ts';

/** What the runner adds for a site of `/repo`. */
const below = (to: SiteRedirect['to']['path'], more: Partial<SiteRedirect> = {}): SiteRedirect => ({
  host: null,
  pattern: {
    before: ['repo'],
    splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' },
    after: [],
    slash: 'any',
  },
  unless: [],
  query: [],
  to: { origin: null, path: to, query: [], hash: null },
  status: 200,
  force: false,
  ...more,
});
const HASHED = 'assets/index-DiwrgTda.js';
const FILES = ['index.html', 'about.html', 'docs/index.html', HASHED, 'style.css'];
const RULE = below(['/', { capture: 'splat' }]);
const SITE = site(FILES, { redirects: [RULE], spaFallback: true });

const HTML = { Accept: 'text/html' };
function answer(path: string, headers: Record<string, string> = {}) {
  const decision = decide(SITE, get(path, headers), PUBLIC);
  return decision.kind === 'file'
    ? [decision.status, decision.entry[0], decision.headers.get('Cache-Control')]
    : decision.kind;
}
const REVALIDATED = 'public, max-age=0, must-revalidate';

describe('a site with a base path', () => {
  test.each([
    ['/', 'index.html', REVALIDATED],
    ['/repo', 'index.html', REVALIDATED],
    ['/repo/', 'index.html', REVALIDATED],
    ['/repo/about', 'about.html', REVALIDATED],
    ['/repo/docs/', 'docs/index.html', REVALIDATED],
    ['/repo/style.css', 'style.css', REVALIDATED],
    [`/repo/${HASHED}`, HASHED, 'public, max-age=31536000, immutable'],
  ])('has at %s the file %s', (path, file, cache) => {
    expect(answer(path)).toEqual([200, file, cache]);
  });

  test('is a single-page app there, too, and has no page for a missing script', () => {
    expect(answer('/repo/customers/42', HTML)).toEqual([200, 'index.html', REVALIDATED]);
    expect(answer('/repo/assets/gone-DiwrgTdb.js')).toBe('none');
    expect(answer('/repository/style.css')).toBe('none');
    expect(answer('/repo/repo/style.css')).toBe('none');
  });
});

describe('the files of a release that a page may ask for', () => {
  test.each([
    ['/style.css', true],
    ['/about.html', true],
    ['/repo/style.css', true],
    [`/repo/${HASHED}`, true],
    ['/repo/assets/gone-DiwrgTdb.js', false],
    ['/other/style.css', false],
    ['/%', false],
  ])('%s: %s', (path, expected) => {
    expect(hasPath(SITE, get(path))).toBe(expected);
  });

  test('are not what a rule answers for any path', () => {
    const shell = site(FILES, { redirects: [below(['/about.html'])] });
    expect(hasPath(shell, get(`/repo/${HASHED}`))).toBe(false);
    const missing = site(FILES, { redirects: [{ ...RULE, status: 404 }] });
    expect(hasPath(missing, get(`/repo/${HASHED}`))).toBe(false);
    const elsewhere = site(FILES, {
      redirects: [below(['/style.css'], { to: { ...RULE.to, origin: 'https://other.example' } })],
    });
    expect(hasPath(elsewhere, get('/repo/style.css'))).toBe(false);
  });
});
