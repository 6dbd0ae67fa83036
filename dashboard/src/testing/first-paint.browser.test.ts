// @vitest-environment node
/** What a page shows before its scripts have arrived. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { useBrowser } from './visit.ts';

const visit = useBrowser();

/** Whether the shell of app.html can be seen, and the color behind it. */
const seen = (page: Page) =>
  page.evaluate(() => ({
    shell: document.querySelector('#shell')?.checkVisibility() ?? false,
    background: getComputedStyle(document.body).backgroundColor,
  }));

describe.skipIf(chromiumPath === undefined)('before its scripts arrive', () => {
  test.each([
    ['light', 'rgb(246, 245, 241)'],
    ['dark', 'rgb(16, 18, 21)'],
  ] as const)('a page shows the shell in %s, and then itself', async (colorScheme, background) => {
    const release = Promise.withResolvers<void>();
    const { page, faults } = await visit('/runners', {
      colorScheme,
      settled: false,
      prepare: (context) =>
        context.route(/\/_appflux\/.*\.js$/, async (route) => {
          await release.promise;
          await route.continue();
        }),
    });
    await page.getByText('AppFlux').first().waitFor();
    expect(await seen(page)).toEqual({ shell: true, background });
    release.resolve();
    await page.getByRole('heading', { name: 'Runners', level: 1 }).waitFor();
    expect(await seen(page)).toEqual({ shell: false, background });
    expect(faults).toEqual([]);
  });

  test.each([
    ['/', 'overview'],
    ['/runners', 'list'],
    ['/deployments', 'list'],
    ['/deployments/0123456789abcdef01234567', 'deployment'],
    ['/deployments/0123456789abcdef01234567/compare', 'deployment'],
    ['/new', 'form'],
    ['/sign-in', 'auth'],
    ['/constructor', 'list'],
  ])('%s shows the outline of its kind: %s', async (path, outline) => {
    const { page } = await visit(path, {
      settled: false,
      prepare: (context) => context.route(/\/_appflux\/.*\.js$/, () => undefined),
    });
    const shown = page.locator('#shell > [data-outline]').filter({ visible: true });
    await shown.first().waitFor();
    const outlines = await shown.evaluateAll((elements) =>
      elements.map((element) => element.getAttribute('data-outline')),
    );
    expect(outlines).toEqual(outline === 'auth' ? ['auth'] : ['overview list form deployment', outline]);
  });

  test('after signing in, the outline is that of the overview', async () => {
    const { page } = await visit('/sign-in', {
      settled: false,
      prepare: (context) => context.route(/\/api\/me/, () => undefined),
    });
    await page.locator('#shell > [data-outline="overview"]').waitFor();
  });

  test('the theme that was chosen is there, too', async () => {
    const { page } = await visit('/runners', {
      settled: false,
      prepare: async (context) => {
        await context.addInitScript("localStorage.setItem('appflux.theme', 'dark')");
        await context.route(/\/_appflux\/.*\.js$/, () => undefined);
      },
    });
    await page.getByText('AppFlux').first().waitFor();
    expect(await seen(page)).toEqual({ shell: true, background: 'rgb(16, 18, 21)' });
  });

  test('the shell stays while the role and team of the user are loaded', async () => {
    const { page } = await visit('/runners', {
      settled: false,
      prepare: (context) => context.route(/\/api\/me/, () => undefined),
    });
    await page.getByRole('status').filter({ hasText: 'Loading' }).waitFor({ state: 'attached' });
    expect(await seen(page)).toMatchObject({ shell: true });
  });
});
