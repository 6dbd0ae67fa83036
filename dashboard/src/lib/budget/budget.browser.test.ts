// @vitest-environment node
/** Size budgets in the built dashboard with the in-memory API: set, shown on a deployment, and on the overview. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('size budgets', () => {
  test('are changed, added and removed in the settings', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web/settings/budgets');
    const form = page.getByRole('form', { name: 'Size budgets' });
    const rows = form.getByRole('list', { name: 'Size budgets' }).getByRole('listitem');
    const save = form.getByRole('button', { name: 'Save' });
    await expect.poll(() => rows.count()).toBe(3);
    expect(await rows.nth(0).getByLabel('Limit', { exact: true }).inputValue()).toBe('200');
    expect(await rows.nth(2).getByLabel('Pattern').inputValue()).toBe('fonts/*.woff2');
    await rows.nth(1).getByLabel('If exceeded').selectOption('Warn');
    await form.getByRole('button', { name: 'Remove size budget 3' }).click();
    await form.getByRole('button', { name: 'Add budget' }).click();
    await rows.nth(2).getByLabel('What').selectOption('Artifacts');
    await save.click();
    await rows.nth(2).getByText('Enter a pattern.').waitFor();
    expect(api.calls).not.toContain('PATCH /api/apps/harbor-web');
    await rows.nth(2).getByLabel('Pattern').fill('*.zip');
    await rows.nth(2).getByLabel('Limit', { exact: true }).fill('1.5');
    await rows.nth(2).getByLabel('Unit of the limit').selectOption('MB');
    expect(await rows.nth(2).getByLabel('Measured').count()).toBe(0);
    await save.click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps[0]?.budgets).toEqual([
      { what: 'js', limit: 200_000, compression: 'gzip', on: 'warn' },
      { what: 'total', limit: 20_000_000, compression: 'none', on: 'warn' },
      { what: 'artifacts', pattern: '*.zip', limit: 1_500_000, compression: 'none', on: 'warn' },
    ]);
    expect(faults).toEqual([]);
  });

  test('of an app without any begin with a button', async () => {
    const { page, api } = await visit('/apps/docs/settings/budgets');
    await page.getByRole('button', { name: 'Add budget' }).click();
    const what = page.getByLabel('What');
    await expect.poll(() => what.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByLabel('Limit', { exact: true }).fill('200');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps.find(({ slug }) => slug === 'docs')?.budgets).toEqual([
      { what: 'js', limit: 200_000, compression: 'gzip', on: 'warn' },
    ]);
  });

  test('of a deployment show what is exceeded, by how much and by which files', async () => {
    const { page, faults } = await visit(`/deployments/${SAMPLE.success}`);
    const card = page
      .locator('section, div')
      .filter({ has: page.getByRole('heading', { name: 'Size budgets' }) });
    const items = card.last().locator('> ul > li');
    await items.first().getByText('214 kB of 200 kB').waitFor();
    expect(await items.first().innerText()).toMatch(/JavaScript\s*: Over the budget/);
    await items.first().getByText('+16 kB compared with the release before.').waitFor();
    await items.first().getByText('assets/map-9f2c41aa.js').waitFor();
    expect(await items.nth(1).innerText()).toMatch(/Everything\s*: Within the budget/);
    expect(await items.nth(2).innerText()).toContain('Same size as the release before.');
    expect(faults).toEqual([]);
  });

  test('that a release exceeds are on the overview, which leads to the deployment', async () => {
    const { page } = await visit('/');
    await page.getByRole('link', { name: 'Harbor is over its size budget' }).click();
    await page.getByRole('heading', { name: 'Size budgets' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/deployments/${SAMPLE.success}`);
  });
});
