/** What a person does in the log viewer of the dashboard, timed in a real browser. */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { signInLink } from '../../e2e/browser/sign-in-link.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { errorEvery } from './lines.ts';

export interface Visit {
  /** From the navigation until the lines are on the page. */
  readonly milliseconds: number;
  /**
   * Searches for words that one line has. Milliseconds until that line is in view, until all of the log was read, and of
   * the processor time that the page's main thread took for it.
   */
  search(words: string): Promise<{ first: number; all: number; work: number }>;
  /** Presses the key for the next error after a line, and waits until it is in view. Milliseconds. */
  nextError(after: number): Promise<number>;
  /** Jumps through the log of so many lines, so many times. Bytes of JavaScript's heap before and after it. */
  read(lines: number, jumps: number): Promise<{ before: number; after: number }>;
  close(): Promise<void>;
}

/** Signs in one person, who opens the log of a deployment, at a line or as it opens by itself. */
export async function openViewer(
  browser: Browser,
  edge: EdgeInstance,
  id: string,
): Promise<{ open(line?: number): Promise<Visit> }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const entry = await context.newPage();
  await entry.goto(await signInLink(edge));
  await entry.getByRole('button', { name: 'Account', exact: true }).waitFor();
  return {
    open: async (line) => {
      const page = await context.newPage();
      const startedAt = performance.now();
      await page.goto(`${edge.url}/deployments/${id}${line === undefined ? '' : `#L${line}`}`, {
        waitUntil: 'commit',
      });
      await (line === undefined
        ? page.locator('.log-line:not([data-pending])').first()
        : row(page, line)
      ).waitFor();
      const milliseconds = performance.now() - startedAt;
      return visitOf(page, await context.newCDPSession(page), milliseconds);
    },
  };
}

const row = (page: Page, line: number) =>
  page.locator(`.log-line:not([data-pending]):has(a[href="#L${line}"])`);

function visitOf(page: Page, devTools: CDPSession, milliseconds: number): Visit {
  const log = page.getByRole('group', { name: /^Lines of the log/ });
  return {
    milliseconds,
    search: async (words) => {
      const field = page.getByRole('searchbox', { name: 'Search the log' });
      await field.fill(words.slice(0, -1));
      await field.press(words.slice(-1));
      const worked = await workOf(devTools);
      const startedAt = performance.now();
      await field.press('Enter');
      await page.locator('.log mark').first().waitFor();
      const first = performance.now() - startedAt;
      await page
        .getByRole('status')
        .filter({ hasText: /^1 of 1\s/ })
        .waitFor();
      const all = performance.now() - startedAt;
      const work = (await workOf(devTools)) - worked;
      await field.press('Escape');
      return { first, all, work };
    },
    nextError: async (after) => {
      await page.evaluate((hash) => location.replace(hash), `#L${after}`);
      await row(page, after).waitFor();
      await log.focus();
      const startedAt = performance.now();
      await page.keyboard.press('e');
      await row(page, (Math.floor(after / errorEvery) + 1) * errorEvery).waitFor();
      return performance.now() - startedAt;
    },
    read: async (lines, jumps) => {
      const before = await heap(devTools);
      for (let jump = 1; jump <= jumps; jump += 1) {
        const line = Math.max(1, Math.floor((lines * ((jump * 7) % jumps)) / jumps));
        await page.evaluate((hash) => location.replace(hash), `#L${line}`);
        await row(page, line).waitFor();
      }
      return { before, after: await heap(devTools) };
    },
    close: () => page.close(),
  };
}

/** Milliseconds of processor time that the main thread of the page has taken. */
async function workOf(devTools: CDPSession): Promise<number> {
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await devTools.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}

/** Bytes of JavaScript's heap that are in use after garbage collection. */
async function heap(devTools: CDPSession): Promise<number> {
  await devTools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devTools.send('Runtime.getHeapUsage');
  return usedSize;
}
