/** Screenshots of what starts deployments, and of who is notified of them. */
import { connectGithub, DEVICE_CODE, HOOKS, TRIGGERED } from './sample-triggers.ts';
import { sampleWorld } from './sample-world.ts';
import { away, button, hanging, refusing, type Shot } from './shot.ts';
import { emptyWorld, type World } from './world.ts';

const connected = () => connectGithub(sampleWorld());
const asInstance = (world: World): World => Object.assign(world, { team: 'instance' });

export const TRIGGER_SHOTS: Shot[] = [
  { name: 'triggered-list', path: '/apps/harbor-web' },
  { name: 'triggered-held', path: `/deployments/${TRIGGERED.held}` },
  {
    name: 'triggered-held-viewer',
    path: `/deployments/${TRIGGERED.held}`,
    world: () => ({ ...sampleWorld(), role: 'viewer' }),
  },
  { name: 'triggered-skipped', path: `/deployments/${TRIGGERED.skipped}` },
  { name: 'triggered-pull-request', path: `/deployments/${TRIGGERED.pullRequest}` },
  { name: 'triggered-tag', path: `/deployments/${TRIGGERED.tag}` },
  { name: 'git-connected', path: '/settings/git', world: () => asInstance(connected()) },
  { name: 'git-member', path: '/settings/git', world: () => ({ ...emptyWorld() }) },
  { name: 'git-register', path: '/settings/git', world: () => asInstance(emptyWorld()) },
  {
    name: 'git-installed',
    path: '/settings/git?step=installed&code=good&state=s&installation_id=42',
    world: connected,
    act: (page) => page.getByText('Connected: northwind').waitFor(),
  },
  {
    name: 'git-used-code',
    path: '/settings/git?step=installed&code=used&state=s',
    world: connected,
    act: (page) => page.getByText('Couldn’t complete this with GitHub').waitFor(),
  },
  { name: 'git-loading', path: '/settings/git', world: hanging('GET /api/integrations', 'GET /api/webhook') },
  {
    name: 'git-failing',
    path: '/settings/git',
    world: () => {
      const world = refusing('GET /api/integrations', away)();
      world.refusals.set('GET /api/webhook-secrets', away);
      return world;
    },
  },
  {
    name: 'git-webhook',
    path: '/settings/git',
    window: true,
    act: async (page) => {
      await button(page, 'New webhook').click();
      await page.getByLabel('Git host').selectOption('gitlab');
      await page.getByLabel('Name').fill('northwind/harbor');
      await button(page, 'Create secret').click();
      await page.getByText('Copy the secret now').waitFor();
    },
  },
  { name: 'notifications', path: '/settings/notifications' },
  { name: 'notifications-empty', path: '/settings/notifications', world: emptyWorld },
  { name: 'notifications-failing', path: '/settings/notifications', world: refusing('GET /api/hooks', away) },
  {
    name: 'notifications-new',
    path: '/settings/notifications',
    window: true,
    act: async (page) => {
      await button(page, 'New notification').click();
      await page.getByLabel('Apps').selectOption('some');
      await button(page, 'Add notification').click();
      await page.getByText('Enter a URL.').waitFor();
    },
  },
  {
    name: 'notifications-secret',
    path: '/settings/notifications',
    window: true,
    act: async (page) => {
      await button(page, 'New notification').click();
      await page.getByLabel('Webhook URL').fill('https://example.com/appflux');
      await button(page, 'Add notification').click();
      await page.getByText('Copy the signing secret now').waitFor();
    },
  },
  {
    name: 'deliveries',
    path: `/settings/notifications/${HOOKS.webhook}`,
    act: async (page) => {
      const deliveries = page.getByRole('list', { name: 'Deliveries, newest first' });
      await deliveries.locator('summary').nth(1).click();
      await deliveries.locator('summary').first().click();
    },
  },
  { name: 'deliveries-empty', path: `/settings/notifications/${HOOKS.email}` },
  { name: 'deliveries-missing', path: '/settings/notifications/66f2a1c04b7e9d0099999999' },
  { name: 'device', path: '/device' },
  {
    name: 'device-unknown',
    path: '/device?code=BCDF-GHJK',
    act: (page) => page.getByText('Couldn’t find this login').waitFor(),
  },
  {
    name: 'device-confirm',
    path: `/device?code=${DEVICE_CODE}`,
    act: (page) => button(page, 'Approve').waitFor(),
  },
  {
    name: 'device-approved',
    path: `/device?code=${DEVICE_CODE}`,
    act: async (page) => {
      await button(page, 'Approve').click();
      await page.getByRole('heading', { name: 'You’re signed in' }).waitFor();
    },
  },
  {
    name: 'pick-repository',
    path: '/new',
    world: connected,
    act: (page) => page.getByText('northwind/harbor').waitFor(),
  },
  {
    name: 'pick-none',
    path: '/new',
    world: connected,
    act: async (page) => {
      await page.getByLabel('Search repositories').fill('yacht');
      await page.getByText('No repository matches').waitFor();
      await button(page, 'Continue').click();
    },
  },
  {
    name: 'pick-configure',
    path: '/new',
    world: connected,
    act: async (page) => {
      await page.getByText('northwind/harbor').click();
      await button(page, 'Continue').click();
      await page.getByText('Repository access').click();
    },
  },
  {
    name: 'pick-private',
    path: '/new?from=git',
    act: async (page) => {
      await page.getByLabel('Repository URL').fill('git@git.example.com:northwind/charts.git');
      await button(page, 'Continue').click();
      await page.getByText('Repository access').click();
      await page.getByLabel('Credential').selectOption('generate');
      await button(page, 'Continue').click();
      await button(page, 'Deploy').click();
      await page.getByText('The app was created').waitFor();
    },
  },
];
