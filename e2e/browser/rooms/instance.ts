/** One instance, and its owner signed in to the dashboard, for the tests of the dashboard's pages. */
import type { AppFluxError } from '@appflux/protocol';
import type { Browser, Page, Request } from 'playwright-core';
import { expect } from 'vitest';
import { accessibilityFaults } from '../../../dashboard/src/testing/check-page.ts';
import { ensureDashboard } from '../../../stack/dashboard.ts';
import { SILENT } from '../../../stack/testing/silent.ts';
import { Client } from '../../instance/client.ts';
import { type EdgeInstance, startInstance } from '../../instance/edge.ts';
import { launchBrowser } from '../launch.ts';
import { signInLink } from '../sign-in-link.ts';
import { onPage, type WatchedPage, watchedPage } from '../watched-page.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;

/** Someone who is signed in. */
export interface Visitor {
  readonly page: Page;
  /** Opens a page of the dashboard, and runs a test on it. */
  on(path: string, test: (page: Page) => Promise<void>): Promise<void>;
  /** Uncaught exceptions, and errors in the console other than refused requests. */
  faults(): string[];
}

export interface RoomsInstance {
  readonly edge: EdgeInstance;
  readonly client: Client;
  readonly browser: Browser;
  readonly owner: Visitor;
  stop(): Promise<void>;
}

/** Starts an instance, a browser, and the owner's session. */
export async function startRooms(variables: Record<string, string> = {}): Promise<RoomsInstance> {
  await ensureDashboard(ROOT, process.env, SILENT);
  const edge = await startInstance({ variables });
  const browser = await launchBrowser();
  const watched = await watchedPage(browser);
  const owner = visitorOf(edge, watched);
  await onPage(watched, async () => {
    await watched.page.goto(await signInLink(edge));
    await watched.page.getByRole('button', { name: 'Account', exact: true }).waitFor();
  });
  return {
    edge,
    client: new Client(edge),
    browser,
    owner,
    stop: async () => {
      await browser.close();
      await edge.stop();
    },
  };
}

/** The person of a page. */
export function visitorOf(edge: EdgeInstance, watched: WatchedPage): Visitor {
  const { page, complaints } = watched;
  return {
    page,
    on: (path, test) =>
      onPage(watched, async () => {
        await page.goto(edge.url + path);
        await test(page);
      }),
    faults: () =>
      complaints.filter(
        (complaint) =>
          complaint.startsWith('exception') ||
          // The browser reports each refused request in the console, too.
          (complaint.startsWith('console') && !complaint.includes('Failed to load resource')),
      ),
  };
}

/** Expects that screen readers and people with little contrast can use the page as it is now, wide and on a phone. */
export async function expectAccessible(page: Page): Promise<void> {
  const size = page.viewportSize();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, 'the page scrolls sideways on a phone').toBe(0);
  if (size !== null) await page.setViewportSize(size);
}

/**
 * Refuses the calls of a page whose path matches, as an instance does that is partly down. Resolves with a function that
 * ends it.
 */
export async function refuse(page: Page, path: RegExp, error: AppFluxError): Promise<() => Promise<void>> {
  const matches = (url: URL) => path.test(url.pathname);
  await page.route(matches, (route, request: Request) =>
    request.method() === 'GET'
      ? route.fulfill({ status: error.status, json: error.toBody() })
      : route.fallback(),
  );
  return () => page.unroute(matches);
}

/** The message that appears for a moment at the edge of the window. */
export const toast = (page: Page, text: string): Promise<void> =>
  page.getByText(text, { exact: true }).first().waitFor();

/** The dialog that is open, by its title. */
export const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });

/** Chooses from a menu. */
export async function choose(page: Page, menu: string | RegExp, item: string): Promise<void> {
  await page.getByRole('button', { name: menu }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}
