// @vitest-environment node
/** The page of a site's server in the built dashboard, in a real browser with the in-memory API. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { type CheckedPage, checkPage } from '../../testing/check-page.ts';
import { runtimeLine, serverWorld, unusedServerWorld } from '../../testing/sample-server.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();
const path = '/apps/harbor-web/server';
const title = /^Server · Harbor/;
const lines = (page: Page) => page.getByRole('region', { name: 'Log lines' });

const PAGES: CheckedPage[] = [
  {
    name: 'a server',
    path,
    title,
    visit: () => ({ world: serverWorld() }),
    act: async (page) => {
      await page.getByText('Show hourly numbers').click();
      await page.getByText('Stack').click();
    },
  },
  { name: 'a server that nobody has asked', path, title, visit: () => ({ world: unusedServerWorld() }) },
  { name: 'an app without a server', path, title },
];

describe.skipIf(chromiumPath === undefined)('the page of a server', () => {
  test.for(PAGES)('$name: is accessible in light and dark, wide and narrow', (spec) =>
    checkPage(visit, spec),
  );

  test('follows the log, filters it, and pauses', async () => {
    const { page, api, faults } = await visit(path, { world: serverWorld() });
    await lines(page).getByText('cache is 92 % full').waitFor();
    expect(await lines(page).getByText('at src/routes/stations/[id]/+page.server.ts:14:32').count()).toBe(1);
    await expect.poll(() => api.serverViewers).toBe(1);
    api.serverLog([runtimeLine(236, { text: 'written while somebody looks' })]);
    await lines(page).getByText('written while somebody looks').waitFor();

    await page.getByRole('button', { name: 'Pause' }).press('Enter');
    api.serverLog([runtimeLine(237, { text: 'written during the pause' })]);
    await page.getByText('Paused · 1 new line').waitFor();
    expect(await lines(page).getByText('written during the pause').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).press('Enter');
    await lines(page).getByText('written during the pause').waitFor();

    await page.getByLabel('Filter by text').fill('none');
    await expect.poll(() => lines(page).getByRole('listitem').count()).toBe(1);
    await page.getByLabel('Filter by text').fill('');
    await page.getByLabel('Level').selectOption('error');
    await expect.poll(() => lines(page).getByRole('listitem').count()).toBe(1);
    expect(faults).toEqual([]);
  });

  test('shows older lines without moving what is read', async () => {
    const { page } = await visit(path, { world: serverWorld() });
    await lines(page).getByText('cache is 92 % full').waitFor();
    expect(await lines(page).getByRole('listitem').count()).toBe(200);
    await lines(page).evaluate((box) => box.scrollTo({ top: 0 }));
    await page.getByRole('button', { name: 'Show older lines' }).click();
    await expect.poll(() => lines(page).getByRole('listitem').count()).toBe(235);
    expect(await lines(page).evaluate((box) => box.scrollTop)).toBeGreaterThan(0);
  });

  test('exports data, and deletes it only after its name was typed', async () => {
    const { page, api } = await visit(path, { world: serverWorld() });
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export DB, Production' }).click();
    expect((await download).suggestedFilename()).toBe('harbor-web-production-DB.sql');
    await page.getByRole('button', { name: 'Delete data of DB, Production' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete the data of DB?' });
    expect(await dialog.getByRole('button', { name: 'Delete data' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Type DB to confirm').fill('DB');
    await dialog.getByRole('button', { name: 'Delete data' }).click();
    await page.getByText('Data of DB deleted').waitFor();
    expect(api.world.serverState.map(({ environment, binding }) => `${environment}/${binding}`)).toEqual([
      'production/CACHE',
      'preview/DB',
    ]);
  });

  test('limits what the server may reach', async () => {
    const { page, api } = await visit(path, { world: serverWorld() });
    await page.getByLabel('Hosts', { exact: true }).selectOption('listed');
    await page.getByLabel('Allowed hosts').fill('https://api.example.com/');
    await page.getByText('isn’t a host').waitFor();
    await page.getByLabel('Allowed hosts').fill('api.example.com');
    await page.getByRole('form', { name: 'Outgoing requests' }).getByRole('button', { name: 'Save' }).click();
    await page.getByText('The server is started again').waitFor();
    expect(api.world.apps[0]?.server).toEqual({ allowHosts: ['api.example.com'] });
  });
});
