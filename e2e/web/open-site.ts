/** A built site, as a visitor sees it: opened in a browser under its own host name, from the instance that serves it. */
import type { Browser, Response } from 'playwright-core';
import { expect } from 'vitest';
import { onPage, type WatchedPage, watchedPage } from '../browser/watched-page.ts';
import { pause } from '../instance/client.ts';
import type { InstanceWithRunner } from '../instance/with-runner.ts';
import type { Built } from '../kinds/instance.ts';

export interface OpenSite extends WatchedPage {
  /** The address of the app's release, with a slash at the end. */
  readonly url: string;
  /** What the host has answered to the page so far. */
  readonly responses: readonly Response[];
}

/**
 * Opens the release of a build's app in a browser that is known to the dashboard, and runs a test on it. Fails if a request
 * to the site had a cookie, or if the site set one.
 */
export async function openSite(
  browser: Browser,
  { client, edge }: Pick<InstanceWithRunner, 'client' | 'edge'>,
  { deployment }: Pick<Built, 'deployment'>,
  test: (site: OpenSite) => Promise<void>,
): Promise<void> {
  const { slug } = deployment.app;
  while ((await client.app(slug)).release !== deployment.id) await pause(100);
  const url = `${(await client.app(slug)).urls.site}/`;
  const watched = await watchedPage(browser);
  const { page } = watched;
  const responses: Response[] = [];
  page.on('response', (response) => {
    if (response.url().startsWith(url)) responses.push(response);
  });
  try {
    await page.context().addCookies([{ name: 'appflux-device', value: 'of-the-dashboard', url: edge.url }]);
    await onPage(watched, async () => {
      await page.goto(url);
      await test({ ...watched, url, responses });
      expect(await cookiesOf(responses)).toEqual([]);
    });
  } finally {
    await page.context().close();
  }
}

/** The cookies that went in either direction. */
async function cookiesOf(responses: readonly Response[]): Promise<string[]> {
  const cookies = await Promise.all(
    responses.map(async (response) => [
      (await response.request().allHeaders()).cookie,
      (await response.allHeaders())['set-cookie'],
    ]),
  );
  return cookies.flat().filter((cookie) => cookie !== undefined);
}

/** A page's complaints. Requests that end because the visitor leaves their page are none. */
export const problems = ({ complaints }: Pick<OpenSite, 'complaints'>): string[] =>
  complaints.filter((complaint) => !complaint.endsWith('net::ERR_ABORTED'));

/** What a visitor of a path gets, in a tab of its own. */
export async function visit(
  { page }: Pick<OpenSite, 'page'>,
  url: string,
): Promise<{ status: number | undefined; heading: string }> {
  const tab = await page.context().newPage();
  try {
    const response = await tab.goto(url);
    return { status: response?.status(), heading: await tab.getByRole('heading').first().innerText() };
  } finally {
    await tab.close();
  }
}

/** The paths that browsers may keep for a year without asking again. */
export async function kept({ url, responses }: Pick<OpenSite, 'url' | 'responses'>): Promise<string[]> {
  const found = await Promise.all(
    responses.map(async (response) =>
      (await response.headerValue('cache-control')) === 'public, max-age=31536000, immutable'
        ? response.url().slice(url.length - 1)
        : null,
    ),
  );
  return found.filter((path) => path !== null);
}
