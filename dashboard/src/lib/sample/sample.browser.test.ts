// @vitest-environment node
/** The first page of a team without apps: the sample, a repository, or a drop; and what follows a failure. */
import { AppFluxError } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import type { FakeApi } from '../../testing/fake-api.ts';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';
import { zip } from '../../testing/zip.ts';

const visit = useBrowser();

/** Publishes the newest app's only deployment, at a page of this server. */
function goLive(api: FakeApi): string {
  const [made] = api.world.apps;
  const [running] = api.world.deployments;
  if (!made || !running) throw new Error('nothing was deployed');
  const site = `${api.origin}/favicon.svg`;
  Object.assign(made, { release: running.id, urls: { ...made.urls, site } });
  api.change(running.id, { status: 'success', phase: null, urls: { ...running.urls, site } });
  return site;
}

describe.skipIf(chromiumPath === undefined)('the first page', () => {
  test('deploys the sample with one click, and opens its site once it is live', async () => {
    const { page, api, faults } = await visit('/', { world: emptyWorld() });
    await page.getByRole('button', { name: 'Deploy the sample' }).click();
    await page.getByText('The site opens here as soon as it is live.').waitFor();
    expect(api.calls.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /api/uploads',
      expect.stringMatching(/complete$/),
      'POST /api/apps',
      'POST /api/apps/first-light/deployments',
    ]);
    const site = goLive(api);
    await page.waitForURL(site);
    await page.goBack();
    // The deployment is shown now, and the site is not opened again.
    await page.getByText('Ready', { exact: true }).first().waitFor();
    expect(page.url()).not.toContain('open-site');
    expect(faults).toEqual([]);
  });

  test('stays on the deployment if that is wished', async () => {
    const { page, api } = await visit('/', { world: emptyWorld() });
    await page.getByRole('button', { name: 'Deploy the sample' }).click();
    await page.getByRole('button', { name: 'Stay on this page' }).click();
    await page.getByText('The site opens here').waitFor({ state: 'detached' });
    goLive(api);
    await page.getByText('Ready', { exact: true }).first().waitFor();
    expect(page.url()).toContain('/deployments/');
  });

  test('uses the next free slug for the sample, and resumes it after a refusal', async () => {
    const { page, api } = await visit('/', { world: emptyWorld() });
    // Another team has the slug: this one has no apps.
    const taken = new AppFluxError('slug_taken', 'first-light is taken');
    api.world.refusals.set('POST /api/apps', taken);
    api.world.refusals.set('POST /api/uploads', new AppFluxError('unavailable', 'Storage is down.'));
    await page.getByRole('button', { name: 'Deploy the sample' }).click();
    await page.getByText('Storage is down.').waitFor();
    api.world.refusals.clear();
    api.world.apps.push(app({ id: idOf(1), slug: 'first-light' }));
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]?.slug).toBe('first-light-2');
  });

  test('takes a repository URL to the wizard, which has looked at it', async () => {
    const { page } = await visit('/', { world: emptyWorld() });
    await page.getByLabel('Repository URL').fill('https://git.example.com/northwind/tides.git');
    await page.getByLabel('Repository URL').press('Enter');
    await page.getByText('Website · Vite').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Tides');
    await page.getByRole('button', { name: 'Back' }).click();
    expect(await page.getByRole('radio', { name: /Git repository/ }).isChecked()).toBe(true);
  });

  test('takes an invalid repository URL to the field that explains it', async () => {
    const { page } = await visit('/', { world: emptyWorld() });
    await page.getByLabel('Repository URL').fill('https://user:pass@git.example.com/tides.git');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Remove the user name and password.').waitFor();
  });

  test('takes a chosen ZIP to the wizard, and deploys it with four clicks in all', async () => {
    const { page, api } = await visit('/', { world: emptyWorld() });
    const buffer = await zip({ 'index.html': '<h1>Tides</h1>' });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose a ZIP' }).click(),
    ]);
    await chooser.setFiles({ name: 'tides.zip', mimeType: 'application/zip', buffer });
    await page.getByText('Detected from files in the ZIP.').waitFor();
    for (const name of ['Continue', 'Deploy']) await page.getByRole('button', { name }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]).toMatchObject({ slug: 'tides', source: { provider: 'upload' } });
  });
});

describe.skipIf(chromiumPath === undefined)('a deployment that failed', () => {
  test('leads to the setting that can help, and to its field', async () => {
    const world = emptyWorld();
    const shop = app({ id: idOf(1), slug: 'shop', name: 'Shop' });
    world.apps = [shop];
    world.deployments = [
      deployment({
        id: idOf(2),
        appId: shop.id,
        app: { slug: 'shop', name: 'Shop' },
        status: 'failed',
        failure: {
          code: 'no_artifact',
          message: 'There are no files at dist.',
          phase: 'building',
          hint: 'Set the outputs.',
        },
      }),
    ];
    const { page, faults } = await visit(`/deployments/${idOf(2)}`, { world });
    await page.getByRole('button', { name: 'Set the outputs' }).press('Enter');
    await page.waitForURL(/\/apps\/shop\/settings\/build/);
    await expect
      .poll(() => page.getByLabel('Outputs').evaluate((field) => field === document.activeElement))
      .toBe(true);
    expect(faults).toEqual([]);
  });
});
