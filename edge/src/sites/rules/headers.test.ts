import { compileSiteRules } from '@appflux/detection/site-rules';
import { EMPTY_RULES, SiteRules } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applySiteHeaders, headersFor } from './index.ts';

function rulesOf(path: string, text: string): SiteRules {
  return SiteRules.parse(compileSiteRules({ files: [{ path, text }], spaFallback: false }).rules);
}

/** The headers of a response that serving has begun with `initial`. */
function respond(rules: SiteRules, url: string, initial: Readonly<Record<string, string>> = {}) {
  const { hostname, pathname, search } = new URL(url, 'https://my.sites.example');
  const headers = new Headers(initial);
  applySiteHeaders(headers, headersFor(rules, { host: hostname, path: pathname, query: search }));
  return Object.fromEntries(headers);
}

describe('headers of a site', () => {
  const rules = rulesOf(
    '_headers',
    `/*
  X-Frame-Options: DENY
  Cache-Control: no-cache
  Link: </a.css>; rel=preload
  Link: </b.js>; rel=preload
  Content-Security-Policy: default-src 'self'
/assets/*
  Cache-Control: immutable
/static/*
  ! Cache-Control
  Cache-Control: max-age=60
/*.pdf
  ! X-Frame-Options
/movies/:title
  X-Title: ":title"
  Vary: Origin
https://my.example/*
  X-Host: mine
`,
  );
  const policy = {
    'content-security-policy': "default-src 'self'",
    link: '</a.css>; rel=preload, </b.js>; rel=preload',
  };

  it('of all matching rules apply, and replace what serving set', () => {
    expect(respond(rules, '/', { 'cache-control': 'public', etag: '"1"' })).toEqual({
      ...policy,
      'cache-control': 'no-cache',
      etag: '"1"',
      'x-frame-options': 'DENY',
    });
  });

  it('of several rules are joined, unless one removes them first', () => {
    expect(respond(rules, '/assets/a.js')['cache-control']).toBe('no-cache, immutable');
    expect(respond(rules, '/static/a.js')['cache-control']).toBe('max-age=60');
    expect(respond(rules, '/a/b.pdf', { 'x-frame-options': 'SAMEORIGIN' })).not.toHaveProperty(
      'x-frame-options',
    );
  });

  it('have what was captured, as it is in the URL', () => {
    expect(respond(rules, '/movies/a%22b%0d%0aX:y')['x-title']).toBe('"a%22b%0D%0AX:y"');
  });

  it('extend Vary and never replace it', () => {
    expect(respond(rules, '/movies/a', { vary: 'Accept-Encoding' }).vary).toBe('Accept-Encoding, Origin');
    expect(respond(rulesOf('_headers', '/*\n! Vary'), '/', { vary: 'Accept-Encoding' }).vary).toBe(
      'Accept-Encoding',
    );
  });

  it('apply to the host that they name', () => {
    expect(respond(rules, 'https://my.example/')['x-host']).toBe('mine');
    expect(respond(rules, '/')).not.toHaveProperty('x-host');
  });

  it('of vercel.json replace each other', () => {
    const own = rulesOf(
      'vercel.json',
      JSON.stringify({
        headers: [
          { source: '/(.*)', headers: [{ key: 'Cache-Control', value: 'no-cache' }] },
          { source: '/(.*)\\.(js|css)', headers: [{ key: 'Cache-Control', value: 'immutable' }] },
          { source: '/((?!private/).*)', headers: [{ key: 'X-Public', value: '$1' }] },
        ],
      }),
    );
    expect(respond(own, '/a.js')).toEqual({ 'cache-control': 'immutable', 'x-public': 'a.js' });
    expect(respond(own, '/private/a.html')).toEqual({ 'cache-control': 'no-cache' });
  });

  it('of a manifest that was not compiled here are checked again', () => {
    const rule = {
      host: null,
      unless: [],
      query: [],
      pattern: { before: [], splat: null, after: [], slash: 'any' },
    };
    for (const [name, value] of [
      ['set-cookie', 'a=b'],
      ['x-a', 'a\r\nb'],
      ['X-A', 'b'],
      ['x-appflux-a', 'b'],
    ]) {
      const headers = [{ ...rule, operations: [{ operation: 'set', name, value: [value] }] }];
      expect(SiteRules.safeParse({ ...EMPTY_RULES, headers }).success).toBe(false);
      // Nor are they applied if they come another way.
      const response = new Headers();
      applySiteHeaders(response, [
        { operation: 'set', name: String(name).toLowerCase(), value: name === 'X-A' ? 'b\n' : String(value) },
      ]);
      expect([...response]).toEqual([]);
    }
  });

  it('can always be set, whatever a visitor asks for', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.string({ unit: 'binary' }), (path, text) => {
        for (const url of [path, `/movies/${encodeURI(text.toWellFormed())}`]) {
          if (URL.canParse(url, 'https://my.sites.example')) respond(rules, url);
        }
      }),
    );
  });
});
