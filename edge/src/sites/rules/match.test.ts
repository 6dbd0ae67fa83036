import { compileSiteRules } from '@appflux/detection/site-rules';
import { SiteRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchSiteRules, type SiteRuleMatch } from './index.ts';

/** Compiles files as a build does, and reads the result as the edge does. */
function rulesOf(files: Readonly<Record<string, string>>): SiteRules {
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
  return SiteRules.parse(compileSiteRules({ files: sources, spaFallback: false }).rules);
}

function ask(rules: SiteRules, url: string, files: readonly string[] = []): SiteRuleMatch | null {
  const { hostname, pathname, search } = new URL(url, 'https://my.sites.example');
  return matchSiteRules(rules, { host: hostname, path: pathname, query: search }, (path) =>
    files.includes(path) ? 'file' : 'none',
  );
}

/** The answer in one line: `301 /b`, `200 /index.html`, `proxy https://…`, `-`. */
function answer(rules: SiteRules, url: string, files?: readonly string[]): string {
  const match = ask(rules, url, files);
  if (match === null) return '-';
  if (match.kind === 'redirect') return `${match.status} ${match.location}`;
  return match.kind === 'rewrite' ? `${match.status} ${match.path}${match.query}` : `proxy ${match.url}`;
}

const redirects = (text: string) => rulesOf({ _redirects: text });
const vercel = (value: unknown) => rulesOf({ 'vercel.json': JSON.stringify(value) });

describe('rules of _redirects', () => {
  const rules = redirects(`
/home              /                           301
/blog/*            /news/:splat                302
/store id=:id      /shop/:id                   308
/store             /shop                       307
/:year/:month/:day /archive/:year-:month-:day  303
/d/:a-:b.:c        /:c/:b/:a
/search/:term      /find?q=:term&from=old#top
/caf%C3%A9         /bar
/out/*             https://example.com:8443/in/:splat
/api/*             https://api.example.com/v1/:splat?key=1  200
/app/*             /app/index.html             200
/gone              /gone.html                  410
/*.php             /php/:splat
`);

  it.each([
    ['/home', '301 /'],
    ['/home/', '301 /'],
    ['/home?a=b', '301 /?a=b'],
    ['/homes', '-'],
    ['/Home', '-'],
    ['/blog', '302 /news/'],
    ['/blog/', '302 /news/'],
    ['/blog/a/b/', '302 /news/a/b/'],
    ['/blogs', '-'],
    ['/store?id=7', '308 /shop/7'],
    ['/store?x=y&id=a%20b%2Fc', '308 /shop/a%20b%2Fc?x=y'],
    ['/store?ID=7', '307 /shop?ID=7'],
    ['/store?id=', '307 /shop?id='],
    ['/store', '307 /shop'],
    ['/2026/11/29', '303 /archive/2026-11-29'],
    ['/2026/11', '-'],
    ['/2026/11/29/x', '-'],
    ['/2026//29', '-'],
    ['/d/1-2-3.tar.gz', '301 /gz/3.tar/1-2'],
    ['/d/-b.c', '-'],
    ['/search/a&b=c', '301 /find?q=a%26b%3Dc&from=old#top'],
    ['/search/x?from=new&z=1', '301 /find?q=x&from=old&z=1#top'],
    ['/caf%c3%a9', '301 /bar'],
    ['/café/', '301 /bar'],
    ['/out/a%20b?c', '301 https://example.com:8443/in/a%20b?c'],
    ['/api/users?page=2', 'proxy https://api.example.com/v1/users?key=1&page=2'],
    ['/app/any?x=1', '200 /app/index.html?x=1'],
    ['/gone', '410 /gone.html'],
    ['/a/b.php', '301 /php/a/b'],
    ['/b.phpx', '-'],
  ])('answer %s with %s', (url, expected) => {
    expect(answer(rules, url)).toBe(expected);
  });

  it('give the host of a rewrite, which the app must allow', () => {
    expect(ask(redirects('/a http://x.example:81/b 200'), '/a')).toEqual({
      kind: 'proxy',
      url: 'http://x.example:81/b',
      host: 'x.example:81',
    });
  });

  it('let existing files win, unless they are forced', () => {
    const files = ['/a', '/b', '/c'];
    const own = redirects('/a /x\n/b /x 301!\n/c /x 200\n/d /x 200');
    expect(['/a', '/b', '/c', '/d'].map((path) => answer(own, path, files))).toEqual([
      '-',
      '301 /x',
      '-',
      '200 /x',
    ]);
  });

  it('apply in their order, literal ones and others', () => {
    const own = redirects('/a/* /t/1 301\n/a/b /t/2\n/c /t/3\n/:x /t/4\n/c/ /t/5 301!\n/d /t/6');
    expect(['/a/b', '/c', '/d', '/e'].map((path) => answer(own, path))).toEqual([
      '301 /t/1',
      '301 /t/3',
      '301 /t/4',
      '301 /t/4',
    ]);
  });

  it('apply to the host that they name', () => {
    const own = redirects('https://old.example/* https://new.example/:splat 301!\n/b /c');
    expect(answer(own, 'https://old.example/a/b')).toBe('301 https://new.example/a/b');
    expect(answer(own, 'https://old.example.evil/a')).toBe('-');
    expect(answer(own, 'https://new.example/a')).toBe('-');
  });

  it('rewrite to the site itself by its URL', () => {
    expect(answer(redirects('/a https://my.sites.example/b 200'), '/a')).toBe('200 /b');
  });

  it('add and remove slashes without a loop', () => {
    const own = redirects('/docs /docs/\n/about/ /about');
    expect(['/docs', '/docs/', '/about/', '/about'].map((path) => answer(own, path))).toEqual([
      '301 /docs/',
      '-',
      '301 /about',
      '-',
    ]);
  });
});

