import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchPath, type PathMatch, type UrlStyle } from './html-handling.ts';

const AUTO: UrlStyle = { cleanUrls: true, trailingSlash: 'auto' };
const ALWAYS: UrlStyle = { cleanUrls: true, trailingSlash: 'always' };
const NEVER: UrlStyle = { cleanUrls: true, trailingSlash: 'never' };
const PLAIN: UrlStyle = { cleanUrls: false, trailingSlash: 'auto' };

const matchIn = (files: readonly string[], path: string, style: UrlStyle): string | null => {
  const match = matchPath(path, (file) => files.includes(file), style);
  if (match === null) return null;
  return 'file' in match ? match.file : `→ ${match.redirect}`;
};

/** The cases of Cloudflare's documentation: /file.html, /folder/index.html, and a file without an ending. */
const DOCUMENTED = ['/file.html', '/folder/index.html', '/index.html', '/bin'];

describe('auto-trailing-slash', () => {
  test.each([
    ['/', '/index.html'],
    ['/index', '→ /'],
    ['/index.html', '→ /'],
    ['/file', '/file.html'],
    ['/file.html', '→ /file'],
    ['/file/', '→ /file'],
    ['/file/index', '→ /file'],
    ['/file/index.html', '→ /file'],
    ['/folder', '→ /folder/'],
    ['/folder.html', '→ /folder/'],
    ['/folder/', '/folder/index.html'],
    ['/folder/index', '→ /folder/'],
    ['/folder/index.html', '→ /folder/'],
    ['/bin', '/bin'],
    ['/bin/', null],
    ['/bin.html', null],
    ['/missing', null],
    ['/missing/', null],
  ])('%s: %s', (path, expected) => {
    expect(matchIn(DOCUMENTED, path, AUTO)).toBe(expected);
  });

  test.each<[string, string[], string, string | null]>([
    ['a page and a folder of one name', ['/a.html', '/a/index.html'], '/a', '/a.html'],
    ['a page and a folder of one name', ['/a.html', '/a/index.html'], '/a/', '/a/index.html'],
    ['a page and a folder of one name', ['/a.html', '/a/index.html'], '/a.html', '→ /a'],
    ['a file beside a page', ['/a', '/a.html'], '/a', '/a'],
    ['a file beside a page', ['/a', '/a.html'], '/a.html', '/a.html'],
    ['a file called index', ['/index', '/index.html'], '/index', '/index'],
    ['a page whose name is doubled', ['/a.html.html'], '/a.html', '/a.html.html'],
    ['nothing but an ending, which would lead to another host', ['/.html'], '/.html/', null],
  ])('%s: %j', (_, files, path, expected) => {
    expect(matchIn(files, path, AUTO)).toBe(expected);
  });
});

describe('force-trailing-slash', () => {
  test.each([
    ['/file', '→ /file/'],
    ['/file.html', '→ /file/'],
    ['/file/', '/file.html'],
    ['/folder', '→ /folder/'],
    ['/folder/', '/folder/index.html'],
    ['/folder/index.html', '→ /folder/'],
    ['/bin', '/bin'],
    ['/', '/index.html'],
  ])('%s: %s', (path, expected) => {
    expect(matchIn(DOCUMENTED, path, ALWAYS)).toBe(expected);
  });

  test('never leads to two slashes', () => {
    expect(matchIn(['/.html'], '/.html', ALWAYS)).toBe('/.html');
  });
});

describe('drop-trailing-slash', () => {
  test.each([
    ['/file', '/file.html'],
    ['/file/', '→ /file'],
    ['/file.html', '→ /file'],
    ['/folder', '/folder/index.html'],
    ['/folder/', '→ /folder'],
    ['/folder/index', '→ /folder'],
    ['/', '/index.html'],
    ['/index.html', '→ /'],
  ])('%s: %s', (path, expected) => {
    expect(matchIn(DOCUMENTED, path, NEVER)).toBe(expected);
  });
});

describe('without clean URLs', () => {
  test.each([
    ['/', '/index.html'],
    ['/file', null],
    ['/file.html', '/file.html'],
    ['/index.html', '/index.html'],
    ['/folder', '→ /folder/'],
    ['/folder/', '/folder/index.html'],
  ])('%s: %s', (path, expected) => {
    expect(matchIn(DOCUMENTED, path, PLAIN)).toBe(expected);
  });
});

describe('whatever a site contains', () => {
  const name = fc.constantFrom('index', 'index.html', 'a', 'a.html', '.html', 'a.html.html');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}`);
  const style = fc.constantFrom(AUTO, ALWAYS, NEVER, PLAIN);
  const asked = fc.tuple(path, fc.constantFrom('', '/')).map(([start, end]) => start + end);

  test('redirects end at a file, and never lead to another host', () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 8 }), asked, style, (files, from, urls) => {
        const has = (file: string) => files.includes(file);
        let match: PathMatch = matchPath(from, has, urls);
        for (let redirects = 0; match !== null && 'redirect' in match; redirects += 1) {
          // Names such as `/a/index/.html` take three, as at Cloudflare.
          if (redirects === 6 || !/^\/(?:[^/]|$)/.test(match.redirect)) return false;
          const { redirect }: { redirect: string } = match;
          match = matchPath(redirect, has, urls);
          // What is redirected to exists.
          if (match === null) return false;
        }
        return match === null || has(match.file);
      }),
      { numRuns: 5_000 },
    );
  });

  test('each page has a URL', () => {
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), style, (files, urls) => {
        const has = (file: string) => files.includes(file);
        return files.every((file) => matchPath(file, has, urls) !== null);
      }),
    );
  });
});
