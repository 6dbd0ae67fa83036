// @vitest-environment node
/** The comparison of two deployments in the built dashboard, in a real browser with the in-memory API. */
import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { type CheckedPage, checkPage } from '../../testing/check-page.ts';
import { idOf } from '../../testing/fixtures.ts';
import { comparedWorld, EARLIER } from '../../testing/sample-comparison.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();
const path = `/deployments/${SAMPLE.success}/compare`;
const title = /^Comparison/;

function only() {
  const world = sampleWorld();
  world.deployments = world.deployments.filter(
    ({ id, status }) => id === SAMPLE.success || status !== 'success',
  );
  return world;
}

function failing() {
  const world = comparedWorld();
  world.refusals.set(
    `GET /api/deployments/${SAMPLE.success}/site/comparison`,
    new AppFluxError('unavailable', 'Storage doesn’t respond.'),
  );
  return world;
}

const PAGES: CheckedPage[] = [
  {
    name: 'two deployments',
    path,
    title,
    visit: () => ({ world: comparedWorld() }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Compare logs' }).click();
      await page.getByText('vite v8.3.8').waitFor();
    },
  },
  { name: 'the only success', path, title, visit: () => ({ world: only() }) },
  { name: 'a site that can’t be compared', path, title, visit: () => ({ world: failing() }) },
];

describe.skipIf(chromiumPath === undefined)('the comparison of deployments', () => {
  for (const checked of PAGES) test(`is accessible with ${checked.name}`, () => checkPage(visit, checked));

  test('shows what changed, against the success before', async () => {
    const { page, faults } = await visit(`/deployments/${SAMPLE.success}`, { world: comparedWorld() });
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('row', { name: /^vite 8\.3\.7 8\.3\.8/ }).waitFor();
    expect(await page.getByLabel('Compared with').inputValue()).toBe(EARLIER);
    await page.getByRole('row', { name: /index-CkZq81Ws.*\+/ }).waitFor();
    await page.getByRole('button', { name: 'Compare logs' }).click();
    await page.getByText('Removed: vite v8.3.7 building').waitFor();
    expect(await page.getByText(/^(?:Removed|Added): .*built in/).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('can be with another one, which the URL names', async () => {
    const { page } = await visit(path, { world: comparedWorld() });
    await page.getByLabel('Compared with').selectOption(idOf(301));
    await page.waitForURL(`**?with=${idOf(301)}`);
    await page.getByText(/has no bill of materials/).waitFor();
  });
});
