import { describe, expect, test } from 'vitest';
import { parseMessage } from './message.ts';
import { isScriptGone, unusedVersions, versionOf } from './versions.ts';

test('the version of a page is in its mark', () => {
  expect(versionOf('<head>\n<meta name="appflux-version" content="1796011556100" />')).toBe('1796011556100');
});

test.each([
  ['another product', '<!doctype html><title>Welcome to nginx!</title>'],
  ['a page without a version', '<meta name="appflux-version" content="" />'],
  ['a version that is none', '<meta name="appflux-version" content="<b>" />'],
  ['a page that only mentions it', '<p>appflux-version</p>'],
])('%s is not a page of the dashboard', (_title, html) => {
  expect(versionOf(html)).toBeNull();
});

describe('a version is kept', () => {
  test('while it is the current one or a page runs it', () => {
    expect(unusedVersions(['1', '2', '3'], '3', ['2', '3'])).toEqual(['1']);
    expect(unusedVersions(['1', '2'], '2', [])).toEqual(['1']);
  });

  test('while the version of a page, or the current one, isn’t known', () => {
    expect(unusedVersions(['1', '2', '3'], '3', ['3', null])).toEqual([]);
    expect(unusedVersions(['1', '2'], null, ['2'])).toEqual([]);
  });
});

describe('the script', () => {
  test.each([
    [404, 'application/json'],
    [410, null],
    [200, 'text/html; charset=utf-8'],
  ])('is gone after %i with %s', (status, contentType) => {
    expect(isScriptGone({ status, contentType })).toBe(true);
  });

  test.each([
    [200, 'text/javascript'],
    [200, 'application/javascript; charset=utf-8'],
    [304, null],
    [403, 'text/html'],
    [429, 'text/html'],
    [500, 'text/html'],
    [503, 'application/json'],
  ])('may still be there after %i with %s', (status, contentType) => {
    expect(isScriptGone({ status, contentType })).toBe(false);
  });
});

describe('a message', () => {
  test('of a page is understood; paths that aren’t those of hashed files are dropped', () => {
    const files = [
      '/_appflux/immutable/a.js',
      '/_appflux/immutable/a.js',
      '/api/apps',
      7,
      'https://evil.example/x.js',
    ];
    expect(parseMessage({ type: 'loaded', version: '1', files })).toEqual({
      type: 'loaded',
      version: '1',
      files: ['/_appflux/immutable/a.js'],
    });
  });

  test.each([
    null,
    'loaded',
    { type: 'loaded', version: '1' },
    { type: 'loaded', version: '../x', files: [] },
    { type: 'other', version: '1', files: [] },
  ])('%j is ignored', (data) => {
    expect(parseMessage(data)).toBeNull();
  });
});
