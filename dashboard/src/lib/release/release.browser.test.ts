// @vitest-environment node
/** Releases in the built dashboard, in a real browser with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { idOf } from '../../testing/fixtures.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();
const OLDER = idOf(300);
const PREVIEW = idOf(301);

describe.skipIf(chromiumPath === undefined)('a release', () => {
  test('is rolled back from the list after a question, by keyboard, and undone', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web');
    const menu = page.getByRole('button', { name: 'Actions for Add a weather layer' }).first();
    await menu.press('Enter');
    await page.getByRole('menuitem', { name: 'Roll back to this' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Roll back to this deployment?' });
    await dialog.waitFor();
    expect(await dialog.innerText()).toMatch(
      /Live now\s+Show tides for the next seven days[\s\S]+Live after this\s+Add a weather layer/,
    );
    await dialog.getByText(/^Version 2\.4\.0 · c27e8d1 · \w+ \d+, \d+$/).waitFor();
    await dialog.getByText('Visitors of harbor-web.sites.localhost:8787 get it').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(api.world.apps[0]?.release).toBe(SAMPLE.success);

    await menu.press('Enter');
    await page.getByRole('menuitem', { name: 'Roll back to this' }).press('Enter');
    await dialog.getByRole('button', { name: 'Roll back' }).press('Enter');
    await page.getByText('Rolled back', { exact: true }).waitFor();
    expect(api.world.apps[0]?.release).toBe(OLDER);
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await page.getByText('“Show tides for the next seven days” is live again.').waitFor();
    expect(api.world.apps[0]?.release).toBe(SAMPLE.success);
    expect(faults).toEqual([]);
  });

  test('of a preview names the variables that differ, and is done only when asked again', async () => {
    const world = { ...sampleWorld(), differing: ['API_URL', 'SENTRY_DSN'] };
    const { page, api, faults } = await visit(`/deployments/${PREVIEW}`, { world });
    await page.getByRole('button', { name: 'Promote to production' }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote to production?' });
    await dialog.getByText('it counts as production').waitFor();
    await dialog.getByRole('button', { name: 'Promote', exact: true }).click();
    await dialog.getByRole('alert').filter({ hasText: 'API_URL, SENTRY_DSN' }).waitFor();
    expect(api.world.apps[0]?.release).toBe(SAMPLE.success);
    await dialog.getByRole('button', { name: 'Promote anyway' }).click();
    await page.getByText('Promoted to production', { exact: true }).waitFor();
    expect(api.world.apps[0]?.release).toBe(PREVIEW);
    await page.getByText('Current', { exact: true }).waitFor();
    await page.getByText('Promoted preview').waitFor();
    expect(await page.getByRole('button', { name: 'Promote to production' }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('is locked and unlocked', async () => {
    const { page, api } = await visit('/apps/harbor-web');
    await page.getByRole('button', { name: 'Lock release' }).click();
    await page.getByText('Locked.').waitFor();
    expect(api.world.apps[0]?.releaseLocked).toBe(true);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('go live when they succeed').waitFor();
    expect(api.world.apps[0]?.releaseLocked).toBe(false);
  });

  test('is changed by nobody who may not deploy', async () => {
    const world = { ...sampleWorld(), role: 'viewer' as const };
    const { page } = await visit(`/deployments/${OLDER}`, { world });
    await page.getByRole('heading', { name: 'Site' }).waitFor();
    expect(await page.getByRole('button', { name: 'Roll back to this' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Harbor', exact: true }).click();
    await page.getByText('go live when they succeed').waitFor();
    expect(await page.getByRole('button', { name: 'Lock release' }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('what is published', () => {
  test('of a preview is opened at its own URL, that of the app at the app’s', async () => {
    const { page } = await visit(`/deployments/${PREVIEW}`);
    const own = `http://${PREVIEW}--harbor-web.sites.localhost:8787`;
    expect(await page.getByRole('link', { name: 'Open', exact: true }).getAttribute('href')).toBe(own);
    await page.getByText('Newest of feature/weather-layer').waitFor();
    expect(await page.getByText('This deployment', { exact: true }).count()).toBe(1);
    expect(await page.getByText('Production', { exact: true }).count()).toBe(0);
    await page.getByText('1,198 files, 12 MB').waitFor();
    await page.getByRole('link', { name: 'Harbor', exact: true }).click();
    const site = page.getByRole('link', { name: 'Open site' });
    expect(await site.getAttribute('href')).toBe('http://harbor-web.sites.localhost:8787');
    await page.getByText('1,204 files, 12 MB').waitFor();
    await page.getByText('3 new, 12 kB').waitFor();
  });
});
