import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isHashedName, withoutHash } from './hashed-name.ts';

describe('a hash in the name', () => {
  test.each([
    // Vite, Rollup
    'assets/index-DiwrgTda.js',
    'assets/index-D_0-aB3x.css',
    '/assets/Inter-roman-C3vJBgrq.var.woff2',
    'assets/index--QdMvsKi.css',
    // webpack, Create React App, Docusaurus, Parcel
    'static/js/main.073c9b0a.js',
    'static/js/2.5ce1a2f3.chunk.js.map',
    'static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg',
    'assets/js/runtime~main.1a2b3c4d.js',
    'app-3f2a1b4c5d6e7f8a9b0c.js',
    // Angular, esbuild
    'main-5YNAQMPG.js',
    'chunk-QWERTYUI.js',
    // MkDocs, Hugo, Rails
    'assets/javascripts/bundle.13a4f30d.min.js',
    `css/style.min.${'0a1b2c3d'.repeat(8)}.css`,
    // Nuxt, Next.js, SvelteKit, Astro, Expo
    '_nuxt/BxYz12Ab.js',
    '_next/static/chunks/app/[slug]/page-0a1b2c3d4e5f6a7b.js',
    '_next/static/media/e4af272ccee01ff0-s.p.woff2',
    'base/_next/static/Xy/_buildManifest.js',
    '_app/immutable/entry/start.js',
    '_astro/about.css',
    '_expo/static/js/web/index-3f2a.js',
  ])('%s', (path) => {
    expect(isHashedName(path)).toBe(true);
  });
});

describe('no hash in the name', () => {
  test.each([
    'jquery-3.7.1.js',
    'jquery-3.7.1.min.js',
    'bootstrap.5.3.2.bundle.min.js',
    'font-awesome-4.7.0.css',
    'main-navigation.css',
    'main-carousel.css',
    'the-main-menu1.js',
    'background.png',
    'index.html',
    'index-DiwrgTda.html',
    'sw.js',
    'service-worker.js',
    'firebase-messaging-sw.js',
    'flutter_service_worker.js',
    'main.dart.js',
    'manifest.webmanifest',
    'manifest.json',
    'robots.txt',
    'sitemap.xml',
    'favicon.ico',
    // dates and numbers
    '20260101-photo.jpg',
    'photo-20260101.jpg',
    'photo.20260101.jpg',
    'IMG_20260101_123456.jpg',
    'photo-IMG_1234.jpg',
    'photo-DSC12345.jpg',
    'chapter-12345678.mp3',
    'report-2026-01-01.pdf',
    // sizes, versions, systems
    'banner-1280x720.png',
    'icon-512x512.png',
    'hero-1024x768@2x.webp',
    'clip-1080p60.mp4',
    'setup-Win10x64.zip',
    'app-v2.10.3beta.js',
    'theme-v1.2.3-rc10.css',
    // words
    'font-OpenSans.woff2',
    'theme-DarkMode.css',
    'guide.Web2Page.js',
    'icon-iPhone15.png',
    'doc-HTMLView.js',
    'trait.OsStrExt.js',
    'trait.StdFloat.js',
    'menu-cafe2026.pdf',
    'locale-zh-Hans.json',
    'lang-pt_BR.json',
    'README-OVERVIEW.png',
    // somebody's own ids
    'a1b2c3d4.png',
    'photo-550e8400-e29b-41d4-a716-446655440000.jpg',
    '_nuxt/builds/latest.json',
    '_nuxt/builds/meta/550e8400-e29b-41d4-a716-446655440000.json',
    'DEADBEEF',
    'bin/0a1b2c3d4e5f6a7b',
    '',
  ])('%s', (path) => {
    expect(isHashedName(path)).toBe(false);
  });
});

/** Digests in the forms that tools use; always the same ones. */
const digests = Array.from({ length: 500 }, (_, n) => createHash('sha256').update(String(n)).digest());

test.each<[string, (digest: Buffer) => string, number]>([
  ['Vite', (digest) => `assets/index-${digest.toString('base64url').slice(0, 8)}.js`, 0.95],
  ['webpack', (digest) => `main.${digest.toString('hex').slice(0, 8)}.js`, 0.93],
  ['whole digests', (digest) => `main.${digest.toString('hex')}.js`, 1],
])('nearly all hashes of %s are recognized', (_, nameOf, least) => {
  const found = digests.filter((digest) => isHashedName(nameOf(digest)));
  expect(found.length / digests.length).toBeGreaterThanOrEqual(least);
});

describe('a path without its hash', () => {
  test.each([
    ['assets/index-DiwrgTda.js', 'assets/index-*.js'],
    ['assets/index-D_0-aB3x.css', 'assets/index-*.css'],
    ['/assets/Inter-roman-C3vJBgrq.var.woff2', '/assets/Inter-roman-*.var.woff2'],
    ['static/js/2.5ce1a2f3.chunk.js.map', 'static/js/2.*.chunk.js.map'],
    ['app-3f2a1b4c5d6e7f8a9b0c.js', 'app-*.js'],
    ['main-5YNAQMPG.js', 'main-*.js'],
    ['assets/javascripts/bundle.13a4f30d.min.js', 'assets/javascripts/bundle.*.min.js'],
    ['a/[slug]/page-0a1b2c3d4e5f6a7b.js', 'a/[slug]/page-*.js'],
  ])('%s is %s', (path, stable) => {
    expect(withoutHash(path)).toBe(stable);
  });

  test.each([
    'index.html',
    'jquery-3.7.1.min.js',
    '_nuxt/BxYz12Ab.js',
    '_app/immutable/entry/start.js',
    '',
    '/',
  ])('%s stays', (path) => {
    expect(withoutHash(path)).toBe(path);
  });
});
