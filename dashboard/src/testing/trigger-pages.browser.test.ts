// @vitest-environment node
/** The pages of triggers, Git hosts, notifications and logins of programs: accessible, and obeying their policy. */
import type { Page } from 'playwright-core';
import { describe, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { type CheckedPage, checkPage } from './check-page.ts';
import { connectGithub, DEVICE_CODE, HOOKS, TRIGGERED } from './sample-triggers.ts';
import { sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';
import { emptyWorld } from './world.ts';

const visit = useBrowser();
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const connected = () => ({ world: connectGithub(sampleWorld()) });

const PAGES: CheckedPage[] = [
  { name: 'a held deployment', path: `/deployments/${TRIGGERED.held}`, title: /^Needs approval · Harbor/ },
  { name: 'a skipped deployment', path: `/deployments/${TRIGGERED.skipped}`, title: /^Skipped · Harbor/ },
  {
    name: 'Git hosts with a GitHub App',
    path: '/settings/git',
    title: /^Git/,
    visit: () => ({ world: Object.assign(connected().world, { team: 'instance' as const }) }),
  },
  {
    name: 'Git hosts without one',
    path: '/settings/git',
    title: /^Git/,
    visit: () => ({ world: { ...emptyWorld(), team: 'instance' } }),
    act: async (page) => {
      await page.getByLabel('Owner of the App').selectOption('organization');
      await button(page, 'Register GitHub App').click();
    },
  },
  {
    name: 'a new webhook',
    path: '/settings/git',
    title: /^Git/,
    act: async (page) => {
      await button(page, 'New webhook').click();
      await page.getByLabel('Name').fill('northwind/harbor');
      await button(page, 'Create secret').click();
      await page.getByText('Copy the secret now').waitFor();
    },
  },
  { name: 'notifications', path: '/settings/notifications', title: /^Notifications/ },
  {
    name: 'a new notification',
    path: '/settings/notifications',
    title: /^Notifications/,
    act: async (page) => {
      await button(page, 'New notification').click();
      await page.getByLabel('Apps').selectOption('some');
      await button(page, 'Add notification').click();
      await page.getByText('Choose at least one app.').waitFor();
    },
  },
  {
    name: 'deliveries',
    path: `/settings/notifications/${HOOKS.webhook}`,
    title: /^Webhook · Notifications/,
    act: async (page) => {
      const deliveries = page.getByRole('list', { name: 'Deliveries, newest first' });
      await deliveries.locator('summary').nth(1).click();
      await deliveries.locator('summary').first().click();
    },
  },
  {
    name: 'the login of a program',
    path: `/device?code=${DEVICE_CODE}`,
    title: /^Approve this login/,
    act: (page) => button(page, 'Approve').waitFor(),
  },
  {
    name: 'choosing a repository',
    path: '/new',
    title: /^New app/,
    visit: connected,
    act: async (page) => {
      await page.getByText('northwind/harbor').waitFor();
      await button(page, 'Continue').click();
      await page.getByText('Choose a repository.').waitFor();
    },
  },
];

describe.skipIf(chromiumPath === undefined)('each page', () => {
  test.for(PAGES)('$name: is accessible in light and dark, wide and narrow', (spec) =>
    checkPage(visit, spec),
  );
});
