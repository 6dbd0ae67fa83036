/** A page that records its errors, and takes a screenshot when a test fails on it. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

export interface WatchedPage {
  readonly page: Page;
  /** The page's complaints so far: uncaught exceptions, console errors, failed requests. */
  readonly complaints: readonly string[];
}

/** Opens a page in a context of its own, as a new visitor. */
export async function watchedPage(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('requestfailed', (request) => {
    complaints.push(`request: ${request.method()} ${request.url()} ${request.failure()?.errorText}`);
  });
  return { page, complaints };
}

/** Runs a test on a page. If it fails, the error also contains the path of a screenshot and the page's complaints. */
export async function onPage<Result>(
  { page, complaints }: WatchedPage,
  test: () => Promise<Result>,
): Promise<Result> {
  try {
    return await test();
  } catch (error) {
    const path = join(await mkdtemp(join(tmpdir(), 'appflux-browser-')), 'failed.png');
    await page.screenshot({ path, fullPage: true });
    throw new Error(
      [
        error instanceof Error ? error.message : String(error),
        `The page was ${page.url()}; screenshot: ${path}`,
        complaints.length === 0 ? 'It had no complaints.' : `It complained:\n${complaints.join('\n')}`,
      ].join('\n\n'),
      { cause: error },
    );
  }
}
