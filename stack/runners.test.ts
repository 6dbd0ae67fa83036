import { expect, test } from 'vitest';
import { mustRegister, registrationChange, runnerNames } from './runners.ts';

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

test('a registered runner is changed when APPFLUX_SLOTS is another number than before, and else left alone', () => {
  expect(registrationChange({ slots: 1 }, { slots: 3 })).toEqual({ slots: 3 });
  expect(registrationChange({ slots: 3 }, { slots: 1 })).toEqual({ slots: 1 });
  expect(registrationChange({ slots: 2 }, { slots: 2 })).toBeNull();
});
