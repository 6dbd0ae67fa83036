/** The dashboard over lines that are slow, or lost for a while, with the real edge. */
import { randomBytes } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseZip } from '../../dashboard/src/testing/zip.ts';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedBuild, simulatedBuild } from '../instance/simulated-build.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, type WatchedPage, watchedPage } from './watched-page.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** A slow mobile line: 400 kbit/s and 400 ms. */
const SLOW = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };

let edge: EdgeInstance;
let browser: Browser;
let build: SimulatedBuild;
let watched: WatchedPage;

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  build = await simulatedBuild(edge, 'harbor');
  browser = await launchBrowser();
  watched = await watchedPage(browser);
  await watched.page.goto(await signInLink(edge));
  await harborOn(watched.page);
  await watched.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
});

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

const harborOn = (page: Page) => page.getByText('harbor', { exact: true }).first().waitFor();
const linesOf = (page: Page) => page.getByRole('group', { name: /^Lines of the log/ });
const line = (page: Page, seq: number) => linesOf(page).getByText(`line ${seq}`, { exact: true });
const exceptions = ({ complaints }: WatchedPage) =>
  complaints.filter((complaint) => complaint.startsWith('exception'));

/** The number of files that the service worker keeps. */
const keptFiles = (page: Page) =>
  page.evaluate(async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith('appflux-files-'));
    const counts = names.map(async (name) => (await (await caches.open(name)).keys()).length);
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  });

it('a live log misses no line that was written while the browser was offline', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    build.attempt.lines(1, 20);
    await build.attempt.acked();
    await page.goto(`${edge.url}/deployments/${build.id}`);
    await line(page, 20).waitFor();
    await page.context().setOffline(true);
    await page.getByText('You’re offline.').waitFor();
    build.attempt.lines(21, 40);
    await build.attempt.acked();
    await page.context().setOffline(false);
    await line(page, 40).waitFor();
    await page.getByText('You’re offline.').waitFor({ state: 'hidden' });
    const shown = await linesOf(page)
      .getByText(/^line \d+$/)
      .allInnerTexts();
    expect(new Set(shown).size).toBe(shown.length);
  });
});

it('the overview, an app and a deployment open offline, show nothing old, and load when the line is back', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    const rooms = ['/', '/apps/harbor', `/deployments/${build.id}`];
    for (const room of rooms) {
      await page.goto(edge.url + room);
      await harborOn(page);
      await page.waitForLoadState('networkidle');
    }
    await expect.poll(() => keptFiles(page)).toBeGreaterThan(20);
    for (const room of rooms) {
      await page.context().setOffline(true);
      await page.goto(edge.url + room);
      await page.getByText('You’re offline.').waitFor();
      await page.getByText('Nothing to show yet').waitFor();
      expect(await page.getByText('harbor', { exact: true }).count()).toBe(0);
      await page.context().setOffline(false);
      await harborOn(page);
    }
    expect(exceptions(watched)).toEqual([]);
  });
});

it('a page that is opened while the server restarts waits for it', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    await page.goto(`${edge.url}/apps/harbor`);
    await harborOn(page);
    await edge.crash(async () => {
      await page.reload();
      await page.getByText('AppFlux can’t be reached.').waitFor();
    });
    await harborOn(page);
    expect(exceptions(watched)).toEqual([]);
  });
});

it('an upload that loses the line goes on when it is back', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    await page.goto(`${edge.url}/new`);
    await page.getByText('ZIP upload').click();
    const large = randomBytes(3_000_000).toString('base64');
    await chooseZip(page, 'pier.zip', { 'index.html': '<h1>Pier</h1>', 'large.txt': large });
    await page.getByText('Detected from files in the ZIP.').waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    const wire = await page.context().newCDPSession(page);
    await wire.send('Network.emulateNetworkConditions', { ...SLOW, uploadThroughput: 200_000 });
    await page.getByRole('button', { name: 'Deploy', exact: true }).click();
    await page.getByText('Uploading').first().waitFor();
    await page.context().setOffline(true);
    await page.getByText('Waiting for the connection').waitFor();
    await page.context().setOffline(false);
    await page.waitForURL(/\/deployments\/[0-9a-f]{24}/);
    await wire.detach();
  });
});

it('on a slow line, the frame of the page is seen before its scripts have arrived', async () => {
  const slow = await watchedPage(browser);
  const { page } = slow;
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  await wire.send('Network.emulateNetworkConditions', SLOW);
  await onPage(slow, async () => {
    await page.goto(await signInLink(edge), { waitUntil: 'commit' });
    await page.locator('#shell').waitFor();
    await harborOn(page);
    const { painted, loaded } = await page.evaluate(() => ({
      painted:
        performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY,
      loaded: Math.max(
        ...performance
          .getEntriesByType('resource')
          .filter(({ name }) => name.endsWith('.js'))
          .map((entry) => (entry as PerformanceResourceTiming).responseEnd),
      ),
    }));
    expect(painted).toBeLessThan(loaded);
    expect(exceptions(slow)).toEqual([]);
  });
  await page.context().close();
});

it('who signs out in one tab is signed out in the other', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    const other = await page.context().newPage();
    for (const tab of [page, other]) {
      await tab.goto(edge.url);
      await harborOn(tab);
    }
    await other.getByRole('button', { name: 'Account', exact: true }).click();
    await other.getByRole('menuitem', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await other.close();
  });
});
