// @vitest-environment node
/** The frame of every page of the built dashboard, in a real browser with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';
import { SECTIONS } from './sections.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('the main navigation', () => {
  test('fits into every window, and leads to each section', async () => {
    const { page } = await visit('/apps');
    const menu = page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'More' });
    for (const width of [360, 640, 768, 900, 1024, 1180, 1280, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${width} px: the page scrolls sideways`).toBe(0);
      const links = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
      const reached = await links.filter({ visible: true }).allInnerTexts();
      if (await menu.filter({ visible: true }).isVisible()) {
        await menu.filter({ visible: true }).click();
        // It opens after the click, not within it.
        await page.getByRole('menuitem').first().waitFor();
        reached.push(...(await page.getByRole('menuitem').allInnerTexts()));
        await page.keyboard.press('Escape');
      }
      const labels = reached.map((text) => text.trim());
      expect(labels, `${width} px`).toEqual(expect.arrayContaining(SECTIONS.map(({ label }) => label)));
    }
  });
});

test.skipIf(chromiumPath === undefined)(
  'a page that a newer server has broken says so, and other pages can be opened',
  async () => {
    const world = sampleWorld();
    world.deployments = world.deployments.map((deployment) =>
      deployment.id === SAMPLE.success ? { ...deployment, status: 'paused' as never } : deployment,
    );
    const { page, faults } = await visit(`/deployments/${SAMPLE.success}`, { world });
    await page.getByRole('heading', { name: 'Something went wrong' }).waitFor();
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    await page.getByRole('link', { name: 'Runners' }).filter({ visible: true }).first().click();
    await page.getByRole('heading', { name: 'Runners' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Something went wrong' }).count()).toBe(0);
    await page.goto(page.url());
    await page.getByRole('heading', { name: 'Runners' }).waitFor();
    expect(faults).toEqual([]);
  },
);
