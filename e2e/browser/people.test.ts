/** People in the dashboard: a password, an invitation, the permissions of a role, and signing out. */
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

let edge: EdgeInstance;
let browser: Browser;

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  await new Client(edge).createApp({ name: 'Shop' });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Sign in').waitFor();
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** The button that makes the app a favorite. */
const star = (page: Page) => page.getByRole('button', { name: 'Favorite: Shop' });

/** Invites a person as the owner; returns the link that is shown. */
async function invite(page: Page, role: string): Promise<string> {
  await page.goto(`${edge.url}/settings/team`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('Role', { exact: true }).selectOption(role);
  await page.getByRole('button', { name: 'Create link' }).click();
  const link = await page.getByText(`${edge.url}/invite#token=`).innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  return link;
}

it('people join by invitation, do what their role allows, and lose access when they are removed', async () => {
  const owner = await watchedPage(browser);
  const viewer = await watchedPage(browser);
  await onPage(owner, async () => {
    const { page } = owner;
    await page.goto(await signInLink(edge));
    await page.getByText('Shop', { exact: true }).first().waitFor();

    // The owner came by a link and sets a password to come back with.
    await page.goto(`${edge.url}/settings/account`);
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set a password' }).click();
    await page.getByText('Password set').waitFor();
    await signOut(page);
    await signIn(page, 'owner@localhost', 'not the password');
    await page.getByText('Wrong email or password.').waitFor();
    // Back to the page they were on.
    await signIn(page, 'owner@localhost', PASSWORD);
    await heading(page, 'Account').waitFor();
    // The browser is known from now on, by a cookie that scripts can't read.
    expect(await page.context().cookies(edge.url)).toMatchObject([
      { name: 'appflux-device', httpOnly: true, sameSite: 'Strict', path: '/' },
    ]);
  });

  const link = await onPage(owner, () => invite(owner.page, 'viewer'));

  await onPage(viewer, async () => {
    const { page } = viewer;
    await page.goto(link);
    await heading(page, 'Join owner@localhost').waitFor();
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create account and join' }).click();
    await page.getByText('A password has at least 10 characters').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account and join' }).click();

    // A viewer sees the team's apps and no controls that change them.
    await page.getByText('Shop', { exact: true }).first().waitFor();
    expect(await page.getByRole('link', { name: 'New app' }).count()).toBe(0);
    await heading(page, 'Overview').waitFor();
    await heading(page, 'Running now').waitFor();

    // A favorite is the viewer's own, and lasts.
    await page.goto(`${edge.url}/apps`);
    await star(page).click();
    await page.reload();
    await expect.poll(() => star(page).getAttribute('aria-pressed')).toBe('true');
    await owner.page.goto(`${edge.url}/apps`);
    await expect.poll(() => star(owner.page).getAttribute('aria-pressed')).toBe('false');

    await page.goto(`${edge.url}/apps/shop`);
    await heading(page, 'Shop').waitFor();
    expect(await page.getByRole('button', { name: 'Deploy', exact: true }).count()).toBe(0);
    await page.goto(`${edge.url}/apps/shop/settings`);
    await page.getByText('Your role in this team (viewer) doesn’t allow this.').first().waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0);
    await page.goto(`${edge.url}/settings/team`);
    await page.getByText('ada@example.com').first().waitFor();
    expect(await page.getByRole('button', { name: 'Invite' }).count()).toBe(0);

    await signOut(page);
    await page.goto(link);
    await heading(page, 'This invitation no longer works').waitFor();
    await page.goto(`${edge.url}/sign-in`);
    await signIn(page, 'ada@example.com', PASSWORD);
    await page.getByText('Shop', { exact: true }).first().waitFor();
  });

  // A person who forgot their password requests a link, which the owner passes on.
  await onPage(viewer, async () => {
    const { page } = viewer;
    await signOut(page);
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    // The previous page has a field of this name, too.
    await heading(page, 'Forgot your password?').waitFor();
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByRole('button', { name: 'Request link' }).click();
    await heading(page, 'Ask your administrator for the link').waitFor();
  });
  const recovery = await onPage(owner, async () => {
    const { page } = owner;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${edge.url}/settings/links`);
    await page.getByRole('button', { name: 'Copy link for ada@example.com' }).click();
    await page.getByText('Link copied').waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  });
  await onPage(viewer, async () => {
    const { page } = viewer;
    await page.goto(recovery);
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByText('Shop', { exact: true }).first().waitFor();
  });
  await onPage(owner, async () => {
    await owner.page.reload();
    await heading(owner.page, 'No pending links').waitFor();
  });

  await onPage(owner, async () => {
    const { page } = owner;
    await page.goto(`${edge.url}/settings/team`);
    await page.getByLabel('Role of ada@example.com').selectOption('developer');
    await page.getByText('ada@example.com now has the developer role').waitFor();
  });

  await onPage(viewer, async () => {
    const { page } = viewer;
    await page.goto(`${edge.url}/apps/shop`);
    await page.getByRole('button', { name: 'Deploy', exact: true }).waitFor();
    await page.goto(`${edge.url}/apps/shop/settings/variables`);
    await heading(page, 'Environment variables').waitFor();
    await page.goto(`${edge.url}/apps/shop/settings`);
    await page.getByText('Your role in this team (developer) doesn’t allow this.').waitFor();
    expect(await page.getByRole('button', { name: 'Delete app' }).count()).toBe(0);
  });

  await onPage(owner, async () => {
    const { page } = owner;
    await page.goto(`${edge.url}/settings/audit`);
    const log = page.getByRole('list', { name: 'Audit log entries, newest first' });
    await log.getByText('changed a role: ada@example.com as developer').waitFor();
    await log.getByText('joined: ada@example.com as viewer').waitFor();
    await page.goto(`${edge.url}/settings/team`);
    await page.getByRole('button', { name: 'Remove ada@example.com' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('ada@example.com removed from the team').waitFor();
  });

  await onPage(viewer, async () => {
    const { page } = viewer;
    await page.goto(edge.url);
    await heading(page, 'You’re not in a team yet').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await heading(page, 'Sign in').waitFor();
  });
  for (const { complaints } of [owner, viewer]) {
    expect(complaints.filter((complaint) => complaint.startsWith('exception'))).toEqual([]);
  }
});
