import { expect, test } from 'vitest';
import { PROTOCOL, protocolFit, protocolOf } from './protocol-version.ts';

test('a header names a protocol; without one it is that of 0.1.0', () => {
  expect([null, undefined, '1', '2', '17'].map(protocolOf)).toEqual([1, 1, 1, 2, 17]);
  for (const text of ['', '0', '-1', '2.5', ' 2', '2 ', '02', '1e1', '99999', 'two', '2, 3'])
    expect([text, protocolOf(text)]).toEqual([text, 0]);
});

test('this version and the ones before and after it fit', () => {
  const others = [-2, -1, 0, 1, 2].map((distance) => protocolFit(5 + distance, 5));
  expect(others).toEqual(['too_old', 'fits', 'fits', 'fits', 'too_new']);
});

test('what is refused is the same from both sides', () => {
  for (let a = 1; a < 8; a += 1)
    for (let b = 1; b < 8; b += 1) {
      const expected = { fits: 'fits', too_old: 'too_new', too_new: 'too_old' }[protocolFit(a, b)];
      expect(protocolFit(b, a)).toBe(expected);
    }
});

test('runners and instances of 0.1.0 still fit', () => {
  expect(protocolFit(protocolOf(null), PROTOCOL)).toBe('fits');
});
