import { afterEach, expect, test, vi } from 'vitest';
import { formatBytes } from './bytes.ts';
import { formatNumber, formatPercent, formatSmallPercent, formatTenthsPercent, plural } from './number.ts';

const inGerman = () => vi.stubGlobal('document', { documentElement: { lang: 'de' } });
afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [0, '0 files'],
  [1, '1 file'],
  [2, '2 files'],
  [1204, '1,204 files'],
])('%d is a count of files', (count, text) => {
  expect(plural(count, ['# file', '# files'])).toBe(text);
});

test('a count may stand anywhere in its sentence, or be left out', () => {
  expect(plural(1, ['The file was removed', 'All # files were removed'])).toBe('The file was removed');
  expect(plural(12, ['The file was removed', 'All # files were removed'])).toBe('All 12 files were removed');
});

test('shares', () => {
  expect([0, 0.974, 1].map(formatPercent)).toEqual(['0%', '97%', '100%']);
  expect([0.9746, 1].map(formatTenthsPercent)).toEqual(['97.5%', '100%']);
  expect([0.00254, 0.5].map(formatSmallPercent)).toEqual(['0.25%', '50%']);
});

test('the language is that of the document', () => {
  expect(formatNumber(1234.5)).toBe('1,234.5');
  inGerman();
  expect(formatNumber(1234.5)).toBe('1.234,5');
  expect(formatBytes(3400)).toBe('3,4 kB');
  expect(plural(1204, ['# Datei', '# Dateien'])).toBe('1.204 Dateien');
  expect(formatTenthsPercent(0.9746)).toMatch(/^97,5\s%$/);
});
