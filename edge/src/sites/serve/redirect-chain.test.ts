import { compileSiteRules } from '@appflux/detection/site-rules';
import type { SiteRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import type { Site } from './site.ts';
import { get, PUBLIC, site } from './testing/site.ts';

type Style = Pick<SiteRules, 'cleanUrls' | 'trailingSlash'>;
const AUTO: Style = { cleanUrls: true, trailingSlash: 'auto' };

const siteWith = (redirects: string, files: readonly string[], style = AUTO): Site => {
  const sources = [{ path: '_redirects', text: redirects }];
  const { rules } = compileSiteRules({ files: sources, spaFallback: false });
  return site([...files], { ...rules, ...style });
};

/** Follows redirects as a browser does, to a status; null if they don't end where it gives up. */
function follow(of: Site, url: string): number | null {
  let next = url;
  for (let hops = 0; hops < 20; hops += 1) {
    const decision = decide(of, get(next, { Accept: 'text/html' }), PUBLIC);
    const location = decision.kind === 'empty' ? decision.headers.get('Location') : null;
    if (location === null) return 'status' in decision ? decision.status : 0;
    next = location;
  }
  return null;
}

describe('redirects of rules and those to clean URLs', () => {
  it.each([
    ['/docs/ /docs 301!', ['docs/index.html'], '/docs/', 200],
    ['/ /index.html 301!', ['index.html'], '/', 200],
    ['/* /index.html 301!', ['index.html'], '/x', 404],
    ['/about /about.html 302!', ['about.html'], '/about', 200],
    ['/a/* /a/:splat/ 301!', ['a/b.html'], '/a/b', 200],
  ] as const)('do not send a visitor back and forth: %s', (rule, files, url, status) => {
    expect(follow(siteWith(rule, files), url)).toBe(status);
  });

  it('lead on where there is an end', () => {
    const redirected = decide(siteWith('/old /about.html', ['about.html']), get('/old'), PUBLIC);
    expect(redirected.kind === 'empty' && redirected.headers.get('Location')).toBe('/about.html');
    expect(follow(siteWith('/old /about.html', ['about.html']), '/old')).toBe(200);
  });

  it('end, whatever the rules and the files are', () => {
    const path = fc
      .array(fc.constantFrom('/a', '/b', '/index', '.html', '/', '/:x', '/*', '/:splat'), {
        minLength: 1,
        maxLength: 3,
      })
      .map((parts) => (parts[0] === '.html' ? `/${parts.join('')}` : parts.join('')));
    const rule = fc
      .tuple(path, path, fc.constantFrom('301', '302!', '200', '307!'))
      .map((words) => words.join(' '));
    const file = fc.constantFrom(
      'a',
      'a.html',
      'a/index.html',
      'a/b.html',
      'b/index.html',
      'index.html',
      'index',
    );
    const style = fc.record<Style>({
      cleanUrls: fc.boolean(),
      trailingSlash: fc.constantFrom('auto', 'always', 'never'),
    });
    const url = fc
      .array(fc.constantFrom('/a', '/b', '/index', '.html', '/'), { maxLength: 4 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 4 }),
        fc.uniqueArray(file, { maxLength: 4 }),
        style,
        url,
        (rules, files, urls, asked) => {
          expect(follow(siteWith(rules.join('\n'), files, urls), asked)).not.toBeNull();
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
