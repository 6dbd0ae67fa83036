// @vitest-environment node
/** Where the keyboard leads at the edges of dialogs and menus, and when what had the focus is gone. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { button } from './shot.ts';
import { useBrowser } from './visit.ts';

const visit = useBrowser();

interface Opened {
  name: string;
  path: string;
  open: (page: Page) => Promise<unknown>;
}

const DIALOGS: Opened[] = [
  {
    name: 'shortcuts, which has one field at its end',
    path: '/runners',
    open: (page) => page.keyboard.press('?'),
  },
  { name: 'the command palette', path: '/runners', open: (page) => page.keyboard.press('Control+k') },
  {
    name: 'a deployment to start',
    path: '/apps/harbor-web',
    open: (page) => button(page, 'Deploy').click(),
  },
  {
    name: 'a notification',
    path: '/settings/notifications',
    open: (page) => button(page, 'New notification').click(),
  },
  {
    name: 'a confirmation with disabled buttons',
    path: '/apps/harbor-web/settings',
    open: (page) => button(page, 'Delete app').click(),
  },
  {
    name: 'a runner’s command',
    path: '/runners',
    open: async (page) => {
      await button(page, 'Add runner').click();
      await button(page, 'Create command').click();
      await page.getByText('Waiting for the runner').waitFor();
    },
  },
];

/** What has the focus: its place among the elements of the page, and whether it is in the dialog. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document;
    const isInside = document.querySelector('[role="dialog"]')?.contains(activeElement) ?? false;
    return { at: [...document.querySelectorAll('*')].indexOf(activeElement ?? document.body), isInside };
  });

/** Presses a key until an element has the focus for the second time. The elements that had it. */
async function around(page: Page, key: 'Tab' | 'Shift+Tab'): Promise<number[]> {
  const seen: number[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key);
    const { at, isInside } = await focused(page);
    expect(isInside, `${key} ${presses + 1} times: in the dialog`).toBe(true);
    if (seen.includes(at)) return seen;
    seen.push(at);
  }
  throw new Error(`${key} never comes back`);
}

/** Waits until an element has the focus. */
const hasFocus = (locator: ReturnType<Page['locator']>) =>
  expect
    .poll(
      async () =>
        (await locator.count()) > 0 && locator.evaluate((element) => element === document.activeElement),
      {
        timeout: 10_000,
      },
    )
    .toBe(true);

describe.skipIf(chromiumPath === undefined)('the keyboard', () => {
  test.each(DIALOGS)('stays in the dialog of $name, in both directions', async ({ path, open }) => {
    const { page, faults } = await visit(path);
    await open(page);
    await page.getByRole('dialog').waitFor();
    const there = await around(page, 'Tab');
    const back = await around(page, 'Shift+Tab');
    expect([...back].sort((a, b) => a - b)).toEqual([...there].sort((a, b) => a - b));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });

  test('finds the sheet of shortcuts at its beginning, although its only field is at the end', async () => {
    const { page } = await visit('/runners');
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await sheet.waitFor();
    const scrolled = await sheet.evaluate((element) =>
      Math.max(...[...element.querySelectorAll('*')].map(({ scrollTop }) => scrollTop)),
    );
    expect(scrolled).toBe(0);
  });

  test('goes on from the section around a row that a dialog has deleted', async () => {
    const { page } = await visit('/apps/harbor-web/settings/variables');
    await page.getByRole('button', { name: 'Actions for API_URL' }).focus();
    await page.keyboard.press('Enter');
    await hasFocus(page.getByRole('menuitem', { name: 'Set new value' }));
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Delete API_URL?' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('API_URL deleted', { exact: true }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const inside = () =>
      page.evaluate(() => document.activeElement?.closest('section')?.querySelector('h2')?.textContent);
    expect(await inside()).toBe('Environment variables');
    await page.keyboard.press('Tab');
    expect(await inside()).toBe('Environment variables');
  });

  test('leaves a menu to what comes after its button, and to its button on Escape', async () => {
    const { page } = await visit('/runners');
    const trigger = page.getByRole('button', { name: 'Actions for local-1' });
    const item = (name: string) => page.getByRole('menuitem', { name, exact: true });
    await trigger.focus();
    await page.keyboard.press('ArrowDown');
    await hasFocus(item('Edit'));
    await page.keyboard.press('ArrowUp');
    await hasFocus(item('Remove'));
    await page.keyboard.press('ArrowDown');
    await hasFocus(item('Edit'));
    await page.keyboard.press('d');
    await hasFocus(item('Drain'));
    await page.keyboard.press('Escape');
    await hasFocus(trigger);
    await page.keyboard.press('Enter');
    await hasFocus(item('Edit'));
    await page.keyboard.press('Tab');
    await hasFocus(page.getByRole('button', { name: /^Actions for/ }).nth(1));
    expect(await page.getByRole('menu').count()).toBe(0);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await hasFocus(item('Edit'));
    await page.keyboard.press('Shift+Tab');
    expect(await page.getByRole('menu').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
  });
});

describe.skipIf(chromiumPath === undefined)('what moves', () => {
  test.each([
    ['a deployment that is building', `/deployments/${SAMPLE.building}`, sampleWorld],
    [
      'a page that loads',
      '/runners',
      () => {
        const world = sampleWorld();
        world.hanging.add('GET /api/runners');
        return world;
      },
    ],
  ] as const)('stands still on %s for people who want less motion', async (_, path, world) => {
    const { page } = await visit(path, { world: world(), settled: false });
    await page.getByRole('main').waitFor();
    const endless = () =>
      page.evaluate(
        () =>
          document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime === Infinity)
            .length,
      );
    await expect.poll(endless).toBe(0);
    // Those who don't, see that something is going on.
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    await expect.poll(endless).toBeGreaterThan(0);
  });
});
