import { expect, test } from 'vitest';
import { formatBytes, formatElapsed, formatNumber } from './format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [52_428_800, '50 MiB'],
  [536_870_912, '512 MiB'],
  [52_428_801, '52 MB'],
  [250_000_000, '250 MB'],
  [2_147_483_648, '2 GiB'],
  [4_294_967_297, '4.3 GB'],
  [1_610_612_736, '1.5 GiB'],
  [2 ** 50, '1,048,576 GiB'],
  [1e15, '1,000 TB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0.0 s'],
  [949, '0.9 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [59_499, '59 s'],
  [59_500, '1 min 0 s'],
  [185_000, '3 min 5 s'],
])('%d ms reads %s', (milliseconds, text) => {
  expect(formatElapsed(milliseconds)).toBe(text);
});

test('a number has its digits in groups', () => {
  expect(formatNumber(1_234_567)).toBe('1,234,567');
});

test.each([
  [1, '1 Byte'],
  [999, '999 Byte'],
  [1234, '1,2 kB'],
  [1_610_612_736, '1,5 GiB'],
  [2 ** 50, '1.048.576 GiB'],
])('%d bytes read %s in German', (bytes, text) => {
  // German puts a no-break space between a number and its unit.
  expect(formatBytes(bytes, 'de').replace('\u00A0', ' ')).toBe(text);
});
