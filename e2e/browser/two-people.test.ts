/** Two people in the dashboard at the same time: what one of them changes, the other sees without reloading. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { UNREAD_SOURCE } from '../instance/simulated-build.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, type WatchedPage, watchedPage } from './watched-page.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const PASSWORD = 'correct horse battery';

let edge: EdgeInstance;
let browser: Browser;
let shop: SitePublisher;
let client: Client;
let owner: WatchedPage;
let ada: WatchedPage;

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  client = new Client(edge);
  shop = await sitePublisher(edge, 'shop');
  browser = await launchBrowser();
  owner = await watchedPage(browser);
  ada = await watchedPage(browser);
  await onPage(owner, async () => {
    await owner.page.goto(await signInLink(edge));
    await owner.page.getByText('shop', { exact: true }).first().waitFor();
  });
  const { token } = await inviteDeveloper();
  await onPage(ada, async () => {
    const { page } = ada;
    await page.goto(`${edge.url}/invite#token=${token}`);
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account and join' }).click();
    await page.getByText('shop', { exact: true }).first().waitFor();
  });
});

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

async function inviteDeveloper(): Promise<{ token: string }> {
  const { url } = await client.api.invitations.create({ role: 'developer', note: '' });
  return { token: new URL(url).hash.replace('#token=', '') };
}

/** The row of a deployment in a list. */
const row = (page: Page, number: number) =>
  page.getByRole('listitem').filter({ has: page.getByText(`#${number}`, { exact: true }) });
const status = (page: Page, number: number, label: string) =>
  row(page, number).getByText(label, { exact: true }).waitFor();
const isCurrent = (page: Page, number: number) =>
  row(page, number).getByText('Current', { exact: true }).waitFor();

it('a deployment that one starts and cancels is seen by the other in the list and in the activity', async () => {
  await onPage(ada, async () => {
    await ada.page.goto(`${edge.url}/deployments`);
    await ada.page.getByText('No deployments yet').waitFor();
  });
  // No runner has this label, so its deployments stay queued.
  await client.createApp({ name: 'waiting', build: { labels: ['nobody'] } });
  const uploadId = await client.upload('source.zip', UNREAD_SOURCE);
  const { id } = await client.deploy('waiting', { uploadId });
  await client.cancel(id);
  await onPage(ada, () => status(ada.page, 1, 'Canceled'));

  await onPage(owner, async () => {
    const { page } = owner;
    await page.goto(`${edge.url}/deployments/${id}`);
    await page.getByRole('button', { name: 'Redeploy', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel', exact: true }).waitFor();
  });
  const byOwner = (action: string) =>
    ada.page.getByRole('listitem').filter({ hasText: 'owner@localhost' }).getByText(action, { exact: true });
  await onPage(ada, async () => {
    await status(ada.page, 2, 'Queued');
    await ada.page.goto(`${edge.url}/activity`);
    await byOwner('Redeployed').waitFor();
    expect(await byOwner('Canceled a deployment').count()).toBe(0);
  });
  await onPage(owner, async () => {
    const { page } = owner;
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel deployment' }).click();
  });
  await onPage(ada, () => byOwner('Canceled a deployment').waitFor());
});

it('a release that one changes is seen by the other, whose open question is asked again', async () => {
  await shop.publish({ 'index.html': 'one' });
  const second = await shop.publish({ 'index.html': 'two', 'about.html': 'two' });
  await shop.publish({ 'index.html': 'three' });
  for (const person of [owner, ada])
    await onPage(person, async () => {
      await person.page.goto(`${edge.url}/apps/shop`);
      await isCurrent(person.page, 3);
    });

  const ask = (page: Page, of: number) => async () => {
    await row(page, of)
      .getByRole('button', { name: /^Actions for/ })
      .click();
    await page.getByRole('menuitem', { name: 'Roll back to this' }).click();
    await page.getByRole('dialog', { name: 'Roll back to this deployment?' }).waitFor();
  };
  const confirm = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  // Ada has the question open while the owner rolls back to another deployment.
  await onPage(ada, ask(ada.page, 1));
  await onPage(owner, async () => {
    const { page } = owner;
    await ask(page, 2)();
    await page.getByRole('dialog').getByText('2 files').waitFor();
    await confirm(page);
    await page.getByText('Rolled back', { exact: true }).waitFor();
  });
  expect((await client.app('shop')).release).toBe(second);
  await onPage(ada, async () => {
    const { page } = ada;
    await confirm(page);
    await page.getByText('Another deployment has gone live in the meantime.').waitFor();
    expect((await client.app('shop')).release).toBe(second);
    await page.keyboard.press('Escape');
    // Her page has followed as well.
    await isCurrent(page, 2);
  });

  // The owner's undo comes too late: Ada has released the first one by then.
  await onPage(ada, async () => {
    await ask(ada.page, 1)();
    await confirm(ada.page);
    await ada.page.getByText('Rolled back', { exact: true }).waitFor();
  });
  await onPage(owner, async () => {
    const { page } = owner;
    await isCurrent(page, 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Another deployment has gone live in the meantime.').waitFor();
  });
  await onPage(ada, async () => {
    await ada.page.getByRole('button', { name: 'Undo' }).click();
    await ada.page.getByText('Undone', { exact: true }).waitFor();
  });
  expect((await client.app('shop')).release).toBe(second);
  await onPage(owner, () => isCurrent(owner.page, 2));
  const exceptions = [...owner.complaints, ...ada.complaints].filter((complaint) =>
    complaint.startsWith('exception'),
  );
  expect(exceptions).toEqual([]);
});
