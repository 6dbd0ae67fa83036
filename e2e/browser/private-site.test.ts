/** Private sites in a browser: a member signs in at the dashboard and comes back; a visitor enters the password. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, watchedPage } from './watched-page.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const PASSWORD = 'correct horse battery';
const SITE_PASSWORD = 'open sesame';

let edge: EdgeInstance;
let browser: Browser;

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  const api = new Client(edge);
  for (const [slug, access] of [
    ['for-team', 'team'],
    ['for-guests', 'password'],
  ] as const) {
    await api.createApp({ name: slug });
    const change = { access: { production: access }, password: SITE_PASSWORD };
    await api.api.apps.update(slug, change);
  }
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

const siteOf = (slug: string) => `http://${slug}.sites.localhost:${new URL(edge.url).port}`;

/** Nothing is released here: what a visitor who was let in reads. */
const isOpen = (page: Page) => page.getByRole('heading', { name: 'No release yet' }).first().waitFor();

it('a member who is signed out signs in at the dashboard, and comes back to the path', async () => {
  const owner = await watchedPage(browser);
  await onPage(owner, async () => {
    const { page } = owner;
    await page.goto(await signInLink(edge));
    await page.getByText('for-team', { exact: true }).first().waitFor();
    await page.goto(`${edge.url}/settings/account`);
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set a password' }).click();
    await page.getByText('Password set').waitFor();
    await page.getByRole('button', { name: 'Account', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();

    const wanted = `${siteOf('for-team')}/docs/?page=2`;
    await page.goto(wanted);
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.getByLabel('Email').fill('owner@localhost');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await isOpen(page);
    expect(page.url()).toBe(wanted);
    // No cookie of the dashboard is seen by the site, and none of the site by scripts.
    const cookies = await page.context().cookies(wanted);
    expect(cookies.map(({ name }) => name).every((name) => name.startsWith('appflux-access-'))).toBe(true);
    expect(cookies.every(({ httpOnly, domain }) => httpOnly && domain === new URL(wanted).hostname)).toBe(
      true,
    );

    // Who is signed in at the dashboard opens the next one without noticing.
    await page.goto(`${siteOf('for-guests')}/`);
    await page.getByRole('link', { name: 'Sign in with AppFlux' }).click();
    await isOpen(page);
    expect(page.url()).toBe(`${siteOf('for-guests')}/`);
  });
});

it('a visitor without JavaScript enters the password', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(`${siteOf('for-guests')}/a?b=c`);
    await page.getByLabel('Password').fill('a wrong one');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('Wrong password.').waitFor();
    await page.getByLabel('Password').fill(SITE_PASSWORD);
    await page.getByRole('button', { name: 'Continue' }).click();
    await isOpen(page);
    expect(page.url()).toBe(`${siteOf('for-guests')}/a?b=c`);
  } finally {
    await context.close();
  }
});
