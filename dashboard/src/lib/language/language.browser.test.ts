// @vitest-environment node
/** The language of the built dashboard. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('the language', () => {
  test('is the browser’s, and another one is chosen by keyboard and kept', async () => {
    const { page, faults } = await visit('/sign-in', { signedOut: true, locale: 'de-AT' });
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await page.getByRole('button', { name: 'Sprache: Deutsch' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitemradio', { name: 'English' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(faults).toEqual([]);
  });

  test('is English where the browser’s isn’t translated', async () => {
    const { page } = await visit('/sign-in', { signedOut: true, locale: 'fi-FI' });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  });

  test('is chosen in the settings', async () => {
    const { page, faults } = await visit('/settings/account');
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByRole('heading', { name: 'Sprache' }).waitFor();
    expect(await page.getByLabel('Sprache').inputValue()).toBe('de');
    expect(faults).toEqual([]);
  });

  test('is that of numbers, dates and plurals', async () => {
    const { page } = await visit('/analytics', { locale: 'de-DE' });
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/\d,\d\s?%/);
    expect(text).not.toMatch(/\d\.\d\s?%/);
  });
});
