import type { Maintenance, SetMaintenance } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { holdBuilds } from './quiet.ts';

/** The maintenance switch of an instance, in this state at first. */
function switchOf(reason: string | null | undefined) {
  const off: Maintenance = { on: false, since: null, reason: null, running: 0, queued: 0 };
  let state: Maintenance = reason === undefined ? off : { ...off, on: true, since: '', reason };
  return {
    reason: () => (state.on ? state.reason : undefined),
    operator: {
      maintenance: async () => state,
      setMaintenance: async (change: SetMaintenance) => {
        state = change.on ? { ...off, on: true, since: '', reason: change.reason ?? null } : off;
        return state;
      },
    },
  };
}

test.each([
  ['off', undefined],
  ['on since an upgrade that was killed', 'Upgrading to 1.1.0'],
])('maintenance that is %s is off after an upgrade', async (_, reason) => {
  const instance = switchOf(reason);
  const release = await holdBuilds(instance, '1.2.0');
  expect(instance.reason()).toBe('Upgrading to 1.2.0');
  await release?.();
  expect(instance.reason()).toBeUndefined();
});

test.each(['a new disk', null])('maintenance that people turned on (%s) stays on', async (reason) => {
  const instance = switchOf(reason);
  const release = await holdBuilds(instance, '1.2.0');
  expect(instance.reason()).toBe(reason);
  await release?.();
  expect(instance.reason()).toBe(reason);
});
