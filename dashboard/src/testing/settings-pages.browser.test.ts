// @vitest-environment node
/** The settings of apps, section by section: accessible, and obeying their policy. */
import { AppFluxError } from '@appflux/protocol';
import type { Page } from 'playwright-core';
import { describe, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { type CheckedPage, checkPage } from './check-page.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';

const visit = useBrowser();
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();

const away = (call: string) => {
  const world = sampleWorld();
  world.refusals.set(call, new AppFluxError('unavailable', 'The metadata store doesn’t respond.'));
  return world;
};

const expo = () => {
  const world = sampleWorld();
  const tide = world.deployments.find(({ id }) => id === SAMPLE.android);
  if (tide?.plan) tide.plan.framework = 'expo';
  const at = '2026-11-10T12:00:00.000Z';
  world.expoKey = { keyId: 'main', certificate: '', expiresAt: at, createdAt: at };
  return world;
};

const PAGES: CheckedPage[] = [
  {
    name: 'size budgets, with a new one that is invalid',
    path: '/apps/harbor-web/settings/budgets',
    title: /^Size budgets · Settings · Harbor/,
    act: async (page) => {
      await button(page, 'Add budget').click();
      await page.getByLabel('What').last().selectOption('files');
      await button(page, 'Save').click();
      await page.getByText('Enter a pattern.').waitFor();
    },
  },
  {
    name: 'deleting an app',
    path: '/apps/harbor-web/settings',
    title: /^General · Settings · Harbor/,
    act: (page) => button(page, 'Delete app').click(),
  },
  {
    name: 'settings for a viewer',
    path: '/apps/harbor-web/settings/build',
    title: /^Build · Settings · Harbor/,
    visit: () => ({ world: { ...sampleWorld(), role: 'viewer' } }),
    act: (page) => page.getByText('doesn’t allow this').waitFor(),
  },
  {
    name: 'the credential of a repository',
    path: '/apps/docs/settings/general',
    title: /^General · Settings · Documentation/,
    act: async (page) => {
      const form = page.getByRole('form', { name: 'Repository access' });
      await form.getByLabel('Credential').selectOption('generate');
      await form.getByRole('button', { name: 'Save' }).click();
      await form.getByText('Add this public key').waitFor();
      await form.getByLabel('Replace with').selectOption('ssh');
    },
  },
  {
    name: 'invalid build settings',
    path: '/apps/harbor-web/settings/build',
    title: /^Build/,
    act: async (page) => {
      await page.getByLabel('Node version').fill('the newest');
      await page.getByLabel('Time limit in minutes').fill('400');
      await page.getByLabel('Builder image').fill('two words');
      await page.getByLabel('Runner labels').fill('Mac OS');
    },
  },
  {
    name: 'variables, one of them edited',
    path: '/apps/harbor-web/settings/variables',
    title: /^Variables/,
    act: async (page) => {
      await button(page, 'Actions for API_URL').click();
      await page.getByRole('menuitem', { name: 'Set new value' }).click();
      await page.getByLabel('New value', { exact: true }).fill('https://new.example.com');
      await page.getByLabel('Name of variable 1').fill('SENTRY_DSN');
      await page.getByLabel('Value of SENTRY_DSN', { exact: true }).fill('https://key@sentry.example.com/1');
    },
  },
  { name: 'files', path: '/apps/harbor-web/settings/files', title: /^Files/ },
  {
    name: 'the signing key of an Expo app',
    path: '/apps/tide/settings/signing',
    title: /^Signing keys/,
    visit: () => ({ world: expo() }),
    act: (page) => page.getByText('certificate expires on').waitFor(),
  },
  {
    name: 'triggers with errors',
    path: '/apps/harbor-web/settings/triggers',
    title: /^Triggers/,
    act: (page) => page.getByLabel('Exclude paths').fill('x'.repeat(600)),
  },
  {
    name: 'a schedule that never happens',
    path: '/apps/harbor-web/settings/schedules',
    title: /^Schedules/,
    act: async (page) => {
      await page.getByLabel('When').selectOption('Custom');
      await page.getByLabel('Cron expression').fill('0 0 30 2 *');
    },
  },
  { name: 'notifications', path: '/apps/harbor-web/settings/notifications', title: /^Notifications/ },
  {
    name: 'publishing with a host that is none',
    path: '/apps/harbor-web/settings/publishing',
    title: /^Publishing/,
    act: (page) => page.getByLabel('Rewrite hosts').fill('https://api.example.com/'),
  },
  { name: 'domains', path: '/apps/harbor-web/settings/domains', title: /^Domains/ },
  {
    name: 'domains that fail to load',
    path: '/apps/harbor-web/settings/domains',
    title: /^Domains/,
    visit: () => ({ world: away('GET /api/apps/harbor-web/domains') }),
    act: (page) => page.getByText('Couldn’t load domains').waitFor(),
  },
  {
    name: 'access with a password',
    path: '/apps/harbor-web/settings/access',
    title: /^Access/,
    act: (page) => page.getByLabel('Previews').selectOption('password'),
  },
  {
    name: 'retention',
    path: '/apps/harbor-web/settings/retention',
    title: /^Retention/,
    act: async (page) => {
      await page.getByLabel('Artifact retention').selectOption('own');
      await page.getByLabel('Artifacts: days to keep').fill('many');
    },
  },
];

describe.skipIf(chromiumPath === undefined)('each section', () => {
  test.for(PAGES)('$name: is accessible in light and dark, wide and narrow', (spec) =>
    checkPage(visit, spec),
  );
});
