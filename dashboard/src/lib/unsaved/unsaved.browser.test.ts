// @vitest-environment node
/** Unsaved changes, and two people who edit the same settings, in the built dashboard with the in-memory API. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

const BUILD = '/apps/harbor-web/settings/build';
const section = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name, exact: true });

describe.skipIf(chromiumPath === undefined)('a page with unsaved changes', () => {
  test('asks before another one opens, also by the back button, and keeps what was typed', async () => {
    const { page, faults } = await visit('/apps/harbor-web/settings/publishing');
    await section(page, 'Build').click();
    const node = page.getByLabel('Node version');
    await node.fill('24');
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await section(page, 'Domains').click();
    await dialog.getByText('unsaved changes: Build.').waitFor();
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe(BUILD);
    await page.goBack();
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    expect([new URL(page.url()).pathname, await node.inputValue()]).toEqual([BUILD, '24']);
    await page.goBack();
    await dialog.getByRole('button', { name: 'Leave without saving' }).click();
    await page.getByRole('heading', { name: 'Publishing' }).waitFor();
    await section(page, 'Build').click();
    expect(await node.inputValue()).not.toBe('24');
    expect(faults).toEqual([]);
  });

  test('asks when its tab is closed or loaded again', async () => {
    const { page } = await visit(BUILD);
    await page.getByLabel('Node version').fill('24');
    const asked = page.waitForEvent('dialog');
    const reloaded = page.reload().catch(() => null);
    const question = await asked;
    expect(question.type()).toBe('beforeunload');
    await question.accept();
    await reloaded;
  });

  test.each([
    ['it has none', () => Promise.resolve()],
    ['they were taken back', (page: Page) => page.getByRole('button', { name: 'Discard' }).click()],
    [
      'they were saved',
      async (page: Page) => {
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('Saved', { exact: true }).waitFor();
      },
    ],
  ])('doesn’t ask once %s', async (name, act) => {
    const { page } = await visit(BUILD);
    const save = page.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    if (name !== 'it has none') await page.getByLabel('Node version').fill('24');
    await act(page);
    await expect.poll(() => save.isDisabled()).toBe(true);
    await section(page, 'Domains').click();
    await page.getByRole('heading', { name: 'Domains' }).waitFor();
  });
});

test.skipIf(chromiumPath === undefined)('the forms of an account ask, too', async () => {
  const { page, faults } = await visit('/settings/account');
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
  const members = section(page, 'Members');
  await page.getByLabel('New email').fill('ada@northwind.example');
  await page.getByLabel('New password').fill('a better password');
  await members.click();
  await dialog.getByText('unsaved changes: Password and Email.').waitFor();
  await dialog.getByRole('button', { name: 'Keep editing' }).click();
  await page.getByLabel('New password').fill('');
  await page.getByLabel('New email').fill('');
  // A password manager may have filled this in.
  const current = page.getByLabel(/current password|your password/i).first();
  if ((await current.count()) > 0) await current.fill('the old one');
  await members.click();
  await page.waitForURL('**/settings/team');
  expect(faults).toEqual([]);
});

describe.skipIf(chromiumPath === undefined)('two people in the same settings', () => {
  test('don’t overwrite each other, and lose nothing of what they typed', async () => {
    const { page, api, faults } = await visit(BUILD);
    const form = page.getByRole('form', { name: 'Build' });
    await form.getByLabel('Build command').fill('make');
    const [app] = api.world.apps;
    if (!app) throw new Error('the sample world has apps');
    app.build = { ...app.build, buildCommand: 'npm run other', node: '22' };
    await form.getByRole('button', { name: 'Save' }).click();
    const note = form.getByRole('alert');
    await note.getByText('Someone else changed these settings').waitFor();
    expect(await note.innerText()).toMatch(/Build command:\s*now npm run other/);
    // What only the other changed is there, too.
    expect(await form.getByLabel('Node version').inputValue()).toBe('22');
    expect(await form.getByLabel('Build command').inputValue()).toBe('make');
    expect(api.calls).not.toContain('PATCH /api/apps/harbor-web');
    await note.getByRole('button', { name: 'Keep my values' }).click();
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps[0]?.build).toMatchObject({ buildCommand: 'make', node: '22' });
    expect(faults).toEqual([]);
  });
});

test.skipIf(chromiumPath === undefined)(
  'a notification that someone else changed keeps what was typed',
  async () => {
    const { page, api } = await visit('/settings/notifications');
    await page.getByRole('button', { name: 'Actions for Team channel' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('My channel');
    const hook = api.world.notifications.find(({ name }) => name === 'Team channel');
    if (!hook) throw new Error('the sample world has this notification');
    Object.assign(hook, { name: 'Their channel', environments: ['preview'] });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Someone else changed these settings').waitFor();
    expect(await dialog.getByLabel('Name').inputValue()).toBe('My channel');
    // What only the other changed is there, too.
    expect(await dialog.getByLabel('Environment').inputValue()).toBe('preview');
    await dialog.getByRole('button', { name: 'Keep my values' }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(hook).toMatchObject({ name: 'My channel', environments: ['preview'] });
  },
);

test.skipIf(chromiumPath === undefined).each([
  ['/apps/harbor-web/settings#domains', '/apps/harbor-web/settings/domains'],
  ['/apps/harbor-web/settings', '/apps/harbor-web/settings/general'],
  ['/apps/harbor-web/triggers', '/apps/harbor-web/settings/triggers'],
])('the earlier address %s leads to %s', async (from, to) => {
  const { page } = await visit(from);
  await expect.poll(() => new URL(page.url()).pathname).toBe(to);
  const current = page.getByRole('navigation', { name: 'Settings' }).locator('[aria-current]');
  expect(await current.filter({ visible: true }).count()).toBe(1);
});
