import { expect, test } from 'vitest';
import { unknownVariables } from './unknown-variables.ts';

test('a misspelled variable is named, with the one that was probably meant', () => {
  expect(unknownVariables({ APPFLUX_PROT: '9000', APPFLUX_RUNERS: '2', PATH: '/usr/bin' })).toEqual([
    'APPFLUX_PROT is not an AppFlux variable and has no effect: did you mean APPFLUX_PORT?',
    'APPFLUX_RUNERS is not an AppFlux variable and has no effect: did you mean APPFLUX_RUNNERS?',
  ]);
  expect(unknownVariables({ APPFLUX_RUNNER_SCANN: 'off' })).toEqual([
    expect.stringContaining('did you mean APPFLUX_RUNNER_SCAN?'),
  ]);
});

test('a variable that resembles none is named alone, and no value is repeated', () => {
  expect(unknownVariables({ APPFLUX_XYZZY_PLUGH: 'geheim' })).toEqual([
    'APPFLUX_XYZZY_PLUGH is not an AppFlux variable and has no effect',
  ]);
});

test('known variables are accepted silently, for all parts of the instance', () => {
  expect(
    unknownVariables({
      APPFLUX_STATE: 'x',
      APPFLUX_PORT: '1',
      APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
      APPFLUX_FLUTTER_IMAGE: 'debian',
      APPFLUX_RUNNER_SCAN: 'off',
      APPFLUX_RUNNER_ALLOW_HOSTS: 'a',
    }),
  ).toEqual([]);
});
