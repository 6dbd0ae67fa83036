import { expect, test } from 'vitest';
import { contentTypeOf, isPage } from './content-type.ts';

test.each([
  ['index.html', 'text/html; charset=utf-8'],
  ['INDEX.HTM', 'text/html; charset=utf-8'],
  ['a.css', 'text/css; charset=utf-8'],
  ['a.js', 'text/javascript; charset=utf-8'],
  ['a.mjs', 'text/javascript; charset=utf-8'],
  ['a.cjs', 'text/javascript; charset=utf-8'],
  ['a.js.map', 'application/json'],
  ['robots.txt', 'text/plain; charset=utf-8'],
  ['manifest.webmanifest', 'application/manifest+json'],
  ['a.json', 'application/json'],
  ['sitemap.xml', 'application/xml'],
  ['a.wasm', 'application/wasm'],
  ['a.svg', 'image/svg+xml'],
  ['a.avif', 'image/avif'],
  ['favicon.ico', 'image/vnd.microsoft.icon'],
  ['a.woff', 'font/woff'],
  ['a.woff2', 'font/woff2'],
  ['a.ttf', 'font/ttf'],
  ['a.otf', 'font/otf'],
  ['a.mp4', 'video/mp4'],
  ['a.m3u8', 'application/vnd.apple.mpegurl'],
  ['a.ts', 'video/mp2t'],
  ['a.pdf', 'application/pdf'],
  ['.well-known/apple-app-site-association', 'application/json'],
  ['.well-known/assetlinks.json', 'application/json'],
  ['a.unknown', 'application/octet-stream'],
  ['a.dat', 'application/octet-stream'],
  ['LICENSE', 'application/octet-stream'],
  ['js', 'application/octet-stream'],
  ['folder.html/js', 'application/octet-stream'],
  ['a.', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
  ['a.__proto__', 'application/octet-stream'],
])('%s: %s', (path, expected) => {
  expect(contentTypeOf(path)).toBe(expected);
});

test('pages are HTML', () => {
  expect(isPage(contentTypeOf('a.html'))).toBe(true);
  expect(isPage(contentTypeOf('a.xhtml'))).toBe(true);
  expect(isPage(contentTypeOf('a.svg'))).toBe(false);
  expect(isPage('text/html-like')).toBe(false);
});