describe('endless redirects', () => {
  it.each([
    ['/a /b\n/b /a', '/a'],
    ['/a /b\n/b /c\n/c /a', '/c'],
    ['/* /en/:splat', '/x'],
    ['/:a/:b /:b/:a', '/1/2'],
    ['/a https://my.sites.example/b\n/b /a', '/a'],
    ['/a/* /a/a/:splat 301!', '/a/a/a'],
  ])('are not begun: %j', (text, url) => {
    expect(answer(redirects(text), url)).toBe('-');
  });

  it.each([
    ['/* /en/:splat', '/x', ['/en/x'], '301 /en/x'],
    ['/a /b\n/b /a 200', '/a', [], '301 /b'],
    ['/a /b\n/b https://my.sites.example.evil/a', '/a', [], '301 /b'],
    ['/strip/* /:splat', '/strip/strip/strip/x', [], '301 /strip/strip/x'],
    ['/n/:x/* /n/:splat', '/n/1/2/3/4/5', [], '301 /n/2/3/4/5'],
  ] as const)('are not seen where there is an end: %j', (text, url, files, expected) => {
    expect(answer(redirects(text), url, files)).toBe(expected);
  });
});

describe('rules of vercel.json', () => {
  const rules = vercel({
    redirects: [
      { source: '/old/:path*', destination: '/new/:path*' },
      { source: '/post/:id(\\d+)', destination: '/p/$1', statusCode: 302 },
      { source: '/:lang(en|de)/about', destination: '/about/:lang', permanent: false },
      { source: '/opt/:x?', destination: '/o/:x' },
      { source: '/at-least/:path+', destination: '/some/:path+' },
      { source: '/files/(.*)\\.(jpe?g|png)', destination: '/never' },
      { source: '/img/(.*)\\.(jpg|png)', destination: '/pictures/$1-$2' },
      { source: '/docs/:path*/edit', destination: 'https://git.example/:path*' },
      { source: '/q', has: [{ type: 'query', key: 'page', value: '(?<n>.*)' }], destination: '/page/:n' },
    ],
    rewrites: [{ source: '/((?!api/|static|robots\\.txt$).*)', destination: '/app.html' }],
  });

  it.each([
    ['/old', '308 /new'],
    ['/old/', '308 /new/'],
    ['/old/a/b?c=d', '308 /new/a/b?c=d'],
    ['/older', '200 /app.html'],
    ['/post/12', '302 /p/12'],
    ['/post/1x', '200 /app.html'],
    ['/en/about', '307 /about/en'],
    ['/fr/about', '200 /app.html'],
    ['/opt', '308 /o'],
    ['/opt/1', '308 /o/1'],
    ['/at-least', '200 /app.html'],
    ['/at-least/1', '308 /some/1'],
    ['/img/a/b.jpg', '308 /pictures/a/b-jpg'],
    ['/docs/a/b/edit', '308 https://git.example/a/b'],
    ['/docs/edit', '308 https://git.example/'],
    ['/q?page=3', '308 /page/3'],
    ['/', '200 /app.html'],
    ['/api/x', '-'],
    ['/api', '200 /app.html'],
    ['/static', '-'],
    ['/statically', '-'],
    ['/robots.txt', '-'],
    ['/robots.txt/x', '200 /app.html'],
  ])('answer %s with %s', (url, expected) => {
    expect(answer(rules, url)).toBe(expected);
  });

  it.each([
    ['/((?!api(?:/|$)).*)', ['/x', '/apis', '/'], ['/api', '/api/x']],
    ['/(.*\\.(?:jpe?g|woff2?)$)', ['/a.jpg', '/a/b.jpeg', '/.woff', '/a.woff2'], ['/a.jpegg', '/a.png']],
    ['/(.*)\\.(?:js|css)', ['/a.js', '/a/b.css'], ['/a.jsx', '/ajs']],
    ['/:path*.(js|css)', ['/a.js', '/a/b.css', '/.js'], ['/a']],
    ['/blog{/}', [], ['/blog']],
    ['/:path((?!en|de).*)', ['/', '/fr/en'], ['/en', '/english', '/de/a']],
    ['/a/(?:b|c)', ['/a/b', '/a/c'], ['/a/d', '/a/']],
    ['/a(/)?', ['/a', '/a/'], ['/a//', '/ab']],
    ['/play/:path*(/)?', ['/play', '/play/', '/play/a/b/'], ['/player']],
    ['/a\\.b\\:c', ['/a.b:c'], ['/axb:c']],
    ['/(a$)/b', [], ['/a/b']],
    ['/:a.:b', ['/x.y', '/x.y.z'], ['/x', '/x.y/z']],
  ] as const)('match %s', (source, matching, others) => {
    const own = vercel({ redirects: [{ source, destination: 'https://to.example/' }] });
    for (const path of matching) expect([path, answer(own, path)]).toEqual([path, '308 https://to.example/']);
    for (const path of others) expect([path, answer(own, path)]).toEqual([path, '-']);
  });

  it('redirect before files are looked for, and rewrite after', () => {
    expect(answer(rules, '/old/a', ['/old/a'])).toBe('308 /new/a');
    expect(answer(rules, '/a', ['/a'])).toBe('-');
  });
});

