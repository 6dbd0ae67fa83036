/** The first five minutes in a browser: from a signed-in page to a live site. For the tests and `npm run bench:first-five`. */
import type { Page } from 'playwright-core';

/** How long a first site may take before the page is given up, in milliseconds. */
const PATIENCE_MS = 120_000;

/** Waits until the page of the browser is the site of an app, and returns its URL. */
async function siteOpened(page: Page, sitesDomain = 'sites.localhost'): Promise<string> {
  await page.waitForURL((url) => url.hostname.endsWith(`.${sitesDomain}`), { timeout: PATIENCE_MS });
  return page.url();
}

/** Deploys the sample from the first page, with one click. Resolves with the URL of its site, which is open then. */
export async function deploySample(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Deploy the sample' }).click();
  const url = await siteOpened(page);
  await page.getByRole('heading', { name: 'Your first site is up' }).waitFor();
  return url;
}

/** Presses Tab until an element has the focus. Throws if it can't be reached. */
export async function tabTo(
  page: Page,
  role: 'button' | 'link' | 'textbox',
  name: string | RegExp,
): Promise<void> {
  const wanted = page.getByRole(role, { name }).first();
  await wanted.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${role} ${name} can’t be reached with the Tab key`);
}

/** Deploys the sample from the first page by keyboard alone. Resolves with the URL of its site, which is open then. */
export async function deploySampleByKeyboard(page: Page): Promise<string> {
  await tabTo(page, 'button', 'Deploy the sample');
  await page.keyboard.press('Enter');
  return siteOpened(page);
}

/** A file for a field, as Playwright takes it. */
export interface ZipFile {
  readonly name: string;
  readonly mimeType: 'application/zip';
  readonly buffer: Buffer;
}

/**
 * Deploys a ZIP from the first page, and opens its site. Resolves with the number of clicks, the choice in the dialog of
 * the browser not counted, and the URL of the site.
 */
export async function deployZip(page: Page, file: ZipFile): Promise<{ clicks: number; url: string }> {
  let clicks = 0;
  const click = async (role: 'button' | 'link', name: string) => {
    await page.getByRole(role, { name }).first().click();
    clicks += 1;
  };
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), click('button', 'Choose a ZIP')]);
  await chooser.setFiles(file);
  await page.getByText('Detected from files in the ZIP.').waitFor();
  await click('button', 'Continue');
  await click('button', 'Deploy');
  const open = page.getByRole('link', { name: 'Open', exact: true }).first();
  await open.waitFor({ timeout: PATIENCE_MS });
  const [site] = await Promise.all([page.context().waitForEvent('page'), click('link', 'Open')]);
  await site.waitForLoadState();
  const url = site.url();
  await site.close();
  return { clicks, url };
}
