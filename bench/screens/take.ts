/** Takes screenshots of pages, and checks them. */
import { join } from 'node:path';
import { AppFluxError } from '@appflux/protocol';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { accessibilityFaults } from '../../dashboard/src/testing/check-page.ts';
import type { ScreenPage } from './pages.ts';

export interface Screens {
  /** Signs in on all further screenshots, with a link that works once. */
  signIn(link: string): Promise<void>;
  take(page: ScreenPage): Promise<void>;
  /** Takes a page while nothing that it asks is answered. */
  takeFailing(page: ScreenPage): Promise<void>;
  /** How many were taken. */
  count(): number;
  /** What is wrong with pages. */
  readonly faults: readonly string[];
}

const SIZES = [
  { size: 'wide', viewport: { width: 1280, height: 900 } },
  { size: 'phone', viewport: { width: 390, height: 844 } },
] as const;

/** As an instance answers whose database doesn't. */
const DOWN = new AppFluxError('unavailable', 'The metadata store doesn’t respond.', {
  hint: 'Check that AppFlux is running, then try again.',
});

/** What every page asks before it shows anything: who is signed in, and what the instance is. */
const NEEDED = /^\/api\/(?:me|instance|team|members)(?:\/|$)/;

interface Options {
  readonly folder: string;
  /** Only screenshots whose names have one of these are taken; none for all. */
  readonly words: readonly string[];
}

/** Opens a context of the browser that all screenshots share. */
export async function startScreens(browser: Browser, url: string, options: Options): Promise<Screens> {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-US' });
  const faults: string[] = [];
  let count = 0;

  const shoot = async (screen: ScreenPage, prepare: (page: Page) => Promise<void>) => {
    const wanted = SIZES.filter(({ size }) => matches(`${screen.name}.${size}`, options.words));
    if (wanted.length === 0) return;
    const page = await openPage(context, screen, faults);
    try {
      await prepare(page);
      await page.goto(url + screen.path);
      await page.waitForLoadState('networkidle');
      for (const { size, viewport } of wanted) {
        await page.setViewportSize(viewport);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const name = `${screen.name}.${size}.${colorScheme}`;
          await page.screenshot({ path: join(options.folder, `${name}.png`), fullPage: true });
          count += 1;
          for (const fault of await faultsOf(page)) faults.push(`${name}: ${fault}`);
        }
      }
    } catch (error) {
      faults.push(`${screen.name}: ${String(error)}`);
    } finally {
      await page.close();
    }
  };

  return {
    faults,
    count: () => count,
    signIn: async (link) => {
      const page = await context.newPage();
      await page.goto(link);
      await page.getByRole('button', { name: 'Account', exact: true }).waitFor();
      await page.close();
    },
    take: (screen) => shoot(screen, async () => undefined),
    takeFailing: (screen) =>
      shoot(screen, async (page) => {
        await page.route(
          ({ pathname }) => pathname.startsWith('/api/') && !NEEDED.test(pathname),
          (route) => route.fulfill({ status: DOWN.status, json: DOWN.toBody() }),
        );
      }),
  };
}

const matches = (name: string, words: readonly string[]): boolean =>
  words.length === 0 || words.some((word) => name.includes(word));

/** A page whose uncaught exceptions are faults. Refused requests aren't: some pages are taken while they fail. */
async function openPage(context: BrowserContext, { name }: ScreenPage, faults: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      faults.push(`${name}: ${message.text()}`);
  });
  return page;
}

async function faultsOf(page: Page): Promise<string[]> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  return [
    ...(overflow > 0 ? [`scrolls ${overflow} pixels sideways`] : []),
    ...(await accessibilityFaults(page)),
  ];
}
