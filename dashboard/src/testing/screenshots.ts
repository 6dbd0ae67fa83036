/**
 * `npm run screenshots -w dashboard`: takes screenshots of every page, wide and narrow, light and dark, with data, empty,
 * loading, and failing. Prints their folder, a new one in the system's temporary folder.
 * Arguments select screenshots whose names contain one of them.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { BUILD, ensureBuild, launchBrowser } from './browser.ts';
import { FakeApi } from './fake-api.ts';
import { idOf } from './fixtures.ts';
import { longLog } from './sample-log.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { away, button, hanging, refusing, type Shot } from './shot.ts';
import { COMPARISON_SHOTS } from './shots-comparison.ts';
import { NEW_APP_SHOTS } from './shots-new-app.ts';
import { PALETTE_SHOTS } from './shots-palette.ts';
import { SERVER_SHOTS } from './shots-server.ts';
import { SETTINGS_SHOTS } from './shots-settings.ts';
import { TRIGGER_SHOTS } from './shots-triggers.ts';
import { emptyWorld } from './world.ts';

const shots: Shot[] = [
  ...COMPARISON_SHOTS,
  ...PALETTE_SHOTS,
  ...SERVER_SHOTS,
  ...TRIGGER_SHOTS,
  ...SETTINGS_SHOTS,
  { name: 'sign-in', path: '/sign-in', signedOut: true },
  {
    name: 'sign-in-used',
    path: '/sign-in#token_hash=used',
    signedOut: true,
    act: (page) => page.getByText('no longer works').waitFor(),
  },
  { name: 'invite', path: '/invite#token=afi_good', signedOut: true },
  { name: 'invite-signed-in', path: '/invite#token=afi_good' },
  { name: 'forgot-password', path: '/forgot-password', signedOut: true },
  { name: 'reset-password', path: '/reset-password#token_hash=good', signedOut: true },
  { name: 'account', path: '/settings/account' },
  { name: 'team', path: '/settings/team' },
  {
    name: 'team-invited',
    path: '/settings/team',
    act: async (page) => {
      await button(page, 'Invite').click();
      await button(page, 'Create link').click();
      await page.getByText('Copy the link now').waitFor();
    },
  },
  { name: 'team-viewer', path: '/settings/team', world: () => ({ ...sampleWorld(), role: 'viewer' }) },
  { name: 'operations', path: '/settings/operations', world: () => ({ ...sampleWorld(), team: 'instance' }) },
  {
    name: 'operations-quiet',
    path: '/settings/operations',
    world: () => ({
      ...emptyWorld(),
      team: 'instance',
      maintenance: { since: new Date().toISOString(), reason: 'a new disk' },
    }),
  },
  {
    name: 'operations-token',
    path: '/settings/operations',
    world: () => ({ ...sampleWorld(), team: 'instance' }),
    window: true,
    act: async (page) => {
      await button(page, 'New metrics token').click();
      await page.getByLabel('Name').fill('Prometheus');
      await button(page, 'Create token').click();
      await page.getByText('Copy your token now').waitFor();
    },
  },
  {
    name: 'operations-loading',
    path: '/settings/operations',
    world: () => ({ ...hanging('GET /api/ops/')(), team: 'instance' }),
  },
  {
    name: 'operations-failing',
    path: '/settings/operations',
    world: () => ({ ...refusing('GET /api/ops/', away)(), team: 'instance' }),
  },
  { name: 'audit', path: '/settings/audit' },
  { name: 'deployments', path: '/deployments' },
  { name: 'deployments-filtered', path: '/deployments?status=failed&creator=ada' },
  { name: 'deployments-no-match', path: '/deployments?branch=nothing' },
  { name: 'deployments-empty', path: '/deployments', world: emptyWorld },
  { name: 'deployments-failing', path: '/deployments', world: refusing('GET /api/deployments', away) },
  { name: 'deployments-loading', path: '/deployments', world: hanging('GET /api/deployments') },
  { name: 'app-filtered', path: '/apps/harbor-web?environment=preview' },
  { name: 'activity', path: '/activity' },
  { name: 'activity-empty', path: '/activity', world: emptyWorld },
  { name: 'activity-failing', path: '/activity', world: refusing('GET /api/activity', away) },
  { name: 'activity-loading', path: '/activity', world: hanging('GET /api/activity') },
  { name: 'overview', path: '/' },
  { name: 'overview-empty', path: '/', world: emptyWorld },
  { name: 'overview-failing', path: '/', world: refusing('GET /api/overview', away) },
  { name: 'overview-loading', path: '/', world: hanging('GET /api/overview') },
  {
    name: 'overview-more',
    path: '/',
    window: true,
    act: async (page) => {
      const more = page.getByRole('button', { name: 'More', exact: true });
      if (await more.isVisible()) await more.click();
    },
  },
  {
    name: 'overview-instance',
    path: '/',
    world: () => ({ ...sampleWorld(), team: 'instance', attention: [], deployments: [] }),
  },
  { name: 'apps', path: '/apps' },
  { name: 'apps-empty', path: '/apps', world: emptyWorld },
  { name: 'apps-failing', path: '/apps', world: refusing('GET /api/apps', away) },
  { name: 'apps-loading', path: '/apps', world: hanging('GET /api/apps') },
  { name: 'apps-no-match', path: '/apps', act: (page) => page.getByLabel('Search apps').fill('zzz') },
  { name: 'analytics', path: '/analytics' },
  {
    name: 'analytics-app',
    path: '/analytics?days=7&app=harbor-web',
    act: (page) => page.getByText('Show daily numbers').first().click(),
  },
  { name: 'analytics-90', path: '/analytics?days=90', window: true },
  { name: 'analytics-empty', path: '/analytics', world: emptyWorld },
  { name: 'analytics-failing', path: '/analytics', world: refusing('GET /api/analytics', away) },
  { name: 'analytics-loading', path: '/analytics', world: hanging('GET /api/analytics') },
  ...NEW_APP_SHOTS,
  { name: 'app', path: '/apps/harbor-web' },
  { name: 'deployment-canceled', path: `/deployments/${idOf(206)}` },
  { name: 'app-undeployed', path: '/apps/sandbox' },
  {
    name: 'app-deploy',
    path: '/apps/harbor-web',
    window: true,
    act: (page) => button(page, 'Deploy').click(),
  },
  {
    name: 'app-deploy-zip',
    path: '/apps/flyer',
    window: true,
    act: (page) => button(page, 'Deploy').click(),
  },
  {
    name: 'app-menu',
    path: '/apps/harbor-web',
    window: true,
    act: (page) => button(page, /^Actions for/).click(),
  },
  {
    name: 'release-back',
    path: '/apps/harbor-web',
    window: true,
    act: async (page) => {
      await button(page, /^Actions for Add a weather layer/).click();
      await page.getByRole('menuitem', { name: 'Roll back to this' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'release-differs',
    path: `/deployments/${idOf(301)}`,
    window: true,
    world: () => ({ ...sampleWorld(), differing: ['API_URL', 'SENTRY_DSN'] }),
    act: async (page) => {
      await button(page, 'Promote to production').click();
      await page.getByRole('button', { name: 'Promote', exact: true }).click();
      await page.getByText('Promote anyway').waitFor();
    },
  },
  {
    name: 'release-undo',
    path: '/apps/harbor-web',
    window: true,
    act: async (page) => {
      await button(page, 'Lock release').click();
      await button(page, /^Actions for Add a weather layer/).click();
      await page.getByRole('menuitem', { name: 'Roll back to this' }).click();
      await button(page, 'Roll back').click();
      await page.getByRole('button', { name: 'Undo' }).waitFor();
    },
  },
  {
    name: 'deployment-private',
    path: `/deployments/${SAMPLE.success}`,
    world: () => {
      const world = sampleWorld();
      for (const app of world.apps) app.access = { production: 'team', previews: 'team' };
      return world;
    },
  },
  {
    name: 'deployment-notes',
    path: `/deployments/${SAMPLE.success}`,
    window: true,
    act: (page) => button(page, 'Edit release notes').click(),
  },
  { name: 'deployment-preview', path: `/deployments/${idOf(301)}` },
  { name: 'app-missing', path: '/apps/nothing' },
  { name: 'app-loading', path: '/apps/harbor-web', world: hanging('GET /api/apps/harbor-web') },
  { name: 'app-lost', path: '/apps/tide' },
  { name: 'deployment-building', path: `/deployments/${SAMPLE.building}` },
  { name: 'deployment-queued', path: `/deployments/${SAMPLE.queued}` },
  { name: 'deployment-failed', path: `/deployments/${SAMPLE.failed}` },
  { name: 'deployment-success', path: `/deployments/${SAMPLE.success}` },
  {
    name: 'deployment-why',
    path: `/deployments/${SAMPLE.success}`,
    act: (page) => page.getByText('How this was detected').click(),
  },
  { name: 'deployment-removed', path: `/deployments/${SAMPLE.removed}` },
  { name: 'deployment-android', path: `/deployments/${SAMPLE.android}` },
  {
    name: 'deployment-search',
    path: `/deployments/${SAMPLE.failed}`,
    act: async (page) => {
      await page.getByLabel('Search the log').fill('sidebar');
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'deployment-long-paused',
    path: `/deployments/${SAMPLE.building}`,
    world: () => {
      const world = sampleWorld();
      world.logs.set(SAMPLE.building, longLog(50_000, new Date(Date.now() - 50_000).toISOString()));
      return world;
    },
    act: async (page) => {
      await page.getByText('test 49995 passed').waitFor();
      await page.getByLabel('Show timestamps').click();
      await page.getByRole('group', { name: /^Lines of the log/ }).hover();
      await page.mouse.wheel(0, -4000);
    },
  },
  {
    name: 'deployment-reconnecting',
    path: `/deployments/${SAMPLE.building}`,
    world: hanging('WebSocket'),
    act: (page) => page.getByText('No live connection').waitFor(),
  },
  {
    name: 'deployment-cancel',
    path: `/deployments/${SAMPLE.building}`,
    window: true,
    act: (page) => button(page, 'Cancel').click(),
  },
  { name: 'deployment-missing', path: '/deployments/66f2a1c04b7e9d0099999999' },
  {
    name: 'deployment-loading',
    path: `/deployments/${SAMPLE.building}`,
    world: hanging('GET /api/deployments'),
  },
  { name: 'runners', path: '/runners' },
  { name: 'runners-empty', path: '/runners', world: emptyWorld },
  {
    name: 'runners-edit',
    path: '/runners',
    window: true,
    act: async (page) => {
      await button(page, /^Actions for basement-xeon/).click();
      await page.getByRole('menuitem', { name: 'Edit' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'runners-add',
    path: '/runners',
    window: true,
    act: async (page) => {
      await button(page, 'Add runner').click();
      await button(page, 'Create command').click();
      await page.getByText('Waiting for the runner').waitFor();
    },
  },
  { name: 'tokens', path: '/settings/tokens' },
  { name: 'tokens-empty', path: '/settings/tokens', world: emptyWorld },
  {
    name: 'tokens-new',
    path: '/settings/tokens',
    window: true,
    act: (page) => button(page, 'New token').click(),
  },
  {
    name: 'tokens-created',
    path: '/settings/tokens',
    window: true,
    act: async (page) => {
      await button(page, 'New token').click();
      await page.getByLabel('Name').fill('Nightly');
      await button(page, 'Create token').click();
      await page.getByText('Copy your token now').waitFor();
    },
  },
  { name: 'not-found', path: '/nowhere' },
  {
    name: 'toast-offline',
    path: '/runners',
    window: true,
    act: async (page) => {
      await page.context().setOffline(true);
      await button(page, /^Actions for local-1/).click();
      await page.getByRole('menuitem', { name: 'Drain' }).click();
      await page.getByText('Couldn’t drain').waitFor();
    },
  },
];

const SIZES = [
  { name: 'wide', viewport: { width: 1440, height: 900 } },
  { name: 'phone', viewport: { width: 390, height: 844 } },
] as const;

async function take(browser: Browser, shot: Shot, folder: string): Promise<void> {
  for (const { name: size, viewport } of SIZES) {
    const api = new FakeApi(BUILD, (shot.world ?? sampleWorld)());
    await api.start();
    const context = await browser.newContext({
      viewport,
      hasTouch: size === 'phone',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4|status of 5|WebSocket|ERR_/.test(message.text())) {
        console.error(`${shot.name}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => console.error(`${shot.name}: ${error.stack}`));
    try {
      if (!shot.signedOut) {
        await page.goto(api.signInLink);
        await page.getByRole('button', { name: 'Account' }).waitFor();
      }
      await page.goto(api.origin + shot.path);
      if (api.world.hanging.size === 0 || api.world.hanging.has('WebSocket'))
        await page.waitForLoadState('networkidle');
      else
        await page
          .getByText(/^Loading/)
          .first()
          .waitFor({ state: 'attached' });
      await shot.act?.(page);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(250);
        const path = join(folder, `${shot.name}.${size}.${colorScheme}.png`);
        await page.screenshot({ path, fullPage: !shot.window });
      }
    } catch (error) {
      console.error(`${shot.name} (${size}): ${String(error)}`);
      await page.screenshot({ path: join(folder, `${shot.name}.${size}.failed.png`) });
      process.exitCode = 1;
    } finally {
      await context.close();
      await api.stop();
    }
  }
}

const wanted = process.argv.slice(2);
await ensureBuild();
const folder = await mkdtemp(join(tmpdir(), 'appflux-screenshots-'));
const browser = await launchBrowser();
for (const shot of shots) {
  if (wanted.length === 0 || wanted.some((word) => shot.name.includes(word)))
    await take(browser, shot, folder);
}
await browser.close();
console.log(folder);
