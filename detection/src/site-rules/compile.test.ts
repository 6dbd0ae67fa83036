import { MAX_RULE_LENGTH, SiteRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSiteRules } from './compile.ts';

function compile(texts: Readonly<Record<string, string>>, paths?: readonly string[]) {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }));
  return compileSiteRules({ files, spaFallback: false, ...(paths && { paths: new Set(paths) }) });
}

const redirects = (text: string) => compile({ _redirects: text });

/** Problems as the build log shows them. */
const logged = ({ problems }: ReturnType<typeof compile>) =>
  problems.map(({ file, line, level, message }) => `${file}:${line} ${level}: ${message}`);

/** Statuses and literal destinations of the rules that are kept. */
const kept = ({ rules }: ReturnType<typeof compile>) =>
  rules.redirects.map(({ status, to, force }) => `${status}${force ? '!' : ''} ${JSON.stringify(to.path)}`);

describe('_redirects', () => {
  it('is read line by line, with comments, a status, "!" and 301 by default', () => {
    const found = redirects('# a comment\n\n/a /b\r\n  /c   /d 302! # why\n/e /f#part\n/g /404.html 404');
    expect(logged(found)).toEqual([]);
    expect(kept(found)).toEqual(['301 ["/b"]', '302! ["/d"]', '301 ["/f"]', '404 ["/404.html"]']);
  });

  it.each(['200', '301', '302', '303', '307', '308', '404', '410'])('knows the status %s', (status) => {
    expect(kept(redirects(`/a /b ${status}`))).toEqual([`${status} ["/b"]`]);
  });

  it.each(['299', '201', '500', '0', '301x', '30', '2000'])('leaves out a rule with status %s', (status) => {
    const found = redirects(`/a /b\n/c /d ${status}`);
    expect(kept(found)).toEqual(['301 ["/b"]']);
    expect(logged(found)).toEqual([
      expect.stringContaining(`_redirects:2 warning: "${status}" isn't a status`),
    ]);
  });

  it.each(['Country=us,ca', 'Language=de', 'Cookie=is_member', 'country=US', 'Anything=x'])(
    'never applies a rule without its condition %s',
    (condition) => {
      for (const line of [`/ /other 302 ${condition}`, `/ /other ${condition}`]) {
        const found = redirects(line);
        expect(found.rules.redirects).toEqual([]);
        expect(logged(found)[0]).toMatch(/^_redirects:1 warning: .*"\w+" isn't supported/);
      }
    },
  );

  it.each([
    '/admin/* 200! Role=admin',
    '/admin/* /login 302 role=editor',
    '/api/* https://a.example/:splat 200 Signed=KEY',
  ])('fails the deployment for what protects something: %s', (line) => {
    const found = redirects(line);
    expect(found.rules.redirects).toEqual([]);
    expect(found.problems).toEqual([expect.objectContaining({ level: 'error', line: 1 })]);
  });

  it.each([
    ['/only', 'The destination is missing'],
    ['/a javascript:alert(1)', 'The destination is missing'],
    ['/a //evil.example', 'must begin with "/", "https://"'],
    ['/a https://', "isn't the beginning of a URL"],
    ['/a https://user@example.com/', "isn't the beginning of a URL"],
    ['/:x https://:x/', "can't have placeholders"],
    ['/* https://example.com:splat', "can't have placeholders"],
    ['/* https://:splat.example.com/', "can't have placeholders"],
    ['/a*b*c /d', 'one wildcard'],
    ['/:a:b /c', 'need text between them'],
    ['/:a/:a /c', 'used twice'],
    ['/*/:splat /c', 'used twice'],
    ['/:a* /c', 'need a slash between them'],
    ['/a?b=c /d', 'can\'t have "?"'],
    ['/a/../b /c', '"." and ".."'],
    ['/a /b/../c', '"." and ".."'],
    ['/a /b/%2e%2e/c', '"." and ".."'],
    ['/100% /a', 'Write % as %25'],
    ['/a /100%', 'Write % as %25'],
    ['/a b /c', "isn't a condition"],
    ['/a /b 301 extra', "isn't understood"],
    ['/a /.netlify/functions/hello 200', 'a function or service of Netlify'],
    ['https://*.example.com/a /b', "can't have placeholders, wildcards"],
    [`/${'x'.repeat(MAX_RULE_LENGTH)} /b`, 'longer than 2000 characters'],
    ['/a https://example.com/ 404', 'must lead to a path of this site'],
  ])('leaves out %s', (line, why) => {
    const found = redirects(`${line}\n/kept /yes`);
    expect(kept(found)).toEqual(['301 ["/yes"]']);
    expect(logged(found)).toEqual([expect.stringContaining('_redirects:1 warning: ')]);
    expect(logged(found)[0]).toContain(why);
  });

  it('serves the path itself if the destination is left out', () => {
    expect(kept(redirects('/files/* 200!'))).toEqual(['200! ["/files/",{"capture":"splat"}]']);
    expect(kept(redirects('/files 200'))).toEqual([]);
  });

  it('takes a rule for a host', () => {
    const { rules } = redirects('http://OLD.example/* https://new.example/:splat 301!');
    expect(rules.redirects[0]).toMatchObject({ host: 'old.example', to: { origin: 'https://new.example' } });
  });
});

describe('single-page apps', () => {
  it.each(['/* /index.html 200', '/* / 200', '/* /index 200', '/*    /index.html   200   # SPA'])(
    'are recognized by %s',
    (line) => {
      const found = redirects(`/a /b\n${line}`);
      expect(found.rules.spaFallback).toBe(true);
      expect(kept(found)).toEqual(['301 ["/b"]']);
      expect(logged(found)).toEqual([]);
    },
  );

  it.each([
    '/* /index.html',
    '/* /index.html 200!',
    '/app/* /index.html 200',
    '/* /app.html 200',
    '/* /404.html 404',
  ])('are not taken for %s', (line) => {
    const found = redirects(line);
    expect(found.rules.spaFallback).toBe(false);
    expect(found.rules.redirects).toHaveLength(1);
  });

  it('are recognized in vercel.json', () => {
    for (const source of ['/(.*)', '/:path*']) {
      const text = JSON.stringify({ rewrites: [{ source, destination: '/index.html' }] });
      expect(compile({ 'vercel.json': text }).rules).toMatchObject({ spaFallback: true, redirects: [] });
    }
  });

  it('follow appflux.json before any file', () => {
    const files = [{ path: '_redirects', text: '/* /index.html 200' }];
    const settings = { spaFallback: false, trailingSlash: 'always' as const, cleanUrls: false };
    expect(compileSiteRules({ files, spaFallback: true, settings }).rules).toMatchObject(settings);
    expect(compileSiteRules({ files: [], spaFallback: true }).rules.spaFallback).toBe(true);
  });
});

describe('redirects together', () => {
  it('count once: the first of two for a path applies', () => {
    const found = redirects('/a /b\n/a/ /c\n/a /d 301!');
    expect(kept(found)).toEqual(['301 ["/b"]', '301! ["/d"]']);
    expect(logged(found)).toEqual([
      '_redirects:2 warning: The rule never applies: line 1 matches the same requests.',
    ]);
  });

  it('say that what follows a rule for every path never applies', () => {
    const found = redirects('/* /404.html 404\n/a /b\n/c /d 301!');
    expect(kept(found)).toEqual(['404 ["/404.html"]', '301! ["/d"]']);
    expect(logged(found)).toEqual([expect.stringContaining('_redirects:2 warning: The rule never applies')]);
  });

  it('are left out if they lead to themselves', () => {
    const found = redirects('/a /a\n/b/* /b/:splat 302\n/c/:x/d /c/:x/d\n/ok/* /ok/x/:splat');
    expect(kept(found)).toHaveLength(1);
    expect(logged(found)).toHaveLength(3);
  });

  it('may add or remove a slash', () => {
    const found = redirects('/docs /docs/\n/about/ /about');
    expect(logged(found)).toEqual([]);
    expect(found.rules.redirects.map(({ pattern }) => pattern.slash)).toEqual(['exact', 'exact']);
  });

  it('are reported when they go round in a circle, unless a file ends it', () => {
    const text = '/a /b\n/b /c\n/c /a/\n/d /a';
    expect(logged(redirects(text))).toEqual([
      '_redirects:1 warning: Redirects go round in a circle from this rule. They are not followed.',
    ]);
    expect(logged(compile({ _redirects: text }, ['c.html']))).toEqual([
      expect.stringContaining('_redirects:3 warning: The rule never applies: the site has a file'),
    ]);
  });

  it('are limited as at Cloudflare', () => {
    const lines = (count: number, path: string) => Array.from({ length: count }, (_, n) => `/${n}${path} /x`);
    const found = redirects([...lines(2_001, ''), ...lines(102, '/*')].join('\n'));
    expect(found.rules.redirects).toHaveLength(2_100);
    expect(logged(found)).toEqual([
      expect.stringContaining('_redirects:2001 warning: A site can have 2000 redirects without placeholders'),
      expect.stringContaining('_redirects:2102 warning: A site can have 100 redirects with placeholders'),
    ]);
  });

  it('of _redirects come before those of netlify.toml and vercel.json, in whatever order the files are given', () => {
    const found = compile({
      'web/vercel.json': '{"redirects": [{"source": "/a", "destination": "/3"}]}',
      'web/netlify.toml': '[[redirects]]\nfrom = "/a"\nto = "/2"\nforce = true\n',
      _redirects: '/a /1',
      'notes.txt': '/a /0',
    });
    expect(kept(found)).toEqual(['301 ["/1"]', '301! ["/2"]']);
    expect(logged(found)).toEqual([
      expect.stringContaining('web/vercel.json:1 warning: The rule never applies: web/netlify.toml, line 2'),
    ]);
  });

  it('say that another host must be allowed for a rewrite', () => {
    expect(logged(redirects('/api/* https://api.example.com:8443/:splat 200'))).toEqual([
      "_redirects:1 warning: Requests are passed on only if the app's settings allow rewrites to api.example.com:8443.",
    ]);
  });
});

describe('_headers', () => {
  const headers = (text: string) => compile({ _headers: text });

  it('sets, joins and removes headers', () => {
    const found = headers(
      '/*\n  X-Frame-Options: DENY\n  ! Cache-Control\n# no\n/static/*\n\tCache-Control: public, max-age=60\n',
    );
    expect(logged(found)).toEqual([]);
    expect(found.rules.headers.map(({ operations }) => operations)).toEqual([
      [
        { operation: 'append', name: 'x-frame-options', value: ['DENY'] },
        { operation: 'remove', name: 'cache-control', value: [] },
      ],
      [{ operation: 'append', name: 'cache-control', value: ['public, max-age=60'] }],
    ]);
  });

  it('keeps colons and commas of a policy', () => {
    const policy = "default-src 'self'; img-src https://a.example data:; report-uri https://b.example/:splat";
    const found = headers(`/*\n  Content-Security-Policy: ${policy}`);
    expect(found.rules.headers[0]?.operations[0]?.value).toEqual([policy.slice(0, -6), { capture: 'splat' }]);
  });

  it.each([
    ...['Set-Cookie: a=b', 'Content-Length: 3', 'Transfer-Encoding: chunked', 'Connection: close', '! ETag'],
    ...[
      'Upgrade: h2c',
      'content-encoding: gzip',
      'Host: x',
      'Date: now',
      'X-AppFlux-Access: all',
      'Location: /x',
    ],
  ])('refuses %s by name', (line) => {
    const found = headers(`/*\n  ${line}\n  X-Kept: yes`);
    const name = line.replace(/^! /, '').split(':')[0];
    expect(logged(found)).toEqual([
      expect.stringContaining(`_headers:2 warning: The header "${name}" can't be set`),
    ]);
    expect(found.rules.headers[0]?.operations).toHaveLength(1);
  });

  it.each([
    ['X-A', 'write it as Name: value'],
    ['X-A:', 'has no value'],
    [': x', "isn't a header name"],
    ['X A: x', "isn't a header name"],
    ['X-A: caf\u{E9}', "isn't ASCII"],
    ['X-A: a\u{0}b', 'a control character'],
    ['X-A: a\u{2028}Set-Cookie: b', "isn't ASCII"],
    [`X-A: ${'x'.repeat(MAX_RULE_LENGTH)}`, 'longer than 2000'],
  ])('leaves out the header %j', (line, why) => {
    const found = headers(`/*\n${line}\nX-Kept: yes`);
    expect(logged(found)).toEqual([expect.stringContaining('_headers:2 warning: ')]);
    expect(logged(found)[0]).toContain(why);
    expect(found.rules.headers[0]?.operations.map(({ name }) => name)).toEqual(['x-kept']);
  });

  it('leaves out the headers of a path that is refused, with one problem', () => {
    const found = headers('https://:project.pages.dev/*\n  X-Robots-Tag: noindex\n/a\n  X-A: b\n');
    expect(logged(found)).toEqual([
      expect.stringContaining('_headers:1 warning: The host ":project.pages.dev"'),
    ]);
    expect(found.rules.headers).toHaveLength(1);
  });

  it('fails the deployment for Basic-Auth, which protects the path', () => {
    for (const path of ['/secret/*', '/*/secret/*']) {
      expect(headers(`${path}\n  Basic-Auth: user:password\n`).problems.map(({ level }) => level)).toContain(
        'error',
      );
    }
  });

  it('says where a path is missing, or its headers', () => {
    expect(logged(headers('X-A: b\n/empty\n/a\n X-A: b'))).toEqual([
      expect.stringContaining('_headers:1 warning: A path that begins with "/" must come before'),
      '_headers:2 warning: The path has no headers below it.',
    ]);
  });
});

describe('netlify.toml', () => {
  const toml = (text: string) => compile({ 'netlify.toml': text });

  it('gives redirects and headers, and each problem its line', () => {
    const found = toml(`[build]
  command = """
[[redirects]]
"""
[[redirects]]
  from = "/a/*"
  to = "/b/:splat"
  status = 200
  force = true
[[headers]]
  for = "/*"
  [headers.values]
  X-A = "1"
  Connection = "close"
  cache-control = '''
  max-age=0,
  no-cache'''
[[redirects]]
  # why
  from = "/c"
  to = "/d"
  conditions = {Country = ["us"]}
[[redirects]]
  from = "/e"
`);
    expect(kept(found)).toEqual(['200! ["/b/",{"capture":"splat"}]']);
    expect(found.rules.headers[0]?.operations.map(({ value }) => value)).toEqual([
      ['1'],
      ['max-age=0, no-cache'],
    ]);
    expect(logged(found)).toEqual([
      expect.stringContaining('netlify.toml:14 warning: The header "Connection"'),
      expect.stringContaining('netlify.toml:18 warning: The condition "Country"'),
      'netlify.toml:23 warning: The destination is missing.',
    ]);
  });

  it.each([
    ['signed = "KEY"', 'error'],
    ['conditions = {Role = ["admin"]}', 'error'],
    ['edge_handler = "x"', 'warning'],
    ['headers = {X-From = "n"}', 'warning'],
    ['rate_limit = {}', 'warning'],
    ['status = 999', 'warning'],
    ['status = [301]', 'warning'],
    ['force = "yes"', 'warning'],
    ['query = {a = 1}', 'warning'],
  ])('with %s leaves out the redirect', (option, level) => {
    const found = toml(`redirects = [{from = "/a", to = "/b", ${option}}]`);
    expect(found.rules.redirects).toEqual([]);
    expect(found.problems).toEqual([expect.objectContaining({ line: 1, level })]);
  });

  it('that is not TOML, or has something else for its lists, is an error', () => {
    expect(logged(toml('a = 1\nb = = 2'))).toEqual([
      expect.stringContaining("netlify.toml:2 error: The file isn't valid TOML"),
    ]);
    expect(logged(toml('x = 1\nredirects = 3'))).toEqual([
      expect.stringContaining('netlify.toml:2 error: "redirects" must be'),
    ]);
    expect(logged(toml(`a = ${'['.repeat(50_000)}`))[0]).toMatch(
      /^netlify\.toml:\d+ error: The file isn't valid TOML/,
    );
  });
});

describe('vercel.json', () => {
  const vercel = (value: unknown) => compile({ 'vercel.json': JSON.stringify(value, null, 2) });

  it('gives redirects that apply to files, rewrites that do not, and settings', () => {
    const found = vercel({
      cleanUrls: true,
      trailingSlash: false,
      redirects: [
        { source: '/a', destination: '/b' },
        { source: '/c', destination: '/d', permanent: false },
        { source: '/e', destination: '/f', statusCode: 303 },
      ],
      rewrites: [{ source: '/g', destination: '/h' }],
    });
    expect(logged(found)).toEqual([]);
    expect(kept(found)).toEqual(['308! ["/b"]', '307! ["/d"]', '303! ["/f"]', '200 ["/h"]']);
    expect(found.rules).toMatchObject({ cleanUrls: true, trailingSlash: 'never' });
  });

  it.each([
    ...[
      '/:slug(\\w+)',
      '/:slug([a-z]+)',
      '/(.*)/(.*)',
      '/:a*/:b*',
      '/(a+)+',
      '/((?!.*\\.).*)',
      '/(?=x)',
      '/(a(b)c)',
    ],
    ...[
      '/{a}',
      '/a+',
      '/(a',
      '/:id(\\d{4})',
      '/:a?:b',
      '/:a(x|y)*',
      'no-slash',
      '/(\\1)',
      '/(^a)',
      '/(?<x>a)',
    ],
  ])('leaves out a source that cannot be matched in one pass: %s', (source) => {
    const found = vercel({
      redirects: [
        { source, destination: '/x' },
        { source: '/a', destination: '/b' },
      ],
    });
    expect(kept(found)).toEqual(['308! ["/b"]']);
    expect(logged(found)).toEqual([expect.stringContaining('vercel.json:3 warning: ')]);
  });

  it.each([
    { has: [{ type: 'header', key: 'x-a' }] },
    { has: [{ type: 'cookie', key: 'a' }] },
    { has: [{ type: 'host', value: '(?<sub>.*)\\.example\\.com' }] },
    { has: [{ type: 'query', key: 'a', value: '[0-9]+' }] },
    { has: [{ type: 'query', key: 'a', value: { eq: 'b' } }] },
    { missing: [{ type: 'query', key: 'a' }] },
    { respectOriginCacheControl: true },
  ])('never applies a rule without %j', (condition) => {
    const found = vercel({ rewrites: [{ source: '/a', destination: '/b', ...condition }] });
    expect(found.rules.redirects).toEqual([]);
    expect(logged(found)).toEqual([expect.stringContaining('vercel.json:3 warning: ')]);
  });

  it('takes conditions on the host and the query', () => {
    const { rules } = vercel({
      redirects: [
        {
          source: '/:path*',
          has: [
            { type: 'host', value: 'old\\.example' },
            { type: 'query', key: 'id', value: '(?<id>.*)' },
            { type: 'query', key: 'x', value: 'y' },
          ],
          destination: '/p/:id',
        },
      ],
    });
    expect(rules.redirects[0]).toMatchObject({
      host: 'old.example',
      query: [
        { key: 'id', value: { capture: 'q_id' } },
        { key: 'x', value: 'y' },
      ],
      to: { path: ['/p/', { capture: 'q_id' }] },
    });
  });

  it('with alternatives without end is left out', () => {
    const source = `/${'(a|b|c|d|e|f|g|h)'.repeat(30)}`;
    expect(vercel({ redirects: [{ source, destination: '/' }] }).rules.redirects).toEqual([]);
  });

  it.each([
    ['{"redirects": [], // no\n}', 1, 'comments are not allowed'],
    ['{\n "a": 1,\n}', 3, 'expected a property name'],
    ['[]', 1, 'must contain a JSON object'],
    ['{\n"redirects": {}}', 2, '"redirects" must be an array'],
    ['{\n"cleanUrls": "yes"}', 2, '"cleanUrls" must be true or false'],
    [`{"redirects": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 1, 'nested too deeply'],
  ])('that cannot be read is an error with its line', (text, line, why) => {
    const found = compile({ 'vercel.json': text });
    expect(logged(found)).toEqual([expect.stringContaining(`vercel.json:${line} error: `)]);
    expect(logged(found)[0]).toContain(why);
  });

  it('says that "routes" is not supported', () => {
    expect(logged(vercel({ routes: [] }))).toEqual([
      expect.stringContaining('vercel.json:2 warning: "routes"'),
    ]);
  });
});

describe('any text', () => {
  const fragments = [
    ...[
      '/',
      '*',
      ':',
      ':a',
      '/a',
      '.',
      '..',
      '%',
      '%2e',
      '%00',
      '\\',
      '//',
      '?a=b',
      '#',
      ' ',
      '\t',
      '\n',
      '\r',
      '!',
    ],
    ...[
      '200',
      '301',
      'https://',
      'example.com',
      ':8080',
      '@',
      '\u{0}',
      '\u{FEFF}',
      '\u{D800}',
      '\u{202E}',
      'é',
      '😀',
    ],
    ...[
      'X-A: b',
      '! X',
      'Basic-Auth:',
      '[[redirects]]',
      '[[headers]]',
      'from = "/a"',
      '"""',
      "'''",
      '=',
      '{',
      '}',
    ],
    ...['(', ')', '(.*)', '(?!', '|', '$', '\\d+', '+', '"source"', '"/a"', ',', '[', ']', '__proto__'],
  ];
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...fragments), { maxLength: 40 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...fragments), { maxLength: 40 }).map((parts) => parts.join(' ')),
  );

  const expectSound = (found: ReturnType<typeof compile>) => {
    expect(SiteRules.safeParse(found.rules).success).toBe(true);
    for (const { line, message } of found.problems) {
      expect(line).toBeGreaterThan(0);
      expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(message.length).toBeLessThan(700);
    }
  };

  it.each(['_redirects', '_headers', 'netlify.toml', 'vercel.json'])(
    'in %s gives rules and problems',
    (path) => {
      fc.assert(
        fc.property(texts, (text) => expectSound(compile({ [path]: text }))),
        { numRuns: 300 },
      );
    },
  );

  it('in vercel.json as source and destination gives rules and problems', () => {
    const entries = fc.record({ source: texts.map((text) => `/${text}`), destination: texts });
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 5 }), (rewrites) =>
        expectSound(compile({ 'vercel.json': JSON.stringify({ rewrites }) })),
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['_redirects', `/${':a-'.repeat(1)}${Array.from({ length: 300 }, (_, n) => `:n${n}`).join('-')} /x`],
    ['_redirects', `/:a /${':a'.repeat(900)}`],
    ['_redirects', `/a /b?${'c&'.repeat(900)}`],
    ['_redirects', `/a ${'k=v '.repeat(400)} /b`],
    ['_headers', `/:a\n  X-A: ${':a '.repeat(600)}`],
    [
      'vercel.json',
      JSON.stringify({
        rewrites: [{ source: `/((?!${'a|'.repeat(30)}b)(?!${'c|'.repeat(30)}d).*)`, destination: '/' }],
      }),
    ],
  ])('in %s with more parts than a rule can have is left out', (path, text) => {
    const found = compile({ [path]: text });
    expect(SiteRules.safeParse(found.rules).success).toBe(true);
    expect([...found.rules.redirects, ...found.rules.headers]).toEqual([]);
    expect(logged(found)).toEqual([expect.stringContaining('has too many')]);
  });

  it('of slashes alone can be a path', () => {
    const found = redirects(`${'/'.repeat(1_900)}a /b`);
    expect(SiteRules.safeParse(found.rules).success).toBe(true);
    expect(found.rules.redirects).toHaveLength(1);
  });

  it('of many bad lines reports the first hundred, and how many more there are', () => {
    const { problems } = redirects('/a\n'.repeat(45_000));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toMatchObject({ level: 'warning', message: 'And 44900 more problems.' });
  });
});