describe('what a visitor sends', () => {
  const open = redirects(
    '/go/* /:splat 302\n/to/:x /:x\n/q u=:u /:u\n/out/:x https://example.com/:x\n/host/* https://example.com/:splat',
  );

  it.each([
    ['/go//evil.example', '302 /evil.example'],
    ['/go///evil.example', '302 /evil.example'],
    ['/go/%2Fevil.example', '302 /%2Fevil.example'],
    ['/go/%2F%2Fevil.example', '302 /%2F%2Fevil.example'],
    ['/go/%5Cevil.example', '302 /%5Cevil.example'],
    ['/go/\\evil.example', '302 /evil.example'],
    ['/go/%09/evil.example', '302 /%09/evil.example'],
    ['/go/@evil.example', '302 /@evil.example'],
    ['/go/https://evil.example', '302 /https:/evil.example'],
    ['/go/%0d%0aSet-Cookie:%20a=b', '302 /%0D%0ASet-Cookie:%20a=b'],
    ['/go/%00', '302 /%00'],
    ['/go/%E2%80%AE', '302 /%E2%80%AE'],
    ['/to/%2Fevil.example', '301 /%2Fevil.example'],
    ['/q?u=//evil.example', '301 /%2F%2Fevil.example'],
    ['/q?u=%0d%0aX:y', '301 /%0D%0AX:y'],
    ['/q?u=..', '-'],
    ['/q?u=%2E', '-'],
    ['/q?u=..%2F..', '301 /..%2F..'],
    ['/out/@evil.example', '301 https://example.com/@evil.example'],
    ['/out/.evil.example', '301 https://example.com/.evil.example'],
    ['/host//evil.example', '301 https://example.com//evil.example'],
    ['/go/%ff', '-'],
    ['/go/%', '-'],
    ['/go/%zz', '-'],
    ['/go/a?x=%0d%0a', '302 /a?x=%0d%0a'],
    ['/go/../../etc/passwd', '-'],
    ['/go/%2e%2e/x', '-'],
  ])('stays in its place: %s', (url, expected) => {
    expect(answer(open, url)).toBe(expected);
  });

  it.each([
    { path: ['/a'], query: [{ key: 'a', value: ['b\r\nX: y'] }], hash: null },
    { path: ['/a'], query: [], hash: ['b\r\nX: y'] },
    { path: ['/a'], query: [{ key: 'a', value: ['\u{FC}'] }], hash: null },
  ])('is not read from a manifest that could not be a Location: %j', (to) => {
    const [rule] = redirects('/x /y').redirects;
    const hostile = { ...redirects('/x /y'), redirects: [{ ...rule, to: { origin: null, ...to } }] };
    expect(SiteRules.safeParse(hostile).success).toBe(false);
  });

  it('never leads a path of this site to another, whatever it is', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '\\',
        '%5C',
        '%2F',
        '@',
        ':',
        '.',
        '..',
        '%2e',
        '\t',
        '%0d%0a',
        'evil.example',
        '?',
        '#',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const paths = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const prefixes = fc.constantFrom('/go/', '/to/', '/q?u=', '/go', '/');
    fc.assert(
      fc.property(prefixes, paths, (prefix, path) => {
        if (!URL.canParse(`https://my.sites.example${prefix}${path}`)) return;
        const url = new URL(`https://my.sites.example${prefix}${path}`);
        const match = ask(open, url.href);
        if (match === null) return;
        if (match.kind !== 'redirect') throw new Error(`unexpected ${match.kind}`);
        expect(match.location).toMatch(/^[\x21-\x7e]+$/);
        const target = new URL(match.location, url);
        if (!match.location.startsWith('https://')) expect(target.host).toBe('my.sites.example');
        else expect(target.host).toBe('example.com');
      }),
      { numRuns: 1_000 },
    );
  });
});
