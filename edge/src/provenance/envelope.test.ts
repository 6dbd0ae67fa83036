import { expect, test } from 'vitest';
import { derOf } from './envelope.ts';

const signature = (r: number[], s: number[]) =>
  Uint8Array.from([...Array(32 - r.length).fill(0), ...r, ...Array(32 - s.length).fill(0), ...s]);

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

test.each([
  [[1], [2], '3006020101020102'],
  [[0x80], [0x7f], '300702020080' + '02017f'],
  [[0x01, 0x00], [0xff, 0xff], '300902020100' + '020300ffff'],
  [[0], [1], '3006020100020101'],
])('r %j and s %j are integers of as few bytes as possible', (r, s, expected) => {
  expect(hexOf(derOf(signature(r, s)))).toBe(expected);
});

test('the longest signature has 72 bytes', () => {
  const most = Array(32).fill(0xff);
  expect(derOf(signature(most, most))).toHaveLength(72);
});
