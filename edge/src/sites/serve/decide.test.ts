import type { SiteRedirect, SiteRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decision, decide, type FileDecision, nearest404 } from './decide.ts';
import { DEPLOYMENT, entry, get, PUBLIC, site } from './testing/site.ts';

const FILES = [
  'index.html',
  'about.html',
  'docs/index.html',
  'assets/index-DiwrgTda.js',
  'assets/index-DiwrgTda.css',
  'sw.js',
  'manifest.webmanifest',
  'photo.jpg',
  'a b/ü&.txt',
];
const SITE = site(FILES);
const HASHED = '/assets/index-DiwrgTda.js';

function file(decision: Decision): FileDecision {
  if (decision.kind !== 'file') throw new Error(`not a file: ${decision.kind}`);
  return decision;
}
const header = (decision: Decision, name: string) =>
  'headers' in decision ? decision.headers.get(name) : null;
const statusOf = (decision: Decision) => ('status' in decision ? decision.status : null);
/** The file, or where a redirect leads, or the status. */
function gist(decision: Decision) {
  if (decision.kind === 'file') return `${decision.status} ${decision.entry[0]}`;
  const location = header(decision, 'Location');
  return location === null ? String(statusOf(decision)) : `${statusOf(decision)} → ${location}`;
}

const HTML = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('paths', () => {
  test.each([
    ['/', '200 index.html'],
    ['/about', '200 about.html'],
    ['/about.html?a=1&b', '307 → /about?a=1&b'],
    ['/docs', '307 → /docs/'],
    ['/docs/index.html', '307 → /docs/'],
    ['/a%20b/%C3%BC&.txt', '200 a b/ü&.txt'],
    ['/a%20b/%c3%bc%26.txt', '307 → /a%20b/%C3%BC%26.txt'],
    ['/%61bout?x', '307 → /about?x'],
    ['//evil.example', '404'],
    ['//about', '307 → /about'],
    ['/\\about', '307 → /about'],
    ['/%5Cabout', '404'],
    ['/a%2Fb', '404'],
    ['/docs%2Findex.html', '307 → /docs/'],
    ['/../about', '200 about.html'],
    ['/%2e%2e/about', '200 about.html'],
    ['/%252e%252e/about', '404'],
    ['/missing', '404'],
    ['/.git/config', '404'],
    ['/%', '404'],
    ['/%00', '404'],
    ['/api/health', '404'],
    ['/constructor', '404'],
  ])('%s: %s', (path, expected) => {
    expect(gist(decide(SITE, get(path), PUBLIC))).toBe(expected);
  });

  test('no request is redirected to another host', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        '/',
        '\\',
        '%2f',
        '%5c',
        '..',
        '.',
        'about',
        'docs',
        'index',
        '.html',
        'evil.example',
        '%',
        ':',
        '@',
        '?',
      ),
    });
    fc.assert(
      fc.property(text, (path) => {
        const location = header(decide(SITE, get(`http://docs.sites.example/${path}`), PUBLIC), 'Location');
        return (
          location === null || new URL(location, 'http://docs.sites.example').host === 'docs.sites.example'
        );
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('methods', () => {
  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])('%s is not allowed', (method) => {
    const decision = decide(SITE, get('/', {}, method), PUBLIC);
    expect(statusOf(decision)).toBe(405);
    expect(header(decision, 'Allow')).toBe('GET, HEAD');
  });

  test('HEAD is GET without a body, and ignores ranges', () => {
    const head = file(decide(SITE, get('/photo.jpg', { Range: 'bytes=0-9' }, 'HEAD'), PUBLIC));
    const whole = file(decide(SITE, get('/photo.jpg'), PUBLIC));
    expect(head).toEqual({ ...whole, hasBody: false });
  });
});

describe('caching', () => {
  test('a document is revalidated, and tagged for each encoding', () => {
    const tags = ['br', 'gzip', 'identity'].map((encoding) => {
      const sent = file(decide(SITE, get('/', { 'Accept-Encoding': encoding }), PUBLIC));
      expect(sent.encoding).toBe(encoding);
      expect(sent.headers.get('Cache-Control')).toBe('public, max-age=0, must-revalidate');
      expect(sent.headers.get('Vary')).toBe('Accept-Encoding');
      expect(sent.headers.get('Content-Encoding')).toBe(encoding === 'identity' ? null : encoding);
      return sent.headers.get('ETag') ?? '';
    });
    for (const tag of tags) expect(tag).toMatch(/^"[0-9a-f]{32}(?:-\w+)?"$/);
    expect(new Set(tags).size).toBe(3);
  });

  test('a file with its hash in its name never changes', () => {
    const sent = file(decide(SITE, get(HASHED), PUBLIC));
    expect(sent.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
  });

  test('a picture has one encoding, whatever is asked', () => {
    const sent = file(decide(SITE, get('/photo.jpg', { 'Accept-Encoding': 'br, gzip' }), PUBLIC));
    expect(sent.encoding).toBe('identity');
    expect(sent.headers.get('Vary')).toBeNull();
    expect(sent.headers.get('Content-Length')).toBe('100');
  });

  test('who has the current file gets 304, with what a cache updates', () => {
    const sent = file(decide(SITE, get('/', { 'Accept-Encoding': 'gzip' }), PUBLIC));
    const etag = sent.headers.get('ETag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = decide(SITE, get('/', { 'Accept-Encoding': 'gzip', 'If-None-Match': known }), PUBLIC);
      expect(statusOf(again)).toBe(304);
      expect(header(again, 'ETag')).toBe(etag);
      expect(header(again, 'Vary')).toBe('Accept-Encoding');
      expect(header(again, 'Content-Type')).toBeNull();
    }
    const other = decide(SITE, get('/', { 'Accept-Encoding': 'br', 'If-None-Match': etag }), PUBLIC);
    expect(statusOf(other)).toBe(200);
  });

  test('a site without hashes of its files has tags of its deployment', () => {
    const old = site([['index.html', 5, '', 0xabc, 0, 0, 5, 0, 0, 0]]);
    expect(header(decide(old, get('/'), PUBLIC), 'ETag')).toBe(`"${DEPLOYMENT}-abc-5"`);
  });

  test('no-transform asks for the file itself', () => {
    const asked = { 'Accept-Encoding': 'br', 'Cache-Control': 'no-transform' };
    expect(file(decide(SITE, get('/', asked), PUBLIC)).encoding).toBe('identity');
  });
});

describe('ranges', () => {
  const range = (header: string, more: Record<string, string> = {}, path = '/photo.jpg') =>
    decide(SITE, get(path, { Range: header, ...more }), PUBLIC);

  test.each([
    ['bytes=0-9', 'bytes 0-9/100', '10'],
    ['bytes=90-', 'bytes 90-99/100', '10'],
    ['bytes=-1', 'bytes 99-99/100', '1'],
    ['bytes=95-1000', 'bytes 95-99/100', '5'],
  ])('%s', (asked, contentRange, length) => {
    const sent = file(range(asked));
    expect(sent.status).toBe(206);
    expect(sent.headers.get('Content-Range')).toBe(contentRange);
    expect(sent.headers.get('Content-Length')).toBe(length);
  });

  test.each(['bytes=100-', 'bytes=-0', 'bytes=1000-2000'])('%s is beyond the end', (asked) => {
    const decision = range(asked);
    expect(statusOf(decision)).toBe(416);
    expect(header(decision, 'Content-Range')).toBe('bytes */100');
    expect(header(decision, 'Cache-Control')).toBe('no-store');
  });

  test.each([
    'bytes=9-0',
    'bytes=0-1,5-6',
    'bytes=0-1, -1',
    'items=0-1',
    'bytes',
    'bytes=',
    'bytes=a-b',
    'bytes=0--1',
    'bytes=1-2-3',
    'bytes=0x0-1',
    'bytes=+1-2',
    ' ',
  ])('%s gets the whole file', (asked) => {
    const sent = file(range(asked));
    expect(sent.status).toBe(200);
    expect(sent.headers.get('Content-Length')).toBe('100');
    expect(sent.headers.get('Content-Range')).toBeNull();
  });

  test('a range is of the encoding that is sent', () => {
    const sent = file(range('bytes=-4', { 'Accept-Encoding': 'gzip' }, '/about'));
    expect(sent.headers.get('Content-Range')).toBe('bytes 64-67/68');
  });

  test('If-Range that names another version gets the whole file', () => {
    const etag = header(range('bytes=0-1'), 'ETag') ?? '';
    expect(statusOf(range('bytes=0-1', { 'If-Range': etag }))).toBe(206);
    for (const other of [`W/${etag}`, '"other"', 'Sun, 06 Nov 1994 08:49:37 GMT'])
      expect(statusOf(range('bytes=0-1', { 'If-Range': other }))).toBe(200);
  });

  test('a page of the site for what is missing has no ranges', () => {
    const sent = file(
      decide(site(['404.html']), get('/x', { Range: 'bytes=0-1', 'If-None-Match': '*' }), PUBLIC),
    );
    expect([sent.status, sent.range]).toEqual([404, null]);
  });
});

describe('single-page apps', () => {
  const APP = site(FILES, { spaFallback: true });

  test.each<[string, string, Record<string, string>, string]>([
    [
      'a navigation',
      '/users/7',
      { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' },
      '200 index.html',
    ],
    [
      'a navigation to what looks like a file',
      '/users/ada.js',
      { 'Sec-Fetch-Dest': 'document', ...HTML },
      '200 index.html',
    ],
    ['a program that takes HTML', '/users/7', HTML, '200 index.html'],
    ['a program that takes anything', '/users/7', { Accept: '*/*' }, '200 index.html'],
    ['a program that says nothing', '/docs/v1.2', {}, '200 index.html'],
    ['fetch of Node', '/users/7', { Accept: '*/*', 'Sec-Fetch-Mode': 'cors' }, '200 index.html'],
    ['a script', '/missing.js', { 'Sec-Fetch-Dest': 'script', Accept: '*/*' }, '404'],
    ['a script without an ending', '/missing', { 'Sec-Fetch-Dest': 'script', Accept: '*/*' }, '404'],
    ['a program that asks for a script', '/missing.js', { Accept: '*/*' }, '404'],
    ['a program that asks for a hashed script', '/assets/index-Abcd1234.js', {}, '404'],
    ['a picture', '/missing.png', { 'Sec-Fetch-Dest': 'image' }, '404'],
    ['a font', '/missing.woff2', {}, '404'],
    ['a map', '/missing.js.map', {}, '404'],
    ['data that a page fetches', '/api/users', { 'Sec-Fetch-Dest': 'empty', Accept: '*/*' }, '404'],
    ['data that a program asks for', '/api/users', { Accept: 'application/json' }, '404'],
    [
      'a fragment that a page fetches',
      '/part',
      { 'Sec-Fetch-Dest': 'empty', Accept: 'text/html' },
      '200 index.html',
    ],
    ['a program that refuses HTML', '/users/7', { Accept: 'text/html;q=0, application/json' }, '404'],
  ])('%s: %s', (_, path, headers, expected) => {
    expect(gist(decide(APP, get(path, headers), PUBLIC))).toBe(expected);
  });

  test('the App’s setting counts more than what was detected', () => {
    expect(gist(decide(APP, get('/x', HTML), { ...PUBLIC, spaFallback: false }))).toBe('404');
    expect(gist(decide(SITE, get('/x', HTML), { ...PUBLIC, spaFallback: true }))).toBe('200 index.html');
  });

  test('caches tell the page and the refusal apart', () => {
    const page = decide(APP, get('/x', HTML), PUBLIC);
    expect(header(page, 'Vary')).toBe('Accept-Encoding, Accept, Sec-Fetch-Dest, Sec-Fetch-Mode');
    expect(header(page, 'Cache-Control')).toBe('public, max-age=0, must-revalidate');
  });

  test('the site’s own page says what is missing', () => {
    const both = site([...FILES, '404.html'], { spaFallback: true });
    expect(gist(decide(both, get('/x', HTML), PUBLIC))).toBe('200 index.html');
    expect(gist(decide(both, get('/x.js'), PUBLIC))).toBe('404 404.html');
  });
});

describe('404.html', () => {
  const has = (file: string) => ['/404.html', '/docs/404.html'].includes(file);
  test.each([
    ['/x', '/404.html'],
    ['/docs/x', '/docs/404.html'],
    ['/docs/', '/docs/404.html'],
    ['/docs/a/b/c', '/docs/404.html'],
    ['/docs', '/404.html'],
    ['/docsy/x', '/404.html'],
    ['/', '/404.html'],
  ])('%s: %s', (path, expected) => {
    expect(nearest404(path, has)).toBe(expected);
  });

  test('is sent with its own status and never kept for long', () => {
    const sent = file(decide(site(['404.html']), get('/assets/index-DiwrgTda.js'), PUBLIC));
    expect(sent.status).toBe(404);
    expect(sent.headers.get('Cache-Control')).toBe('public, max-age=0, must-revalidate');
  });
});

describe('progressive web apps', () => {
  test('the manifest has its type', () => {
    const manifest = decide(SITE, get('/manifest.webmanifest'), PUBLIC);
    expect(header(manifest, 'Content-Type')).toBe('application/manifest+json');
    expect(header(manifest, 'Cache-Control')).toBe('public, max-age=0, must-revalidate');
  });

  test('a service worker is revalidated, even with a hash in its name or a rule that says otherwise', () => {
    const forever: Partial<SiteRules> = {
      headers: [
        { ...everything, operations: [{ operation: 'set', name: 'cache-control', value: ['max-age=9999'] }] },
      ],
    };
    const asked = { 'Service-Worker': 'script' };
    for (const path of ['/sw.js', HASHED])
      expect(header(decide(site(FILES, forever), get(path, asked), PUBLIC), 'Cache-Control')).toBe(
        'public, max-age=0, must-revalidate',
      );
    expect(header(decide(SITE, get('/sw.js'), PUBLIC), 'Cache-Control')).toBe(
      'public, max-age=0, must-revalidate',
    );
  });

  test('only the script of a service worker widens its scope', () => {
    const wide = site(FILES, {
      headers: [
        { ...everything, operations: [{ operation: 'set', name: 'service-worker-allowed', value: ['/'] }] },
      ],
    });
    expect(
      header(decide(wide, get('/sw.js', { 'Service-Worker': 'script' }), PUBLIC), 'Service-Worker-Allowed'),
    ).toBe('/');
    expect(header(decide(wide, get('/sw.js'), PUBLIC), 'Service-Worker-Allowed')).toBeNull();
    expect(
      header(decide(SITE, get('/sw.js', { 'Service-Worker': 'script' }), PUBLIC), 'Service-Worker-Allowed'),
    ).toBeNull();
  });
});

/** Matches all paths. */
const everything = {
  host: null,
  pattern: {
    before: [],
    splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' as const },
    after: [],
    slash: 'any' as const,
  },
  unless: [],
  query: [],
};

describe('rules', () => {
  const rule = (more: Partial<SiteRedirect>): SiteRedirect => ({
    ...everything,
    to: { origin: null, path: ['/about'], query: [], hash: null },
    status: 302,
    force: false,
    ...more,
  });
  const withRule = (more: Partial<SiteRedirect>) => site(FILES, { redirects: [rule(more)] });

  test.each<[string, Partial<SiteRedirect>, string, string]>([
    ['a redirect', {}, '/x?a=1', '302 → /about?a=1'],
    ['a redirect from a file', {}, '/photo.jpg', '200 photo.jpg'],
    ['a rewrite to a page', { status: 200 }, '/x', '200 about.html'],
    [
      'a rewrite to a page under its file’s name',
      { status: 200, to: { origin: null, path: ['/about.html'], query: [], hash: null } },
      '/x',
      '200 about.html',
    ],
    ['a forced rewrite', { status: 200, force: true }, '/photo.jpg', '200 about.html'],
    [
      'a rewrite to what is missing',
      { status: 200, to: { origin: null, path: ['/gone'], query: [], hash: null } },
      '/x',
      '404',
    ],
    ['a page with another status', { status: 410 }, '/x', '410 about.html'],
  ])('%s', (_, more, path, expected) => {
    expect(gist(decide(withRule(more), get(path), PUBLIC))).toBe(expected);
  });

  test('a rewrite to another host needs the App’s consent', () => {
    const foreign = withRule({
      status: 200,
      to: { origin: 'https://api.example.com', path: ['/v1/', { capture: 'splat' }], query: [], hash: null },
    });
    const refused = decide(foreign, get('/x', {}, 'POST'), PUBLIC);
    expect(refused).toMatchObject({ kind: 'forbidden_host', host: 'api.example.com' });
    expect(decide(foreign, get('/x', {}, 'POST'), { ...PUBLIC, rewriteHosts: ['api.example.com'] })).toEqual({
      kind: 'proxy',
      url: 'https://api.example.com/v1/x',
    });
    expect(
      decide(foreign, get('/x'), { ...PUBLIC, rewriteHosts: ['example.com', 'evil-api.example.com'] }).kind,
    ).toBe('forbidden_host');
  });

  test('headers come last', () => {
    const own = site(FILES, {
      headers: [
        {
          ...everything,
          operations: [
            { operation: 'set', name: 'x-own', value: ['1'] },
            { operation: 'set', name: 'cache-control', value: ['public, s-maxage=60'] },
            { operation: 'set', name: 'content-type', value: ['text/plain'] },
          ],
        },
      ],
    });
    const sent = file(decide(own, get(HASHED), PUBLIC));
    expect(sent.headers.get('X-Own')).toBe('1');
    expect(sent.headers.get('Cache-Control')).toBe('public, s-maxage=60');
    expect(sent.headers.get('Content-Type')).toBe('text/plain');
  });

  test('headers that keep visitors safe can be neither set nor removed', () => {
    const names = [
      'set-cookie',
      'content-length',
      'content-encoding',
      'transfer-encoding',
      'etag',
      'connection',
      'x-content-type-options',
      'x-robots-tag',
      'access-control-allow-credentials',
      'cdn-cache-control',
      'cache-control',
      'vary',
    ];
    const hostile = site(FILES, {
      headers: [
        {
          ...everything,
          operations: names.map((name) => ({ operation: 'set' as const, name, value: ['public, evil'] })),
        },
        {
          ...everything,
          operations: names.map((name) => ({ operation: 'remove' as const, name, value: [] })),
        },
      ],
    });
    for (const settings of [
      { ...PUBLIC, isPreview: true },
      { ...PUBLIC, isPreview: true, isPublic: false },
    ]) {
      const { headers } = file(decide(hostile, get('/', { 'Accept-Encoding': 'br' }), settings));
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('X-Robots-Tag')).toContain('noindex');
      expect(headers.get('Set-Cookie')).toBeNull();
      expect(headers.get('Content-Encoding')).toBe('br');
      expect(headers.get('Content-Length')).toBe('33');
      expect(headers.get('ETag')).toMatch(/-br"$/);
      expect(headers.get('Vary')).toContain('Accept-Encoding');
      if (!settings.isPublic) expect(headers.get('Cache-Control')).toMatch(/^private/);
    }
  });
});

describe('who sees it', () => {
  const PRIVATE = { ...PUBLIC, isPublic: false };

  test('no shared cache keeps what is not public', () => {
    for (const path of ['/', HASHED, '/photo.jpg', '/missing', '/about.html']) {
      const cacheControl = header(decide(SITE, get(path), PRIVATE), 'Cache-Control') ?? '';
      expect(cacheControl).toMatch(/^private\b/);
      expect(cacheControl).not.toMatch(/public|s-maxage/);
    }
    expect(header(decide(SITE, get(HASHED), PRIVATE), 'Cache-Control')).toBe(
      'private, max-age=31536000, immutable',
    );
  });

  test('search engines are kept from previews, and from nothing else', () => {
    for (const path of ['/', HASHED, '/missing', '/docs'])
      expect(header(decide(SITE, get(path), { ...PUBLIC, isPreview: true }), 'X-Robots-Tag')).toBe('noindex');
    expect(header(decide(SITE, get('/'), PUBLIC), 'X-Robots-Tag')).toBeNull();
  });

  test('nothing is taken for another type', () => {
    for (const path of ['/', HASHED, '/missing', '/docs'])
      expect(header(decide(SITE, get(path), PUBLIC), 'X-Content-Type-Options')).toBe('nosniff');
  });
});

test('a file of 2^32 bytes and more is sent with its length', () => {
  const large = site([entry('video.mp4', 5_000_000_000)]);
  expect(header(decide(large, get('/video.mp4'), PUBLIC), 'Content-Length')).toBe('5000000000');
  const last = file(decide(large, get('/video.mp4', { Range: 'bytes=-5' }), PUBLIC));
  expect(last.range).toEqual({ offset: 4_999_999_995, length: 5 });
});
