// @vitest-environment node
/** The command palette and the shortcuts of the built dashboard, by keyboard only. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('the command palette', () => {
  test('goes to a page and to an app, and asks before it deploys', async () => {
    const { page, api, faults } = await visit('/runners');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Search and run commands' }).waitFor();
    await page.keyboard.type('analy');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/analytics');
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Deploy Harbor' }).first().waitFor();
    await page.keyboard.type('deploy harbor web');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: /Deploy/ }).waitFor();
    await expect
      .poll(() => new URL(page.url()).pathname + new URL(page.url()).search)
      .toBe('/apps/harbor-web');
    expect(api.calls.filter((call) => call.startsWith('POST'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('copies the URL of an app', async () => {
    const { page, api } = await visit('/runners');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: api.origin });
    await page.keyboard.press('Control+k');
    await page
      .getByRole('option', { name: /^Copy the URL of Harbor/ })
      .first()
      .waitFor();
    await page.keyboard.type('copy harbor web');
    await page.keyboard.press('Enter');
    await page.getByText('Copied', { exact: true }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('harbor-web');
  });

  test('offers on the page of a deployment to promote it', async () => {
    const world = sampleWorld();
    for (const app of world.apps) app.release = null;
    const { page, api } = await visit(`/deployments/${SAMPLE.success}`, { world });
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Promote this deployment to production' }).click();
    await page.getByRole('dialog').getByRole('heading').first().waitFor();
    expect(api.calls.filter((call) => call.startsWith('POST'))).toEqual([]);
  });

  test('says that nothing matches, closes, and gives the focus back', async () => {
    const { page } = await visit('/runners');
    const button = page.getByRole('button', { name: 'Search and run commands' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox').fill('zzz');
    await page.getByText('No matching commands').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await button.evaluate((element) => document.activeElement === element)).toBe(true);
  });
});

describe.skipIf(chromiumPath === undefined)('shortcuts', () => {
  test('are explained, go to pages, and can be switched off', async () => {
    const { page } = await visit('/runners');
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForURL('**/apps');
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.getByLabel('Single-key shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Search and run commands' }).waitFor();
    expect(await sheet.count()).toBe(0);
  });

  test('leave fields alone', async () => {
    const { page } = await visit('/apps');
    await page.getByRole('searchbox').fill('');
    await page.keyboard.type('gr?n');
    expect(await page.getByRole('searchbox').inputValue()).toBe('gr?n');
    expect(new URL(page.url()).pathname).toBe('/apps');
  });
});
