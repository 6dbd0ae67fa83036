import { describe, expect, test } from 'vitest';
import { type Asked, dashboardPaths, isHashedFile, kindOf } from './requests.ts';

const ORIGIN = 'https://apps.example.com';
const paths = dashboardPaths(
  ['/', '/apps', '/apps/[slug]/settings', '/new', '/deployments/[id]', '/sign-in'],
  ['theme.js', 'favicon.svg'],
);

const kind = (path: string, over: Partial<Asked> = {}) =>
  kindOf({ method: 'GET', mode: 'no-cors', url: new URL(path, ORIGIN).href, ...over }, ORIGIN, paths);
const opened = (path: string) => kind(path, { mode: 'navigate' });

describe('pages of the dashboard', () => {
  test.each([
    '/',
    '/?next=1',
    '/apps',
    '/apps/shop/settings',
    '/new?git=x',
    '/deployments/1',
    '/sign-in#token_hash=a',
  ])('%s is answered', (path) => {
    expect(opened(path)).toBe('page');
  });

  test.each([
    '/api/config',
    '/api/deployments/1/logs/live',
    '/auth/v1/authorize',
    '/a/shop',
    '/dl/1/app.apk',
    '/hooks/deploy/1',
    '/.appflux/access',
    '/.well-known/assetlinks.json',
    '/cdn-cgi/mf/scheduled',
    '/appsX',
    '/%61pps-of-others',
    '//evil.example/apps',
    'https://shop.sites.example.com/apps',
    'http://apps.example.com/apps',
  ])('%s goes to the network', (path) => {
    expect(opened(path)).toBe('other');
  });

  test('only count when they are opened', () => {
    expect(kind('/apps')).toBe('other');
    expect(kind('/apps', { mode: 'navigate', method: 'POST' })).toBe('other');
  });
});

describe('files', () => {
  test.each([
    '/_appflux/immutable/entry/app.Bxygubw6.js',
    '/_appflux/de/immutable/chunks/D1fSLzWA.js',
    '/_appflux-de/immutable/assets/inter.B5bTHO_g.woff2',
  ])('%s never changes', (path) => {
    expect(kind(path)).toBe('file');
    expect(kind(path, { mode: 'cors' })).toBe('file');
  });

  test.each([
    '/_appflux/version.json',
    '/_appflux/de/version.json',
    '/_appflux/../api/immutable/x',
    '/_apps/immutable/x.js',
    '/a/shop/_appflux/immutable/x.js',
    '/service-worker.js',
    '/api/_appflux/immutable/x.js',
  ])('%s goes to the network', (path) => {
    expect(kind(path)).toBe('other');
  });

  test('that are uploaded, or of another origin, go to the network', () => {
    expect(kind('/_appflux/immutable/a.js', { method: 'PUT' })).toBe('other');
    expect(kind('https://shop.example.com/_appflux/immutable/a.js')).toBe('other');
  });

  test('with fixed names are known by name', () => {
    expect(kind('/theme.js')).toBe('static');
    expect(kind('/other.js')).toBe('other');
  });
});

test('a path that leaves the folder is no hashed file', () => {
  expect(isHashedFile('/_appflux/immutable/%2e%2e/x.js')).toBe(false);
  expect(isHashedFile('/_appflux/immutable/')).toBe(false);
});

test('a route that starts with a parameter doesn’t claim all paths', () => {
  const all = dashboardPaths(['/[slug]', '/apps'], []);
  expect([...all.pages]).toEqual(['apps']);
});
