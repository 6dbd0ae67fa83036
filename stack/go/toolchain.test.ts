import { describe, expect, test } from 'vitest';
import { goVersion, isNewEnough } from './toolchain.ts';

describe('goVersion', () => {
  test('reads what `go version` prints', () => {
    expect(goVersion('go version go1.26.8 linux/amd64')).toEqual([1, 26]);
    expect(goVersion('go version go1.27rc1 linux/arm64')).toEqual([1, 27]);
  });

  test('is null for anything else', () => {
    expect(goVersion('command not found')).toBeNull();
    expect(goVersion('')).toBeNull();
  });
});

describe('isNewEnough', () => {
  test.each([
    ['go version go1.25.0 linux/amd64', true],
    ['go version go1.30.1 linux/amd64', true],
    ['go version go2.0 linux/amd64', true],
    ['go version go1.24.9 linux/amd64', false],
    ['go version go1.3 linux/amd64', false],
    ['no Go at all', false],
  ])('%s: %s', (text, expected) => {
    expect(isNewEnough(text, 25)).toBe(expected);
  });
});
