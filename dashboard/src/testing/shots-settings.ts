/** Screenshots of the settings of apps. */
import type { Page } from 'playwright-core';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { away, button, refusing, type Shot } from './shot.ts';

const path = (section: string, app = 'harbor-web') => `/apps/${app}/settings/${section}`;

const wrongTriggers = async (page: Page) => {
  await page.getByLabel('Production branch').fill('a..b');
  await page.getByLabel('Include paths').fill(`apps/web/**\n${'x'.repeat(600)}`);
};

export const SETTINGS_SHOTS: Shot[] = [
  { name: 'settings-general', path: '/apps/harbor-web/settings' },
  {
    name: 'settings-menu',
    path: path('general'),
    window: true,
    act: async (page) => {
      const menu = page.getByRole('navigation', { name: 'Settings' }).locator('summary');
      if (await menu.isVisible()) await menu.click();
    },
  },
  { name: 'settings-viewer', path: path('build'), world: () => ({ ...sampleWorld(), role: 'viewer' }) },
  {
    name: 'settings-delete',
    path: path('general'),
    window: true,
    act: (page) => button(page, 'Delete app').click(),
  },
  {
    name: 'settings-leaving',
    path: path('build'),
    window: true,
    act: async (page) => {
      await page.getByLabel('Node version').fill('24');
      await page.getByRole('link', { name: 'Overview' }).last().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'settings-wrong',
    path: path('build'),
    act: async (page) => {
      await page.getByLabel('Node version').fill('the newest');
      await page.getByLabel('Time limit in minutes').fill('400');
      await page.getByLabel('Runner labels').fill('Mac OS');
    },
  },
  { name: 'settings-variables', path: path('variables') },
  {
    name: 'settings-variables-empty',
    path: path('variables'),
    world: () => {
      const world = sampleWorld();
      for (const app of world.apps) app.envVars = [];
      return world;
    },
  },
  {
    name: 'settings-variables-edit',
    path: path('variables'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Actions for API_URL' }).click();
      await page.getByRole('menuitem', { name: 'Set new value' }).click();
      await page.getByLabel('New value', { exact: true }).fill('https://new.example.com');
      await page.getByLabel('Name of variable 1').fill('SENTRY_DSN');
      await page.getByLabel('Value of SENTRY_DSN', { exact: true }).fill('https://key@sentry.example.com/1');
    },
  },
  { name: 'settings-budgets', path: path('budgets') },
  {
    name: 'settings-budgets-wrong',
    path: path('budgets', 'docs'),
    act: async (page) => {
      await button(page, 'Add budget').click();
      await page.getByLabel('What').selectOption('files');
      await page.getByLabel('Limit', { exact: true }).fill('a lot');
      await button(page, 'Save').click();
    },
  },
  { name: 'settings-files', path: path('files') },
  {
    name: 'settings-signing',
    path: path('signing', 'tide'),
    world: () => {
      const world = sampleWorld();
      const tide = world.deployments.find(({ id }) => id === SAMPLE.android);
      if (tide?.plan) tide.plan.framework = 'expo';
      const at = '2026-11-10T12:00:00.000Z';
      world.expoKey = { keyId: 'main', certificate: '', expiresAt: at, createdAt: at };
      return world;
    },
  },
  { name: 'settings-triggers', path: path('triggers') },
  { name: 'settings-triggers-upload', path: path('triggers', 'flyer') },
  { name: 'settings-triggers-wrong', path: path('triggers'), act: wrongTriggers },
  { name: 'settings-schedules', path: path('schedules') },
  {
    name: 'settings-schedules-empty',
    path: path('schedules'),
    world: () => ({ ...sampleWorld(), schedules: [] }),
  },
  {
    name: 'settings-schedules-failing',
    path: path('schedules'),
    world: refusing('GET /api/apps/harbor-web/', away),
  },
  { name: 'settings-notifications', path: path('notifications') },
  {
    name: 'settings-notifications-empty',
    path: path('notifications'),
    world: () => ({ ...sampleWorld(), notifications: [] }),
  },
  { name: 'settings-publishing', path: path('publishing') },
  { name: 'settings-domains', path: path('domains') },
  { name: 'settings-domains-empty', path: path('domains'), world: () => ({ ...sampleWorld(), domains: [] }) },
  {
    name: 'settings-domains-failing',
    path: path('domains'),
    world: refusing('GET /api/apps/harbor-web/domains', away),
  },
  {
    name: 'settings-access',
    path: path('access'),
    act: async (page) => {
      await page.getByLabel('Previews').selectOption('password');
    },
  },
  { name: 'settings-retention', path: path('retention') },
  {
    name: 'settings-source-access',
    path: path('general', 'docs'),
    act: async (page) => {
      await page.getByLabel('Credential').selectOption('token');
    },
  },
];
