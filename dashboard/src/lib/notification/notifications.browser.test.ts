// @vitest-environment node
/** Notifications, and logins of programs, in the built dashboard with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { DEVICE_CODE, HOOKS } from '../../testing/sample-triggers.ts';
import { sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('a notification', () => {
  test('is added with errors next to their fields, and its secret is shown once', async () => {
    const world = { ...emptyWorld(), apps: sampleWorld().apps };
    const { page, api, faults } = await visit('/settings/notifications', { world });
    await page.getByRole('button', { name: 'New notification' }).click();
    const dialog = page.getByRole('dialog');
    const url = dialog.getByLabel('Webhook URL');
    await url.fill('example.com');
    await page.keyboard.press('Enter');
    await dialog.getByText('Enter a URL that begins with https://.').waitFor();
    expect(await url.evaluate((field) => document.activeElement === field)).toBe(true);
    expect(api.calls).not.toContain('POST /api/hooks');
    await url.fill('https://example.com/hooks/secret-path');
    await dialog.getByLabel('Apps').selectOption('some');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Add notification' }).click();
    await dialog.getByText('Choose at least one app.').waitFor();
    await dialog.getByRole('checkbox', { name: 'Tide' }).check();
    await dialog.getByLabel('Environment').selectOption('production');
    await dialog.getByRole('button', { name: 'Add notification' }).click();
    await dialog.getByText('afn_').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain('afn_');
    expect(api.world.notifications).toMatchObject([
      {
        kind: 'webhook',
        apps: ['tide'],
        environments: ['production'],
        events: ['deployment.failed', 'deployment.recovered', 'deployment.waiting'],
      },
    ]);
    expect(faults).toEqual([]);
  });

  test('is changed without its target, disabled, and deleted', async () => {
    const { page, api } = await visit('/settings/notifications');
    const actions = page.getByRole('button', { name: 'Actions for Team channel' });
    await actions.click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Leave empty to keep https://hooks.slack.com/…').waitFor();
    await dialog.getByRole('checkbox', { name: /^Canceled/ }).check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const slack = () => api.world.notifications.find(({ id }) => id === HOOKS.slack);
    expect(slack()).toMatchObject({ target: 'https://hooks.slack.com/…', environments: ['production'] });
    expect(slack()?.events).toContain('deployment.canceled');
    await actions.click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await page.getByText('Team channel disabled').waitFor();
    expect(slack()?.enabled).toBe(false);
    await actions.click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Delete notification' }).click();
    await page.getByText('Team channel deleted').waitFor();
    expect(slack()).toBe(undefined);
  });

  test('of the kind webhook gets a new secret, which is shown once', async () => {
    const { page } = await visit('/settings/notifications');
    await page.getByRole('button', { name: 'Actions for Webhook' }).click();
    await page.getByRole('menuitem', { name: 'Replace secret' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replace secret' }).click();
    await page.getByText('afn_Zk3vQ9bW2mT7yL5x').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await expect.poll(() => page.content()).not.toContain('afn_Zk3vQ9bW2mT7yL5x');
    // Nothing else is signed.
    await page.getByRole('button', { name: 'Actions for Team channel' }).click();
    await page.getByRole('menuitem', { name: 'Send test' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Replace secret' }).count()).toBe(0);
  });

  test('shows each delivery with its request and answer, and sends one again', async () => {
    const { page, api, faults } = await visit(`/settings/notifications/${HOOKS.webhook}`);
    await page.getByText('Every request failed for a day.').waitFor();
    expect(await page.getByRole('button', { name: 'Send test' }).count()).toBe(0);
    const failed = page.getByRole('listitem').filter({ hasText: 'Deployment succeeded' }).first();
    await failed.locator('summary').press('Enter');
    await failed.getByText('X-AppFlux-Signature-256').waitFor();
    // Markup in an answer is shown as text.
    await failed.getByText('<h1>Internal Server Error</h1>').waitFor();
    const before = api.world.deliveries.length;
    await failed.getByRole('button', { name: 'Redeliver' }).press('Enter');
    await page.getByText('Sending it again').waitFor();
    expect(api.world.deliveries).toHaveLength(before + 1);
    await page.getByRole('button', { name: 'Enable' }).press('Enter');
    await page.getByRole('button', { name: 'Send test' }).waitFor();
    expect(await page.getByText('Every request failed for a day.').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('is tested, and the test is among its deliveries', async () => {
    const { page } = await visit(`/settings/notifications/${HOOKS.email}`);
    await page.getByText('Nothing sent yet').waitFor();
    await page.getByRole('button', { name: 'Send test' }).press('Enter');
    const list = page.getByRole('list', { name: 'Deliveries, newest first' });
    await list.getByText('Delivered').waitFor();
  });
});

describe.skipIf(chromiumPath === undefined)('the login of a program', () => {
  test('is approved after its code was typed, and says what it gets', async () => {
    const { page, api, faults } = await visit('/device');
    const code = page.getByLabel('Code');
    await code.fill('abc');
    await page.keyboard.press('Enter');
    await page.getByText('Enter the eight letters that the program shows.').waitFor();
    // Lower case and without the hyphen, as people type it.
    await code.fill(DEVICE_CODE.replace('-', '').toLowerCase());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Approve this login?' }).waitFor();
    await page.getByText('appflux CLI on harbor-laptop').waitFor();
    await page.getByText('203.0.113.7').waitFor();
    await page.getByText('Deploy, cancel, redeploy, and promote').waitFor();
    await page.getByRole('button', { name: 'Approve' }).press('Enter');
    await page.getByText('Return to the terminal.').waitFor();
    expect(api.world.device).toBe(null);
    expect(faults).toEqual([]);
  });

  test('is denied, and its code works no more', async () => {
    const { page, api } = await visit(`/device?code=${DEVICE_CODE}`);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByText('The program got no access.').waitFor();
    await page.goto(`${api.origin}/device?code=${DEVICE_CODE}`);
    await page.getByText('unknown, expired, or already used').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  });

  test('asks people to sign in first, and keeps the code', async () => {
    const { page } = await visit(`/device?code=${DEVICE_CODE}`, { signedOut: true });
    await page.waitForURL(/\/sign-in\?next=/);
    expect(decodeURIComponent(new URL(page.url()).search)).toContain(`/device?code=${DEVICE_CODE}`);
  });
});
