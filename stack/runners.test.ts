import { expect, test } from 'vitest';
import { mustRegister, runnerNames } from './runners.ts';

test('local runners are numbered', () => {
  expect(runnerNames(2)).toEqual(['local-1', 'local-2']);
  expect(runnerNames(0)).toEqual([]);
});

test('a runner registers when it never has, when the address is another, and when it was removed', () => {
  const url = 'http://localhost:8787';
  const registration = { id: '66f2a1c04b7e9d0012345678', url };
  const known = [{ id: registration.id }];
  expect(mustRegister(registration, url, known)).toBe(false);
  expect(mustRegister(null, url, known)).toBe(true);
  expect(mustRegister(registration, 'http://localhost:9000', known)).toBe(true);
  expect(mustRegister(registration, url, [])).toBe(true);
});
