import type { SetMaintenance, Maintenance as State } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Maintenance } from './maintenance.svelte.ts';
import { Notice } from './notice.svelte.ts';

const PAGE = { visible: () => true, onWake: () => () => undefined };

test('maintenance is turned on with a trimmed reason, or none, and off', async () => {
  const set: SetMaintenance[] = [];
  const stateOf = ({ on, reason }: SetMaintenance): State => ({
    on,
    since: on ? '2026-11-29T12:00:00.000Z' : null,
    reason: reason ?? null,
    running: 1,
    queued: 2,
  });
  const maintenance = new Maintenance(
    {
      operator: {
        maintenance: async () => stateOf(set.at(-1) ?? { on: false }),
        setMaintenance: async (body) => {
          set.push(body);
          return stateOf(body);
        },
      },
    },
    PAGE,
  );
  const stop = maintenance.start();
  await expect.poll(() => maintenance.state?.on).toBe(false);
  await maintenance.turnOn('  a new disk ');
  expect(maintenance.state).toMatchObject({ on: true, reason: 'a new disk' });
  await maintenance.turnOn(' ');
  await maintenance.turnOff();
  expect(set).toEqual([{ on: true, reason: 'a new disk' }, { on: true }, { on: false }]);
  expect(maintenance.state?.on).toBe(false);
  stop();
});

test('the notice is null where the instance sends none, as earlier versions do', async () => {
  const config = { auth: {}, mail: false } as never;
  const notice = new Notice({ instance: { config: async () => config } }, PAGE);
  const stop = notice.start();
  await expect.poll(() => notice.all).toEqual({ notice: null });
  stop();
});
