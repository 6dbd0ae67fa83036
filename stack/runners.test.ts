import { expect, test } from 'vitest';
import { mustRegister, registrationChange, runnerNames } from './runners.ts';

test('local runners are numbered', () => {
  expect(runnerNames(2)).toEqual(['local-1', 'local-2']);
  expect(runnerNames(0)).toEqual([]);
});

test('a runner registers if it never has, and if the instance does not know it', () => {
  const registration = { id: '66f2a1c04b7e9d0012345678' };
  const registered = [{ id: registration.id }];
  expect(mustRegister(registration, registered)).toBe(false);
  expect(mustRegister(null, registered)).toBe(true);
  expect(mustRegister(registration, [])).toBe(true);
  expect(mustRegister(registration, [{ id: '66f2a1c04b7e9d0012345679' }])).toBe(true);
});

test('a registration is changed only if APPFLUX_SLOTS has changed', () => {
  expect(registrationChange({ slots: 1 }, { slots: 3 })).toEqual({ slots: 3 });
  expect(registrationChange({ slots: 3 }, { slots: 1 })).toEqual({ slots: 1 });
  expect(registrationChange({ slots: 2 }, { slots: 2 })).toBeNull();
});
