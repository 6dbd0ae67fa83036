/** Screenshots of what a running server shows of itself. */
import { serverWorld, unusedServerWorld } from './sample-server.ts';
import { away, button, type Shot } from './shot.ts';

const path = '/apps/harbor-web/server';

export const SERVER_SHOTS: Shot[] = [
  { name: 'server', path, world: serverWorld },
  { name: 'server-empty', path, world: unusedServerWorld },
  { name: 'server-none', path },
  {
    name: 'server-failing',
    path,
    world: () => {
      const world = serverWorld();
      for (const part of ['runtime', 'state']) world.refusals.set(`GET /api/apps/harbor-web/${part}`, away);
      return world;
    },
  },
  {
    name: 'server-filtered',
    path,
    world: serverWorld,
    act: async (page) => {
      await page.getByLabel('Level').selectOption('warn');
      await page.getByText('Stack').click();
      await page.getByLabel('Hosts', { exact: true }).selectOption('listed');
      await page.getByLabel('Allowed hosts').fill('api.example.com\nhttps://wrong.example/');
    },
  },
  {
    name: 'server-delete',
    path,
    world: serverWorld,
    window: true,
    act: (page) => button(page, 'Delete data of DB, Production').click(),
  },
];
