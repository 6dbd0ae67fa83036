import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { answeredHeaders, forwardedHeaders, hopsOf } from './forward.ts';

const URL_OF_SITE = 'https://shop.sites.example/api/x';
const HERE = { ...env, CLIENT_ADDRESS_HEADER: 'X-AppFlux-Client-Address' };
const PUBLIC = { isPublic: true, isPreview: false };

const forwarded = (headers: Record<string, string>, isPublic = true) =>
  Object.fromEntries(forwardedHeaders(new Request(URL_OF_SITE, { headers }), HERE, { isPublic }));

describe('what another server gets', () => {
  test('nothing that AppFlux or a client says about where the request comes from', () => {
    expect(
      forwarded({
        Accept: 'application/json',
        'X-Forwarded-For': '6.6.6.6',
        'X-Forwarded-Host': 'evil.example',
        Forwarded: 'for=6.6.6.6',
        'CF-Connecting-IP': '6.6.6.6',
        'CF-Ray': '1',
        'X-Real-IP': '6.6.6.6',
        'X-AppFlux-Client-Address': '203.0.113.7',
        'X-AppFlux-Anything': '1',
        'MF-Original-URL': 'http://x',
      }),
    ).toEqual({
      accept: 'application/json',
      via: '1.1 appflux',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'shop.sites.example',
      'x-forwarded-proto': 'https',
    });
  });

  test('the site’s cookies without those of AppFlux', () => {
    const cookie =
      'session=1; __Host-appflux-access-0123=secret; appflux_release=x; APPFLUX-access-state=y; theme=dark';
    expect(forwarded({ Cookie: cookie }).cookie).toBe('session=1; theme=dark');
    expect(forwarded({ Cookie: 'appflux-access-0123=secret' })).not.toHaveProperty('cookie');
  });

  test('a token of its own, and none that may open something of AppFlux', () => {
    expect(forwarded({ Authorization: 'Bearer theirs' }).authorization).toBe('Bearer theirs');
    for (const token of ['afx_0123456789', 'aft_0123456789', 'afr_0123456789'])
      expect(forwarded({ Authorization: `Bearer ${token}` })).not.toHaveProperty('authorization');
    expect(forwarded({ Authorization: 'Bearer theirs' }, false)).not.toHaveProperty('authorization');
  });

  test('no header of the connection', () => {
    const headers = forwarded({
      Connection: 'keep-alive, X-Own',
      'X-Own': '1',
      TE: 'trailers',
      'Keep-Alive': 'x',
      Upgrade: 'h2c',
    });
    expect(Object.keys(headers).sort()).toEqual(['via', 'x-forwarded-host', 'x-forwarded-proto']);
  });

  test('how often the request was forwarded', () => {
    expect(forwarded({ Via: '1.0 proxy, 1.1 appflux' }).via).toBe('1.0 proxy, 1.1 appflux, 1.1 appflux');
    expect(hopsOf(new Headers({ Via: '1.1 appflux, 1.1 other, 1.1 appflux' }))).toBe(2);
    expect(hopsOf(new Headers({ Via: '1.1 appflux.example' }))).toBe(0);
    expect(hopsOf(new Headers())).toBe(0);
  });
});

describe('what visitors get of its answer', () => {
  const answered = (headers: [string, string][], exposure = PUBLIC) =>
    answeredHeaders(new Headers(headers), exposure);

  test('asks no proxy in front of the instance for files of its machine', () => {
    const headers = answered([
      ['X-Accel-Redirect', '/etc/passwd'],
      ['X-Sendfile', '/etc/passwd'],
      ['X-Accel-Buffering', 'no'],
    ]);
    expect([...headers.keys()].filter((name) => /accel|sendfile/.test(name))).toEqual(['x-accel-buffering']);
  });

  test('cookies for this host alone, and none in the name of AppFlux', () => {
    const cookies = answered([
      ['Set-Cookie', 'session=1; Path=/; HttpOnly; Domain=sites.example; SameSite=Lax'],
      ['Set-Cookie', 'b=2;DOMAIN=.example;Secure'],
      ['Set-Cookie', 'c=domain=x; Path=/'],
      ['Set-Cookie', 'appflux_release=0123; Path=/'],
      ['Set-Cookie', '__Host-appflux-access-0123=forged; Path=/; Secure'],
    ]).getSetCookie();
    expect(cookies).toEqual([
      'session=1; Path=/; HttpOnly; SameSite=Lax',
      'b=2;Secure',
      'c=domain=x; Path=/',
    ]);
  });

  test('nothing that decides for the host beyond this answer', () => {
    const names = [
      'Strict-Transport-Security',
      'Alt-Svc',
      'Connection',
      'Transfer-Encoding',
      'X-AppFlux-Reason',
      'Keep-Alive',
    ];
    const headers = answered([
      ...names.map((name): [string, string] => [name, 'x']),
      ['X-Own', '1'],
      ['Cache-Control', 'public, max-age=9'],
    ]);
    for (const name of names) expect(headers.get(name)).toBeNull();
    expect(headers.get('X-Own')).toBe('1');
    expect(headers.get('Cache-Control')).toBe('public, max-age=9');
  });

  test('no listing of previews, and nothing that shared caches keep of private sites', () => {
    const headers = answered([['Cache-Control', 'public, s-maxage=60, max-age=5']], {
      isPublic: false,
      isPreview: true,
    });
    expect(headers.get('X-Robots-Tag')).toBe('noindex');
    expect(headers.get('Cache-Control')).toBe('private, max-age=5');
  });
});

test.each([
  'appflux-access-state=x',
  '__Host-appflux-access-1=x; Path=/; Secure',
  // Without a name, browsers send the value alone: as if it were a name and a value.
  '=appflux-access-state=x',
  '=__Host-appflux-access-1=x; Path=/',
  ' = appflux_release=x',
])('another server can’t set a cookie of AppFlux: %s', (cookie) => {
  const answered = new Headers([
    ['Set-Cookie', cookie],
    ['Set-Cookie', 'their-appflux-setting=1'],
  ]);
  const headers = answeredHeaders(answered, { isPublic: true, isPreview: false });
  expect(headers.getSetCookie()).toEqual(['their-appflux-setting=1']);
});
