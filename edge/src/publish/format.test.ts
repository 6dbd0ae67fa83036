import { describe, expect, test } from 'vitest';
import { dayText } from './format.ts';
import { hueOf, monogramOf } from './icon.ts';

test('a day is shown in UTC', () => {
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
