import { expect, test, vi } from 'vitest';
import type { Child } from './child.ts';
import { LocalRunners } from './local-runners.ts';
import { readSettings } from './settings.ts';

type Calls = NonNullable<ConstructorParameters<typeof LocalRunners>[1]>;

/** Runners of which `registered` have registered here, and `removed` were removed since. */
function runnersWith(registered: readonly string[], removed: readonly string[] = []) {
  const done: string[] = [];
  const startRunner = vi.fn<Calls['startRunner']>(async (name) => {
    done.push(`start ${name}`);
    const { promise, resolve } = Promise.withResolvers<string>();
    let isUp = true;
    const stop = async () => {
      if (isUp) done.push(`stop ${name}`);
      isUp = false;
      resolve('SIGTERM');
      return promise;
    };
    return { ended: promise, stop } satisfies Pick<Child, 'ended' | 'stop'> as unknown as Child;
  });
  const runners = new LocalRunners(
    {
      settings: readSettings({ APPFLUX_RUNNERS: '2' }, '/nowhere'),
      edge: {} as ConstructorParameters<typeof LocalRunners>[0]['edge'],
      env: {},
      bundle: '/bundle/runner.mjs',
      say: () => undefined,
    },
    {
      hasRegistered: async (name) => registered.includes(name),
      ensureRegistered: async (name, _settings, _url, _edge, _env, beforeNew) => {
        if (registered.includes(name) && !removed.includes(name)) return;
        await beforeNew?.();
        done.push(`register ${name}`);
      },
      startRunner,
      wasRemoved: async () => false,
    },
  );
  return { runners, done };
}

test('those that are registered start before the control plane answers, the others after it', async () => {
  const { runners, done } = runnersWith(['local-2']);
  await runners.startRegistered();
  expect(done).toEqual(['start local-2']);
  await runners.start();
  expect(done).toEqual(['start local-2', 'register local-1', 'start local-1']);
});

test('one that was removed ends before it registers again', async () => {
  const { runners, done } = runnersWith(['local-1', 'local-2'], ['local-1']);
  await runners.startRegistered();
  done.length = 0;
  await runners.start();
  expect(done).toEqual(['stop local-1', 'register local-1', 'start local-1']);
});

test.each([true, false])(
  'each gets one signal, for a second one ends it before it has cleaned up: %s',
  async (isUp) => {
    const { runners, done } = runnersWith(['local-1', 'local-2']);
    await runners.startRegistered();
    if (isUp) await runners.start();
    done.length = 0;
    await runners.stop();
    expect(done.sort()).toEqual(['stop local-1', 'stop local-2']);
  },
);
