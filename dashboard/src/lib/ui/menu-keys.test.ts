import { expect, test } from 'vitest';
import { neighbor, startingWith } from './menu-keys.ts';

test.each([
  ['ArrowDown', -1, 0],
  ['ArrowDown', 0, 1],
  ['ArrowDown', 2, 0],
  ['ArrowUp', 0, 2],
  ['ArrowUp', -1, 2],
  ['ArrowUp', 2, 1],
  ['Home', 2, 0],
  ['End', 0, 2],
  ['Enter', 0, null],
  ['a', 0, null],
])('%s on item %i of three moves to %s', (key, current, next) => {
  expect(neighbor(key, current, 3)).toBe(next);
});

test('there is nowhere to move in an empty menu', () => {
  for (const key of ['ArrowDown', 'ArrowUp', 'Home', 'End']) expect(neighbor(key, -1, 0)).toBeNull();
  expect(startingWith('e', -1, [])).toBeNull();
});

test('a character moves to the next item that starts with it', () => {
  const labels = ['Edit', 'Disable', 'Delete', 'Émigré'];
  expect(startingWith('d', 0, labels)).toBe(1);
  expect(startingWith('D', 1, labels)).toBe(2);
  expect(startingWith('d', 2, labels)).toBe(1);
  expect(startingWith('e', 0, labels)).toBe(0);
  expect(startingWith('é', 0, labels)).toBe(3);
});

test.each(['x', ' ', 'Enter', 'F5', 'Shift', ''])('%j moves nowhere', (key) => {
  expect(startingWith(key, 0, ['Edit', 'Disable'])).toBeNull();
});
