import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { useBrowser, Visit } from './visit.ts';

/** A page to check, in a state that `act` brings it into. */
export interface CheckedPage {
  name: string;
  path: string;
  title: RegExp;
  visit?: () => Visit;
  act?: (page: Page) => Promise<unknown>;
  /** The axe rules to skip. */
  except?: string[];
}

/** Loads axe into a page. */
async function addAxe(page: Page): Promise<void> {
  // The Content Security Policy blocks injected scripts, but not evaluation by the browser's protocol.
  await page.evaluate(axe.source);
}

/** Runs the rules of WCAG 2.2 up to AA, and axe's best practices, on the page. */
async function violations(page: Page, except: string[] = []): Promise<string[]> {
  const found = await page.evaluate(async (left) => {
    const { axe: tool } = globalThis as unknown as { axe: typeof axe };
    // Waits until a change of size or theme is painted. Inherited colors start their transition in each element only
    // when their parent's has ended.
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const changing = () =>
      document
        .getAnimations()
        .some(
          ({ playState, effect }) =>
            playState === 'running' && effect?.getComputedTiming().endTime !== Infinity,
        );
    for (let still = 0; still < 2; still = changing() ? 0 : still + 1) await frame();
    const results = await tool.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: Object.fromEntries(left.map((rule) => [rule, { enabled: false }])),
      resultTypes: ['violations'],
    });
    return results.violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n  ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join('\n  ')}`,
    );
  }, except);
  return found;
}

/** What the page, as it is now, violates of WCAG 2.2 up to AA and of axe's best practices. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await addAxe(page);
  return violations(page);
}

/** Ids that more than one element has: labels and forms then belong to the wrong one. axe doesn't look for them. */
const repeatedIds = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  });

/**
 * Checks that a page is accessible in light and dark, wide and narrow, doesn't scroll sideways, and obeys its Content
 * Security Policy.
 */
export async function checkPage(visit: ReturnType<typeof useBrowser>, spec: CheckedPage): Promise<void> {
  const { page, faults } = await visit(spec.path, spec.visit?.());
  await spec.act?.(page);
  await expect.poll(() => page.title(), { timeout: 5000, message: faults.join('\n') }).toMatch(spec.title);
  await addAxe(page);
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 390],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    expect(await violations(page, spec.except), `${colorScheme}, ${width} px`).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `${width} px: the page scrolls sideways`).toBe(0);
    expect(await repeatedIds(page), 'ids that more than one element has').toEqual([]);
  }
  expect(faults).toEqual([]);
}
