/** The public pages in a real browser: accessible, within a phone's width, and with nothing that their policy blocks. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from './launch.ts';
import { answerWith, PUBLIC_PAGES } from './public-pages.ts';

const ADDRESS = 'https://apps.example/a/page';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async (rules) => {
    const { axe: tool } = globalThis as unknown as { axe: typeof axe };
    const { violations: found } = await tool.run(document, { runOnly: rules, resultTypes: ['violations'] });
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  }, RULES);
}

it.each(PUBLIC_PAGES)('%s', async (_, document) => {
  const { body, headers } = await answerWith(await document());
  const page = await browser.newPage();
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  try {
    await page.route('**', (route) => {
      asked.push(route.request().url());
      return route.fulfill({ body, headers });
    });
    await page.goto(ADDRESS);
    // The policy blocks injected scripts, but not evaluation by the browser's protocol.
    await page.evaluate(axe.source);
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 320],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      expect(await violations(page), `${colorScheme}, ${width} px`).toEqual([]);
      const overflow = await page.evaluate(
        () =>
          globalThis.document.documentElement.scrollWidth - globalThis.document.documentElement.clientWidth,
      );
      expect(overflow, `${width} px: the page scrolls sideways`).toBe(0);
    }
    expect(asked).toEqual([ADDRESS]);
    expect(complaints).toEqual([]);
  } finally {
    await page.close();
  }
});
