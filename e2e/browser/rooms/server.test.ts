/** What the dashboard shows of a site's server, of two builds of a site side by side, and of a deployment as it goes on. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UNREAD_SOURCE } from '../../instance/simulated-build.ts';
import { visit } from '../../servers/hostile.ts';
import { type SitePublisher, sitePublisher } from '../../sites/publisher.ts';
import { expectAccessible, type RoomsInstance, startRooms, toast } from './instance.ts';

const SERVER = `
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/fails') throw new TypeError('no such tide');
    if (pathname === '/markup') console.log('<img src=x onerror="document.title=1">');
    else console.warn('seen', pathname);
    return new Response('ok');
  },
};
`;

let rooms: RoomsInstance;
let tides: SitePublisher;
let shop: SitePublisher;
let builds: string[];

beforeAll(async () => {
  rooms = await startRooms();
  [tides, shop] = await Promise.all([sitePublisher(rooms.edge, 'tides'), sitePublisher(rooms.edge, 'shop')]);
  const index = '<!doctype html><title>Shop</title>';
  builds = [
    await shop.publish({ 'index.html': index, 'assets/app-DiwrgTd1.js': 'export {}', 'old.txt': 'old' }),
  ];
});

afterAll(async () => {
  await rooms?.stop();
  expect(rooms?.owner.faults()).toEqual([]);
});

const lines = (page: Page) => page.getByRole('region', { name: 'Log lines' });

it('a site without a server says what would have one', async () => {
  await rooms.owner.on('/apps/shop/server', async (page) => {
    await page.getByRole('heading', { name: 'No server' }).waitFor();
    await expectAccessible(page);
  });
});

it('the log of a server shows lines as they come, only those asked for, and none of it as markup', async () => {
  await tides.publishServer(SERVER);
  await rooms.owner.on('/apps/tides/server', async (page) => {
    await page.getByText('No lines yet.', { exact: false }).waitFor();
    await page.getByText('Nothing stored.', { exact: false }).waitFor();
    await visit(rooms.edge, 'tides', '/stations/1?secret=1');
    await visit(rooms.edge, 'tides', '/fails');
    await visit(rooms.edge, 'tides', '/markup');
    await lines(page).getByText('seen /stations/1').waitFor();
    await lines(page).getByText('TypeError: no such tide').first().waitFor();
    await lines(page).getByText('<img src=x', { exact: false }).waitFor();
    expect(await page.title()).toMatch(/^Server · tides/);
    await expectAccessible(page);

    await page.getByRole('combobox', { name: 'Level' }).selectOption({ label: 'Errors' });
    await lines(page).getByText('TypeError: no such tide').first().waitFor();
    await expect.poll(() => lines(page).getByText('seen /stations/1').count()).toBe(0);
    await page.getByRole('combobox', { name: 'Level' }).selectOption({ label: 'All levels' });
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('STATIONS');
    await lines(page).getByText('seen /stations/1').waitFor();
    expect(await lines(page).getByText('TypeError', { exact: false }).count()).toBe(0);
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('nothing like this');
    await lines(page).getByText('No line matches.').waitFor();
    await page.getByRole('searchbox', { name: 'Filter by text' }).fill('');

    // What comes while it is paused is counted, and shown afterwards.
    await page.getByRole('button', { name: 'Pause' }).click();
    await visit(rooms.edge, 'tides', '/stations/2');
    await page.getByRole('status').getByText('Paused. 1 new line.').waitFor();
    expect(await lines(page).getByText('seen /stations/2').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await lines(page).getByText('seen /stations/2').waitFor();
  });
});

it('the requests of a server are counted, and which hosts it reaches is a setting', async () => {
  await rooms.owner.on('/apps/tides/server', async (page) => {
    // They are counted a moment after they were answered.
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.getByText('answered by the server').locator('..').innerText();
        },
        { interval: 1000 },
      )
      .toMatch(/^4\s/);
    await page.getByText('Show hourly numbers').click();
    await page.getByRole('row').nth(1).waitFor();
    await expectAccessible(page);

    await page.getByRole('combobox', { name: 'Hosts', exact: true }).selectOption('listed');
    const hosts = page.getByRole('textbox', { name: 'Allowed hosts' });
    await hosts.fill('https://wrong.example/');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => hosts.getAttribute('aria-invalid')).toBe('true');
    await hosts.fill('api.example.com');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await toast(page, 'Saved');
  });
});

it('a deployment that is alone has nothing to be compared with, and two are compared file by file', async () => {
  await rooms.owner.on(`/deployments/${builds[0]}/compare`, async (page) => {
    await page.getByRole('heading', { name: 'Nothing to compare with' }).waitFor();
    await page.getByRole('link', { name: 'Back to the deployment' }).click();
    await page.getByRole('region', { name: 'Build log' }).waitFor();

    const index = '<!doctype html><title>The shop</title>';
    const app = 'export const tides = true;';
    builds.push(await shop.publish({ 'index.html': index, 'assets/app-BxYz12A1.js': app, 'new.txt': 'new' }));
    await page.goto(`${rooms.edge.url}/deployments/${builds[1]}/compare`);
    const files = page.getByRole('table', { name: 'Size of the site’s files' });
    await files.getByRole('row', { name: /index\.html .*\+/ }).waitFor();
    await files.getByRole('row', { name: /new\.txt .*New/ }).waitFor();
    await files.getByRole('row', { name: /old\.txt .*Gone/ }).waitFor();
    await files.getByRole('row', { name: /app-BxYz12A1\.js Before: assets\/app-DiwrgTd1\.js/ }).waitFor();
    await page.getByRole('table', { name: 'Duration by phase' }).waitFor();
    await page.getByText(/has no bill of materials/).waitFor();
    await page.getByRole('button', { name: 'Compare logs' }).click();
    await page.getByText('No lines differ', { exact: false }).waitFor();
    await expectAccessible(page);

    await page.goto(`${rooms.edge.url}/deployments/${builds[1]}/compare?with=${'0'.repeat(24)}`);
    await page.getByRole('heading', { name: 'Deployment not found' }).waitFor();
  });
});

it('the page of a deployment tells screen readers what happens to it, and only that', async () => {
  const { client, owner } = rooms;
  await client.createApp({ name: 'waiting', build: { labels: ['nobody'] } });
  const { id } = await client.deploy('waiting', {
    uploadId: await client.upload('source.zip', UNREAD_SOURCE),
  });
  await owner.on(`/deployments/${id}`, async (page) => {
    await page.getByRole('region', { name: 'Build log' }).waitFor();
    const announced = () => page.locator('[role="status"].sr-only').allInnerTexts();
    const heard = async () => (await announced()).map((text) => text.trim()).filter((text) => text !== '');
    // What is on the page from the beginning is read with it.
    expect(await heard()).toEqual([]);
    await client.cancel(id);
    await expect.poll(heard).toEqual(['waiting: the deployment is canceled.']);
    await page.getByText('Canceled', { exact: true }).first().waitFor();
    await expectAccessible(page);
  });
});
