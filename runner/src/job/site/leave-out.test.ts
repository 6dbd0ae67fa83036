import { describe, expect, test } from 'vitest';
import { isRuleFile, leftOutBecause } from './leave-out.ts';

const NOTHING = {};
const EVERYTHING = { dotfiles: true, sourceMaps: true };

describe('what a build made', () => {
  test.each([
    ['.git', 'repositories'],
    ['sub/.git', 'repositories'],
    ['.DS_Store', 'files of an operating system'],
    ['images/._a.png', 'files of an operating system'],
    ['images/thumbs.DB', 'files of an operating system'],
    ['.env', 'files with secrets'],
    ['sub/.env.production', 'files with secrets'],
    ['.htpasswd', 'files with secrets'],
    ['_worker.js', 'server code'],
  ])('%s is never published', (path, why) => {
    expect(leftOutBecause(path, EVERYTHING, false)).toBe(why);
    expect(leftOutBecause(path, NOTHING, false)).toBe(why);
  });

  test.each([
    ['.htaccess', 'hidden files'],
    ['sub/.hidden', 'hidden files'],
    ['.well-known/.private', 'hidden files'],
    ['assets/index-1a2b.js.map', 'source maps'],
    ['a.css.map', 'source maps'],
    ['a.mjs.map', 'source maps'],
    ['pkg/a.wasm.map', 'source maps'],
  ])('%s is published if it is asked for', (path, why) => {
    expect(leftOutBecause(path, NOTHING, false)).toBe(why);
    expect(leftOutBecause(path, EVERYTHING, false)).toBeNull();
  });

  test.each([
    'index.html',
    '.well-known',
    '.well-known/assetlinks.json',
    'sub/.well-known/x',
    'levels/first.map',
    'a.js.map.html',
    'env',
    'a.env',
    'appflux.json',
    'assets/node_modules/a.js',
    '_worker.json',
    'sub/_worker.js',
    'git',
  ])('%s is published', (path) => {
    expect(leftOutBecause(path, NOTHING, false)).toBeNull();
  });
});

test('a source that is published as it is comes without packages and settings of its own', () => {
  expect(leftOutBecause('node_modules', EVERYTHING, true)).toBe('files of the source');
  expect(leftOutBecause('sub/node_modules', EVERYTHING, true)).toBe('files of the source');
  expect(leftOutBecause('appflux.json', EVERYTHING, true)).toBe('files of the source');
  expect(leftOutBecause('sub/appflux.json', EVERYTHING, true)).toBeNull();
  expect(leftOutBecause('src/main.js', NOTHING, true)).toBeNull();
});

test.each([
  ['_headers', true],
  ['_redirects', true],
  ['vercel.json', true],
  ['netlify.toml', true],
  ['docs/_redirects', false],
  ['_redirects.html', false],
])('%s is a file of rules: %s', (path, expected) => {
  expect(isRuleFile(path)).toBe(expected);
});
