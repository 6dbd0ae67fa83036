// @vitest-environment node
/** The variables of an app in the built dashboard, in a real browser with the in-memory API. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import type { FakeApi } from '../../testing/fake-api.ts';
import { sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();
const PATH = '/apps/harbor-web/settings/variables';
const ENV = '/api/apps/harbor-web/env';

const stored = (api: FakeApi, name: string) =>
  api.world.apps
    .find(({ slug }) => slug === 'harbor-web')
    ?.envVars.find((variable) => variable.name === name);

const edit = async (page: Page, name: string, value: string) => {
  await page.getByRole('button', { name: `Set new value of ${name}` }).click();
  const form = page.getByRole('form', { name: `New value of ${name}` });
  await form.getByLabel('New value').fill(value);
  return form;
};

describe.skipIf(chromiumPath === undefined)('the grid of variables', () => {
  test('shows names and environments, which are changed without the value', async () => {
    const { page, api, faults } = await visit(PATH);
    const table = page.getByRole('table');
    expect(await table.getByRole('rowheader').allInnerTexts()).toEqual(
      ['API_URL', 'SENTRY_DSN', 'MAP_TILES_TOKEN'].map((name): unknown => expect.stringContaining(name)),
    );
    const preview = table.getByLabel('SENTRY_DSN in previews');
    expect(await preview.isChecked()).toBe(false);
    // The only environment of a variable can't be taken from it.
    expect(await table.getByLabel('SENTRY_DSN in production').isDisabled()).toBe(true);
    await preview.check();
    await page.getByText('SENTRY_DSN changed').waitFor();
    expect(stored(api, 'SENTRY_DSN')).toMatchObject({
      environments: ['production', 'preview'],
      sensitive: null,
    });
    await page.getByRole('button', { name: 'Actions for API_URL' }).click();
    await page.getByRole('menuitem', { name: 'Hide in logs' }).click();
    await expect.poll(() => stored(api, 'API_URL')).toMatchObject({ sensitive: true, automatic: false });
    expect(api.calls.some((call) => call.startsWith('PUT'))).toBe(false);
    expect(faults).toEqual([]);
  });

  test('goes back to the stored environments if a change fails', async () => {
    const world = sampleWorld();
    const { AppFluxError } = await import('@appflux/protocol');
    world.refusals.set(
      `PATCH ${ENV}`,
      new AppFluxError('unavailable', 'The metadata store doesn’t respond.'),
    );
    const { page } = await visit(PATH, { world });
    const preview = page.getByLabel('SENTRY_DSN in previews');
    await preview.click();
    await page.getByText('Couldn’t change SENTRY_DSN').waitFor();
    expect(await preview.isChecked()).toBe(false);
  });

  test('takes a new value in place, also of several lines, and deletes', async () => {
    const { page, api } = await visit(PATH);
    const form = await edit(page, 'API_URL', 'line one\nline two');
    expect(await form.getByLabel('New value').inputValue()).toBe('line one\nline two');
    await form.getByLabel('Preview').uncheck();
    await form.getByRole('button', { name: 'Save value' }).click();
    await page.getByText('API_URL saved').waitFor();
    expect(api.calls).toContain(`PUT ${ENV}/API_URL`);
    expect(stored(api, 'API_URL')).toMatchObject({ environments: ['production'] });
    await page.getByRole('button', { name: 'Actions for SENTRY_DSN' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete variable' }).click();
    await page.getByText('SENTRY_DSN deleted').waitFor();
    expect(stored(api, 'SENTRY_DSN')).toBe(undefined);
  });

  test.each([
    ['changed', 'Save to replace it with your value.'],
    ['deleted', 'Save to create it again with your value.'],
  ])('keeps a typed value when someone else has %s the variable', async (what, text) => {
    const { page, api } = await visit(PATH);
    const form = await edit(page, 'API_URL', 'https://mine.example.com');
    const app = api.world.apps.find(({ slug }) => slug === 'harbor-web');
    if (!app) throw new Error('the sample world has this app');
    app.envVars = app.envVars.flatMap((variable) => {
      if (variable.name !== 'API_URL') return [variable];
      return what === 'deleted' ? [] : [{ ...variable, updatedAt: new Date().toISOString() }];
    });
    await form.getByRole('button', { name: 'Save value' }).click();
    await form.getByText(text).waitFor();
    expect(await form.getByLabel('New value').inputValue()).toBe('https://mine.example.com');
    expect(api.calls).not.toContain(`PUT ${ENV}/API_URL`);
    await form.getByRole('button', { name: 'Save value' }).click();
    await page.getByText('API_URL saved').waitFor();
    expect(api.calls).toContain(`PUT ${ENV}/API_URL`);
  });

  test('asks before a typed value is left', async () => {
    const { page } = await visit(PATH);
    await edit(page, 'API_URL', 'x');
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Files' }).click();
    await page.getByText('unsaved changes: API_URL.').waitFor();
  });

  test('gives the names as a file', async () => {
    const { page } = await visit(PATH);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download names' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('harbor-web.env.example');
    expect(await readFile(await download.path(), 'utf8')).toBe(
      'API_URL=\n# production only\nSENTRY_DSN=\nMAP_TILES_TOKEN=\n',
    );
  });

  test('is only read by viewers', async () => {
    const { page } = await visit(PATH, { world: { ...sampleWorld(), role: 'viewer' } });
    const table = page.getByRole('table');
    expect(await table.getByRole('checkbox', { disabled: false }).count()).toBe(0);
    expect(await table.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'Add variables' }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('adding variables', () => {
  test('decides which ones logs hide, until the user chooses', async () => {
    const { page, api } = await visit(PATH);
    const form = page.getByRole('form', { name: 'Add variables' });
    await form.getByLabel('Name of variable 1').fill('STAGE');
    await form.getByLabel('Value of STAGE').fill('build');
    await form.getByText('Visible in logs: its value is plain.').waitFor();
    await form.getByLabel('Sensitive: STAGE').check();
    await form.getByText('Hidden in logs, as you chose.').waitFor();
    await form.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => stored(api, 'STAGE')).toMatchObject({ sensitive: true, automatic: false });
    // The choice applies to the next value, until it is reset.
    const next = await edit(page, 'STAGE', 'test');
    expect(await next.getByLabel('Sensitive: STAGE').isChecked()).toBe(true);
    await next.getByRole('button', { name: 'Decide automatically' }).click();
    await next.getByText('Visible in logs: its value is plain.').waitFor();
    await next.getByRole('button', { name: 'Save value' }).click();
    await expect.poll(() => stored(api, 'STAGE')).toMatchObject({ sensitive: false, automatic: true });
  });

  test('says which ones a pasted file would replace, also those that someone else has just added', async () => {
    const { page, api } = await visit(PATH);
    const form = page.getByRole('form', { name: 'Add variables' });
    await form.getByLabel('Name of variable 1').evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', 'API_URL=https://a.example.com\nNEW_ONE="two words"\n');
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    await form.getByText('already exist, and get the new value: API_URL.').waitFor();
    expect(await form.getByLabel('Value of NEW_ONE').inputValue()).toBe('two words');
    const app = api.world.apps.find(({ slug }) => slug === 'harbor-web');
    const [sample] = app?.envVars ?? [];
    if (!app || !sample) throw new Error('the sample world has variables');
    app.envVars = [...app.envVars, { ...sample, name: 'NEW_ONE' }];
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('get the new value: API_URL and NEW_ONE.').waitFor();
    expect(api.calls.some((call) => call.startsWith('PUT'))).toBe(false);
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.calls).toEqual(expect.arrayContaining([`PUT ${ENV}/API_URL`, `PUT ${ENV}/NEW_ONE`]));
  });
});
