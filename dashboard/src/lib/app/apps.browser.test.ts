// @vitest-environment node
/** The list of apps of the built dashboard, in a real browser with the in-memory API. */
import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('the list of apps', () => {
  test('has one call for all of them, and a favourite moves to the top by keyboard', async () => {
    const { page, api } = await visit('/apps');
    const rows = page.getByRole('main').getByRole('listitem');
    const first = () => rows.first().innerText();
    expect(await first()).toContain('Documentation');
    // Pictures come by themselves, those of rows in view.
    const records = api.calls.filter((call) => /^GET \/api\/(?:apps|deployments)(?!.*\/picture$)/.test(call));
    expect(records).toEqual(['GET /api/apps']);

    await page.getByRole('button', { name: 'Favorite: Documentation' }).press('Enter');
    const star = page.getByRole('button', { name: 'Favorite: Sandbox' });
    await star.press('Space');
    await expect.poll(first).toContain('Sandbox');
    expect(await star.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => [...api.world.favourites]).toEqual(['sandbox']);

    api.world.refusals.set('DELETE /api/apps', new AppFluxError('unavailable', 'The store doesn’t respond.'));
    await star.click();
    await page.getByText('Couldn’t remove Sandbox from your favorites').waitFor();
    expect(await star.getAttribute('aria-pressed')).toBe('true');
  });

  test('is narrowed by state and sorted, which the URL has, and the navigation shows all again', async () => {
    const { page, api } = await visit('/apps');
    const names = () =>
      page.getByRole('main').getByRole('listitem').locator('a[href^="/apps/"]').allInnerTexts();
    await page.getByLabel('State').selectOption('ready');
    await page.getByLabel('Sort by').selectOption('name');
    expect(await names()).toEqual(['Summer flyer', 'Tide']);
    await page.getByLabel('Search apps').pressSequentially('tide');
    await expect.poll(names).toEqual(['Tide']);
    await expect.poll(() => page.url()).toBe(`${api.origin}/apps?q=tide&state=ready&sort=name`);
    await page.reload();
    await expect.poll(names).toEqual(['Tide']);
    await page.getByRole('link', { name: 'Apps', exact: true }).first().click();
    await expect.poll(async () => (await names()).length).toBe(6);
    expect(await page.getByLabel('Search apps').inputValue()).toBe('');
  });
});
