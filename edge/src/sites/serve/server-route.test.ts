import type { ServerAssets, SiteRules } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { answererOf, isServerFirst } from './server-route.ts';
import { get, site } from './testing/site.ts';

const FILES = ['index.html', 'about.html', 'assets/app.js', '404.html'];

const answerer = (
  request: ReturnType<typeof get>,
  assets: Partial<ServerAssets> = {},
  { files = FILES, ...rules }: Partial<SiteRules> & { files?: string[] } = {},
) => answererOf(site(files, rules), { workerFirst: false, notFound: 'none', ...assets }, request);

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };

describe('the server answers', () => {
  test.each([
    ['/', 'GET', 'site'],
    ['/', 'HEAD', 'site'],
    ['/about', 'GET', 'site'],
    ['/about.html', 'GET', 'site'],
    ['/assets/app.js', 'GET', 'site'],
    ['/assets/app.js', 'POST', 'server'],
    ['/about', 'POST', 'server'],
    ['/about', 'OPTIONS', 'server'],
    ['/assets', 'GET', 'server'],
    ['/assets/', 'GET', 'server'],
    ['/nothing', 'GET', 'server'],
    ['/404', 'GET', 'site'],
    ['/.appflux/server/worker.js', 'GET', 'server'],
  ])('%s with %2$s: %3$s', (path, method, expected) => {
    expect(answerer(get(path, {}, method))).toBe(expected);
  });

  test('what its patterns say, before any file', () => {
    const workerFirst = ['/about*', '/assets/*', '!/assets/app.js'];
    expect(answerer(get('/about'), { workerFirst })).toBe('server');
    expect(answerer(get('/assets/app.js'), { workerFirst })).toBe('site');
    expect(answerer(get('/'), { workerFirst })).toBe('site');
    expect(answerer(get('/'), { workerFirst: true })).toBe('server');
  });
});

describe('the page for unknown paths', () => {
  test.each([
    ['single-page-application', NAVIGATION, 'site'],
    ['404-page', NAVIGATION, 'site'],
    ['none', NAVIGATION, 'server'],
    ['single-page-application', { 'Sec-Fetch-Mode': 'cors' }, 'server'],
    ['404-page', {}, 'server'],
  ] as const)('%s', (notFound, headers, expected) => {
    expect(answerer(get('/nothing', headers), { notFound })).toBe(expected);
    expect(answerer(get('/nothing', headers, 'POST'), { notFound })).toBe('server');
  });

  test('that is not there doesn’t keep the server from answering', () => {
    for (const notFound of ['single-page-application', '404-page'] as const)
      expect(answerer(get('/nothing', NAVIGATION), { notFound }, { files: ['assets/app.js'] })).toBe(
        'server',
      );
  });
});

describe('rules of the site', () => {
  const redirect = (status: 200 | 301, path: string) => ({
    redirects: [
      {
        host: null,
        pattern: { before: ['old'], splat: null, after: [], slash: 'any' as const },
        unless: [],
        query: [],
        to: { origin: null, path: [path], query: [], hash: null },
        status,
        force: false,
      },
    ],
  });

  test('come before the server, unless it is asked first', () => {
    expect(answerer(get('/old'), {}, redirect(301, '/about'))).toBe('site');
    expect(answerer(get('/old', {}, 'POST'), {}, redirect(301, '/about'))).toBe('site');
    expect(answerer(get('/old'), { workerFirst: true }, redirect(301, '/about'))).toBe('server');
    expect(answerer(get('/old'), {}, redirect(200, '/about'))).toBe('site');
  });

  test('that rewrite to what no file answers leave it to the server', () => {
    expect(answerer(get('/old'), {}, redirect(200, '/nothing'))).toBe('server');
    expect(answerer(get('/old', {}, 'POST'), {}, redirect(200, '/about'))).toBe('server');
  });
});

describe('a pattern', () => {
  test.each([
    ['/api/*', '/api/x', true],
    ['/api/*', '/api/', true],
    ['/api/*', '/api', false],
    ['/api/*', '/v1/api/x', false],
    ['/a*b*c', '/abc', true],
    ['/a*b*c', '/a-b-c-c', true],
    ['/a*b*c', '/acb', false],
    ['*', '/anything', true],
    ['/a*a', '/a', false],
    ['/exact', '/exact', true],
    ['/exact', '/exact/', false],
    ['/a.c', '/abc', false],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(isServerFirst([pattern], path)).toBe(expected);
    expect(isServerFirst(['*', `!${pattern}`], path)).toBe(!expected);
  });

  test('of many stars takes no time', () => {
    expect(isServerFirst([`/${'*a'.repeat(240)}b`], `/${'a'.repeat(8_000)}`)).toBe(false);
  });
});
