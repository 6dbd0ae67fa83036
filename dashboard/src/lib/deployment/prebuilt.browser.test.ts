// @vitest-environment node
/** A deployment of an output that was built elsewhere, in the built dashboard with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('a prebuilt deployment', () => {
  test('names no runner, and doesn’t offer to build it again', async () => {
    const world = sampleWorld();
    world.deployments = world.deployments.map((each) =>
      each.id === SAMPLE.success ? { ...each, prebuilt: true, runner: null } : each,
    );
    const { page, faults } = await visit(`/deployments/${SAMPLE.success}`, { world });
    await page.getByText('None, prebuilt').waitFor();
    await page.getByRole('button', { name: 'Pin', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Redeploy', exact: true }).count()).toBe(0);
    expect(faults).toEqual([]);

    await page.goto(new URL('/apps/harbor-web', page.url()).href);
    const row = page.getByRole('listitem').filter({ has: page.locator(`a[href$="${SAMPLE.success}"]`) });
    await row.getByRole('button', { name: /^Actions for/ }).press('Enter');
    const again = page.getByRole('menuitem', { name: 'Redeploy' });
    expect(await again.getAttribute('aria-disabled')).toBe('true');

    const other = await visit(`/deployments/${SAMPLE.success}`);
    await other.page.getByRole('button', { name: 'Redeploy', exact: true }).waitFor();
  });
});
