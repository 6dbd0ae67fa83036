/**
 * Each page of the dashboard while the instance doesn't answer what it asks: it says what is missing, offers to try again,
 * and then shows what there is, on a new instance mostly that there is nothing yet.
 */
import { AppFluxError } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UNREAD_SOURCE } from '../../instance/simulated-build.ts';
import { expectAccessible, type RoomsInstance, refuse, startRooms } from './instance.ts';

let rooms: RoomsInstance;

beforeAll(async () => {
  rooms = await startRooms();
  const source = { provider: 'git' as const, repoUrl: 'https://git.example/team/shop.git', branch: 'main' };
  await rooms.client.createApp({ name: 'shop', source });
});

afterAll(async () => {
  await rooms?.stop();
  expect(rooms?.owner.faults()).toEqual([]);
});

/** As an instance answers whose database doesn't. */
const DOWN = new AppFluxError('unavailable', 'The metadata store doesn’t respond.', {
  hint: 'Check that AppFlux is running, then try again.',
});

interface Failing {
  path: string;
  /** The calls that are refused. */
  calls: RegExp;
  says: string;
  /** What is there afterwards. */
  afterwards: string | RegExp;
}

const PAGES: Failing[] = [
  {
    path: '/',
    calls: /^\/api\/overview$/,
    says: 'Couldn’t load the overview',
    afterwards: 'No deployments are running.',
  },
  { path: '/apps', calls: /^\/api\/apps$/, says: 'Couldn’t load your apps', afterwards: 'shop' },
  {
    path: '/deployments',
    calls: /^\/api\/deployments$/,
    says: 'Couldn’t load deployments',
    afterwards: 'No deployments yet',
  },
  { path: '/activity', calls: /^\/api\/activity$/, says: 'Couldn’t load the activity', afterwards: 'shop' },
  {
    path: '/analytics',
    calls: /^\/api\/analytics$/,
    says: 'Couldn’t load analytics',
    afterwards: 'No data for this period',
  },
  {
    path: '/runners',
    calls: /^\/api\/runners$/,
    says: 'Couldn’t load runners',
    afterwards: 'No runners yet',
  },
  {
    path: '/apps/shop',
    calls: /^\/api\/apps\/shop$/,
    says: 'Couldn’t load this app',
    afterwards: 'No deployments yet',
  },
  {
    path: '/apps/shop',
    calls: /^\/api\/apps\/shop\/deployments$/,
    says: 'Couldn’t load deployments',
    afterwards: 'No deployments yet',
  },
  {
    path: '/apps/shop/server',
    calls: /^\/api\/apps\/shop\/runtime\/analytics$/,
    says: 'Couldn’t load the requests',
    afterwards: 'No server',
  },
  {
    path: '/apps/shop/settings/variables',
    calls: /^\/api\/apps\/shop$/,
    says: 'Couldn’t load this app',
    afterwards: 'No variables yet.',
  },
  {
    path: '/apps/shop/settings/domains',
    calls: /^\/api\/apps\/shop\/domains$/,
    says: 'Couldn’t load domains',
    afterwards: /^No domains yet/,
  },
  {
    path: '/apps/shop/settings/triggers',
    calls: /^\/api\/apps\/shop\/deploy-hooks$/,
    says: 'Couldn’t load deploy hooks',
    afterwards: /^No deploy hooks yet/,
  },
  {
    path: '/apps/shop/settings/schedules',
    calls: /^\/api\/apps\/shop\/schedules$/,
    says: 'Couldn’t load schedules',
    afterwards: 'No schedules yet.',
  },
  {
    path: '/apps/shop/settings/notifications',
    calls: /^\/api\/hooks$/,
    says: 'Couldn’t load notifications',
    afterwards: 'No notifications yet',
  },
  {
    path: '/settings/notifications',
    calls: /^\/api\/hooks$/,
    says: 'Couldn’t load notifications',
    afterwards: 'No notifications yet',
  },
  { path: '/settings/team', calls: /^\/api\/members$/, says: 'Couldn’t load the team', afterwards: 'Invite' },
  {
    path: '/settings/tokens',
    calls: /^\/api\/tokens$/,
    says: 'Couldn’t load tokens',
    afterwards: 'bootstrap',
  },
  {
    path: '/settings/audit',
    calls: /^\/api\/audit$/,
    says: 'Couldn’t load the audit log',
    afterwards: /created/,
  },
  {
    path: '/settings/links',
    calls: /^\/api\/ops\/outbox$/,
    says: 'Couldn’t load the links',
    afterwards: 'No pending links',
  },
  {
    path: '/settings/operations',
    calls: /^\/api\/ops\/overview$/,
    says: 'Couldn’t load the overview',
    afterwards: 'Disks and storage',
  },
  {
    path: '/settings/addresses',
    calls: /^\/api\/ops\/addresses$/,
    says: 'Couldn’t load the addresses',
    afterwards: 'Dashboard',
  },
  {
    path: '/settings/git',
    calls: /^\/api\/webhook-secrets$/,
    says: 'Couldn’t load webhooks',
    afterwards: 'New webhook',
  },
  {
    path: '/settings/git',
    calls: /^\/api\/integrations\/github$/,
    says: 'Couldn’t load the GitHub App',
    afterwards: 'Register GitHub App',
  },
];

async function comesBack({ path, calls, says, afterwards }: Failing): Promise<void> {
  const restore = await refuse(rooms.owner.page, calls, DOWN);
  try {
    await rooms.owner.on(path, async (page) => {
      const alert = page.getByRole('alert').filter({ hasText: says });
      await alert.getByText(DOWN.message).waitFor();
      await alert.getByText(DOWN.hint ?? '').waitFor();
      await expectAccessible(page);
      await restore();
      await alert.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('main').getByText(afterwards).first().waitFor();
      await expect.poll(() => alert.count()).toBe(0);
    });
  } finally {
    await restore();
  }
}

it.each(PAGES)('$path without $calls says so, and comes back', comesBack);

it('so do the pages of a deployment, of its comparison, and of a notification', async () => {
  const { client } = rooms;
  await client.createApp({ name: 'flyer' });
  const { id } = await client.deploy('flyer', { uploadId: await client.upload('source.zip', UNREAD_SOURCE) });
  const hook = await client.api.hooks.create({
    kind: 'webhook',
    url: 'https://status.example/appflux',
    name: 'Team',
    events: ['deployment.failed'],
  });
  const pages: Failing[] = [
    {
      path: `/deployments/${id}`,
      calls: /^\/api\/deployments\/\w+$/,
      says: 'Couldn’t load this deployment',
      afterwards: 'Queued',
    },
    {
      path: `/deployments/${id}/compare`,
      calls: /^\/api\/deployments\/\w+$/,
      says: 'Couldn’t compare the deployments',
      afterwards: 'Nothing to compare with',
    },
    {
      path: `/settings/notifications/${hook.id}`,
      calls: /^\/api\/hooks\/\w+\/deliveries$/,
      says: 'Couldn’t load the deliveries',
      afterwards: 'Nothing sent yet',
    },
  ];
  for (const page of pages) await comesBack(page);
});

it('a page that fails as a whole says so, and a session that is refused leads to signing in', async () => {
  await rooms.owner.on('/nowhere', async (page) => {
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await expectAccessible(page);
  });
  const restore = await refuse(rooms.owner.page, /^\/api\/me$/, DOWN);
  await rooms.owner.on('/runners', async (page) => {
    await page.getByText('Couldn’t load your account').waitFor();
    await restore();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'No runners yet' }).waitFor();
  });
});
