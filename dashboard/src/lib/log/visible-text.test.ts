// biome-ignore-all lint/suspicious/noControlCharactersInRegex: this tests control characters
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { visibleText } from './visible-text.ts';

test('characters that reorder text are named (CVE-2021-42574)', () => {
  expect(visibleText('if \u202e} \u2066isAdmin\u2069')).toBe('if ‹U+202E›} ‹U+2066›isAdmin‹U+2069›');
});

test('controls, zero-width characters, and tag characters are named', () => {
  expect(visibleText('a\u0000b\u0007c\u007fd\u0085')).toBe('a␀b␇c␡d‹U+0085›');
  expect(visibleText('pay\u200bpal \ufeff\u{e0041}')).toBe('pay‹U+200B›pal ‹U+FEFF›‹U+E0041›');
});

test('tabs, right-to-left words, joined emoji, and box drawing stay', () => {
  const text = '\tשלום مرحبا 👩‍💻 ├─┤';
  expect(visibleText(text)).toBe(text);
});

test('half of a surrogate pair becomes a replacement character', () => {
  expect(visibleText('\ud83d!')).toBe('\ufffd!');
});

test('property: no deceptive character remains', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visibleText(text)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u001b]/u);
    }),
  );
});
