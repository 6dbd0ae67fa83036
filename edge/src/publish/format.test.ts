import { describe, expect, test } from 'vitest';
import { dayText, sizeText } from './format.ts';
import { hueOf, monogramOf } from './icon.ts';

describe('sizeText', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [24_812_331, '24.8 MB'],
    [104_112_331, '104 MB'],
    [5_500_000_000, '5.5 GB'],
    [2 ** 50, '1,126 TB'],
  ])('%i', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

test('a day is told in UTC', () => {
  expect(dayText('2026-11-23T23:59:59.999Z')).toBe('23 November 2026');
});

describe('monogramOf', () => {
  test.each([
    ['trail notes', 'T'],
    ['  ångström', 'Å'],
    ['e\u0301clair', 'E\u0301'],
    ['日本', '日'],
    ['7zip', '7'],
    ['🚀 launch', null],
    ['<script>', null],
    ['', null],
  ])('%s', (name, letter) => {
    expect(monogramOf(name)).toBe(letter);
  });
});

test('a hue stays with its name', () => {
  expect(hueOf('trail-notes')).toBe(hueOf('trail-notes'));
  expect(hueOf('ledger')).not.toBe(hueOf('trail-notes'));
  expect(hueOf('')).toBe(0);
});
