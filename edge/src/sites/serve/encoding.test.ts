import { describe, expect, test } from 'vitest';
import { chooseEncoding } from './encoding.ts';

const BOTH = { br: true, gzip: true };

describe('chooseEncoding', () => {
  test.each([
    [null, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['GZIP', 'gzip'],
    ['x-gzip', 'gzip'],
    ['br', 'br'],
    ['identity', 'identity'],
    ['*', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br; q=0.5 , gzip ; q=1.0', 'gzip'],
    ['br;q=0', 'identity'],
    ['br;q=0.000, *;q=0.1', 'gzip'],
    ['gzip;q=0.5, identity;q=0.7', 'identity'],
    ['gzip;q=0.5, *;q=0', 'gzip'],
    ['identity;q=0, *;q=0', 'identity'],
    ['identity;q=1, *;q=0', 'identity'],
    ['br;q=1.5', 'identity'],
    ['br;q=0.1234, gzip', 'gzip'],
    ['zstd', 'identity'],
    ['br;level=4', 'identity'],
    ['gzip;q=', 'identity'],
    ['gzipped, brotli', 'identity'],
    [`${'a'.repeat(50_000)}, gzip`, 'gzip'],
  ])('%s', (header, expected) => {
    expect(chooseEncoding(header, BOTH)).toBe(expected);
  });

  test('offers only what the file has', () => {
    expect(chooseEncoding('br, gzip', { br: false, gzip: true })).toBe('gzip');
    expect(chooseEncoding('br', { br: false, gzip: true })).toBe('identity');
    expect(chooseEncoding('br, gzip;q=0', { br: false, gzip: true })).toBe('identity');
    expect(chooseEncoding('br, gzip', { br: false, gzip: false })).toBe('identity');
  });
});
