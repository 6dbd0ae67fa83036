import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodePath, parsePath } from './request-path.ts';

/** As a browser or a client of ours would send it. */
const pathOf = (text: string) => new URL(`http://site.example${text}`).pathname;

describe('parsePath', () => {
  test.each([
    ['/a/b.css', '/a/b.css', '/a/b.css'],
    ['/', '/', '/'],
    ['//evil.example/a', '/evil.example/a', '/evil.example/a'],
    ['/a//b', '/a/b', '/a/b'],
    ['/caf%C3%A9', '/café', '/caf%C3%A9'],
    ['/caf%c3%a9', '/café', '/caf%C3%A9'],
    ['/%61bout', '/about', '/about'],
    ['/a%20b', '/a b', '/a%20b'],
    ['/a+b', '/a+b', '/a+b'],
    ['/a%2Fb', '/a/b', '/a/b'],
    ['/%2F%2Fevil.example', '/evil.example', '/evil.example'],
    ['/%5C%5Cevil.example', '/\\\\evil.example', '/%5C%5Cevil.example'],
    ['/100%', '/100%', '/100%25'],
    ['/%ff', '/%ff', '/%25ff'],
    ['/%zz%20', '/%zz%20', '/%25zz%2520'],
    ['/%252e%252e/a', '/%2e%2e/a', '/%252e%252e/a'],
    ['/a%3Fb%23c', '/a?b#c', '/a%3Fb%23c'],
    ['/%00', '/\0', '/%00'],
  ])('%s', (path, decoded, canonical) => {
    expect(parsePath(path)).toEqual({ decoded, canonical });
  });

  test.each(['/[slug]/page.js', '/%5Bslug%5D/page.js', '/@scope/x', '/%40scope/x'])(
    'leaves what may be spelled both ways: %s',
    (path) => {
      expect(parsePath(path).canonical).toBe(path);
    },
  );

  test('the normal spelling is normal, means the same, and never leads to another host', () => {
    const text = fc.oneof(
      fc.webPath(),
      fc.string({
        unit: fc.constantFrom(
          '/',
          '\\',
          '%2f',
          '%5c',
          '%2e',
          '.',
          'a',
          '%61',
          '%',
          '%C3%A9',
          '@',
          ':',
          ' ',
          'é',
          '\t',
        ),
      }),
    );
    fc.assert(
      fc.property(text, (path) => {
        const asked = pathOf(`/${path}`);
        const { decoded, canonical } = parsePath(asked);
        const url = new URL(canonical, 'http://site.example');
        expect(url.host).toBe('site.example');
        expect(/^\/(?![/\\])/.test(canonical)).toBe(true);
        expect(parsePath(canonical)).toEqual({ decoded, canonical });
      }),
      { numRuns: 3_000 },
    );
  });
});

test('an encoded path is read back as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (segments) => {
      const path = `/${segments
        .map((segment) => segment.replaceAll('/', ''))
        .filter((s) => !/^\.{0,2}$/.test(s))
        .join('/')}`;
      const { pathname } = new URL(`http://site.example${encodePath(path)}`);
      return parsePath(pathname).decoded === path;
    }),
  );
});
