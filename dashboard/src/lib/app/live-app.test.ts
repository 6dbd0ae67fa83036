import { expect, test } from 'vitest';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { LiveApp } from './live-app.svelte.ts';

const page = { visible: () => true, onWake: () => () => undefined };

test('an app is loaded with its release, which is loaded again only when it is another one', async () => {
  const calls: string[] = [];
  let release: string | null = idOf(1);
  let loads = 0;
  const live = new LiveApp(
    'harbor-web',
    {
      apps: { get: async () => app({ release, name: `Load ${++loads}` }) },
      deployments: {
        get: async (id) => {
          calls.push(id);
          return deployment({ id });
        },
      },
    },
    page,
  );
  const stop = live.start();
  await expect.poll(() => live.value?.current?.id).toBe(idOf(1));
  live.show(app({ release, releaseLocked: true }));
  expect(live.value).toMatchObject({ app: { releaseLocked: true }, current: { id: idOf(1) } });
  await expect.poll(() => live.value?.app.name).toBe('Load 2');
  release = idOf(2);
  live.show(app({ release }));
  expect(live.value).toMatchObject({ app: { release }, current: null });
  await expect.poll(() => live.value?.current?.id).toBe(idOf(2));
  release = null;
  live.show(app());
  await expect.poll(() => live.value).toMatchObject({ app: { release: null }, current: null });
  stop();
  expect(calls).toEqual([idOf(1), idOf(2)]);
});
