import { describe, expect, test } from 'vitest';
import { serverRequestHeaders, serverResponseHeaders } from './server-headers.ts';

const PUBLIC = { isPublic: true, isPreview: false };
const COOKIE = 'appflux-access-0123456789abcdef01234567=sealed';

describe('what opened a private site', () => {
  const seen = (headers: Record<string, string>, isPublic = false) =>
    Object.fromEntries(serverRequestHeaders({ headers: new Headers(headers) }, { isPublic }));

  test('is not for its server: a token without the cookie, and the cookie', () => {
    expect(seen({ Authorization: 'Bearer any.jwt.of-somebody' })).toEqual({});
    expect(seen({ Cookie: COOKIE })).toEqual({});
    expect(seen({ Cookie: `__Host-${COOKIE}; a=1` })).toEqual({ cookie: 'a=1' });
  });

  test('leaves the site its own token, with the cookie', () => {
    expect(seen({ Cookie: COOKIE, Authorization: 'Bearer own' })).toEqual({ authorization: 'Bearer own' });
    // A cookie that only looks like it has opened nothing.
    for (const forged of [
      'appflux-access-0=x',
      'appflux-accessible=1',
      'x=appflux-access-0123456789abcdef01234567=',
    ])
      expect(seen({ Cookie: forged, Authorization: 'Bearer any' }).authorization).toBeUndefined();
  });

  test('never a token of AppFlux', () => {
    for (const isPublic of [true, false])
      expect(seen({ Cookie: COOKIE, Authorization: 'Bearer afx_x' }, isPublic)).toEqual({});
    expect(seen({ Authorization: 'Basic dTpw' }, true)).toEqual({ authorization: 'Basic dTpw' });
  });
});

test('a request for a WebSocket stays one, and headers of the connection are left out', () => {
  const sent = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'chat', 'Keep-Alive': 'x', TE: 'trailers' };
  const headers = serverRequestHeaders({ headers: new Headers(sent) }, PUBLIC);
  expect(Object.fromEntries(headers)).toEqual({ upgrade: 'websocket', 'sec-websocket-protocol': 'chat' });
});

describe('an answer', () => {
  const given = (headers: [string, string][], exposure = PUBLIC, isShared = true) =>
    serverResponseHeaders(new Headers(headers), exposure, isShared);

  test('is left as it is', () => {
    const headers: [string, string][] = [
      ['Cache-Control', 'public, max-age=60'],
      ['Content-Security-Policy', "default-src 'self'"],
      ['Strict-Transport-Security', 'max-age=1'],
      ['Vary', 'Accept'],
      ['X-Own', '1'],
    ];
    expect([...given(headers)]).toEqual(headers.map(([name, value]) => [name.toLowerCase(), value]));
  });

  test('asks no proxy in front of the instance for files of its machine', () => {
    const headers = given([
      ['X-Accel-Redirect', '/etc/passwd'],
      ['X-Sendfile', '/etc/passwd'],
      ['X-Accel-Buffering', 'no'],
    ]);
    expect([...headers.keys()].filter((name) => /accel|sendfile/.test(name))).toEqual(['x-accel-buffering']);
  });

  test('may set cookies for a domain on a domain of its own only', () => {
    const cookie: [string, string][] = [['Set-Cookie', 'a=1; Domain=example.com; Path=/']];
    expect(given(cookie, PUBLIC, false).getSetCookie()).toEqual(['a=1; Domain=example.com; Path=/']);
    expect(given(cookie, PUBLIC, true).getSetCookie()).toEqual(['a=1; Path=/']);
    expect(given([['Set-Cookie', ' appflux_release=x']]).getSetCookie()).toEqual([]);
    expect(given([['Set-Cookie', '=appflux-access-state=x']], PUBLIC, false).getSetCookie()).toEqual([]);
  });

  test('of a private site or a preview is kept by nobody else and listed nowhere', () => {
    const headers = given(
      [
        ['Cache-Control', 'public, s-maxage=60, max-age=10'],
        ['CDN-Cache-Control', 'max-age=60'],
        ['Access-Control-Allow-Credentials', 'true'],
      ],
      { isPublic: false, isPreview: true },
    );
    expect(Object.fromEntries(headers)).toEqual({
      'cache-control': 'private, max-age=10',
      'x-robots-tag': 'noindex',
    });
    expect(given([], { isPublic: false, isPreview: false }).get('Cache-Control')).toBe('private, no-store');
  });
});
