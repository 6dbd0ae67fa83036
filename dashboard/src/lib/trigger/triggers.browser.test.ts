// @vitest-environment node
/** What starts deployments, in the built dashboard with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { TRIGGERED } from '../../testing/sample-triggers.ts';
import { sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('a list of deployments', () => {
  test('says who created them and why one was skipped, hides those, and deploys one anyway', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web');
    const held = page.getByRole('listitem').filter({ hasText: 'Draw depths' });
    await held.getByText('mallory-sails on GitHub').waitFor();
    const link = held.getByRole('link', { name: 'Pull request #7' });
    expect(await link.getAttribute('href')).toBe('https://github.com/northwind/harbor/pull/7');
    const skipped = page.getByRole('listitem').filter({ hasText: 'Describe the map in the README' });
    await skipped.getByText('Not built: No changed file matches the include paths').waitFor();
    await skipped.getByText('Skipped', { exact: true }).waitFor();

    await page.getByLabel('Show skipped').uncheck();
    await expect.poll(() => skipped.count()).toBe(0);
    // The choice survives a reload.
    await page.reload();
    await held.waitFor();
    expect(await skipped.count()).toBe(0);
    await page.getByLabel('Show skipped').check();
    await skipped.getByRole('button', { name: /^Actions for/ }).press('Enter');
    await page.getByRole('menuitem', { name: 'Deploy anyway' }).press('Enter');
    await page.waitForURL(/\/deployments\//);
    expect(api.calls).toContain(`POST /api/deployments/${TRIGGERED.skipped}/redeploy`);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(chromiumPath === undefined)('a deployment of a fork', () => {
  test('shows the title of its pull request as text, and is approved by keyboard', async () => {
    const { page, api, faults } = await visit(`/deployments/${TRIGGERED.held}`);
    await page.getByText('#7 Draw <b>depths</b> & tides').waitFor();
    await page.getByText('The build gets no variables and no files of this app.').waitFor();
    await page.getByRole('button', { name: 'Approve and build' }).press('Enter');
    await page.getByText('The build starts when a runner is free.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Approve and build' }).count()).toBe(0);
    await page.getByText('Approved by').waitFor();
    expect(api.world.deployments.find(({ id }) => id === TRIGGERED.held)?.approval?.state).toBe('approved');
    expect(faults).toEqual([]);
  });

  test('can’t be approved by viewers', async () => {
    const { page } = await visit(`/deployments/${TRIGGERED.held}`, {
      world: { ...sampleWorld(), role: 'viewer' },
    });
    await page.getByText('This deployment needs approval').waitFor();
    expect(await page.getByRole('button', { name: 'Approve and build' }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('the triggers of an app', () => {
  test('are changed, and a pattern that is wrong is named next to its field', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web/settings/triggers');
    const form = page.getByRole('form', { name: 'Git triggers' });
    await form.getByLabel('Include paths').fill(`apps/web/**\n${'x'.repeat(600)}`);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('“xxx').waitFor();
    expect(await form.getByLabel('Include paths').evaluate((field) => document.activeElement === field)).toBe(
      true,
    );
    expect(api.calls).not.toContain('PATCH /api/apps/harbor-web');
    await form.getByLabel('Include paths').fill('apps/web/**\n\npackages/ui/**');
    await form.getByLabel('Production branch').fill('trunk');
    await form.getByLabel('Other branches').selectOption('production');
    await form.getByLabel('Tags').fill('v*');
    await form.getByLabel('Pull requests from forks').selectOption('never');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps[0]).toMatchObject({
      source: { branch: 'trunk', depth: 1 },
      triggers: {
        push: true,
        branches: 'production',
        tags: 'v*',
        forks: 'never',
        include: ['apps/web/**', 'packages/ui/**'],
      },
    });
    expect(faults).toEqual([]);
  });

  test('include schedules, which show when they are due and what they missed', async () => {
    const { page, api } = await visit('/apps/harbor-web/settings/schedules');
    const list = page.getByRole('list', { name: 'Schedules' });
    await list.getByText('Missed 2 times, because AppFlux wasn’t running.').waitFor();
    const form = page.getByRole('form', { name: 'New schedule' });
    await form.getByLabel('When').selectOption('Custom');
    const cron = form.getByLabel('Cron expression');
    await cron.fill('0 0 30 2 *');
    await form.getByText('This never happens. Choose a date that exists.').waitFor();
    await cron.press('Enter');
    expect(api.calls.some((call) => call.startsWith('PUT'))).toBe(false);
    await cron.fill('15 4 * * 0');
    await form.getByText('At 04:15, only on Sunday (UTC).').waitFor();
    await form.getByText(/^Next, in your time: Sun, /).waitFor();
    await form.getByLabel('Environment').selectOption('preview');
    await cron.press('Enter');
    await list.getByText('At 04:15, only on Sunday').waitFor();
    expect(api.world.schedules).toMatchObject([
      { cron: '0 3 * * *', missed: 2 },
      { cron: '30 6 * * 1-5', branch: 'next' },
      { cron: '15 4 * * 0', environment: 'preview' },
    ]);
    await page.getByRole('button', { name: 'Remove the schedule 0 3 * * *' }).click();
    await page.getByText('Schedule removed').waitFor();
    expect(api.world.schedules.map(({ cron: text }) => text)).toEqual(['30 6 * * 1-5', '15 4 * * 0']);
  });
});

describe.skipIf(chromiumPath === undefined)('the credential of a private repository', () => {
  test('is a token that isn’t shown again, or a key pair whose public half is', async () => {
    const { page, api, faults } = await visit('/apps/docs/settings/general');
    const form = page.getByRole('form', { name: 'Repository access' });
    const save = form.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    await form.getByLabel('Credential').selectOption('token');
    await save.click();
    await form.getByText('Enter a token.').waitFor();
    await form.getByLabel('Token', { exact: true }).fill('glpat-secret');
    await save.click();
    await form.getByText('Access token for git.example.com').waitFor();
    expect(api.world.credential).toMatchObject({ kind: 'token', host: 'git.example.com' });
    expect(await page.content()).not.toContain('glpat-secret');
    await form.getByLabel('Replace with').selectOption('generate');
    await save.click();
    await form.getByText('ssh-ed25519').waitFor();
    await form.getByText('SHA256:').waitFor();
    await form.getByRole('button', { name: 'Delete credential' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete credential' }).click();
    await page.getByText('Credential deleted').waitFor();
    expect(api.world.credential).toBe(null);
    expect(faults).toEqual([]);
  });

  test('is refused with what to do, when the keys of its host aren’t known', async () => {
    const { page } = await visit('/apps/docs/settings/general');
    const form = page.getByRole('form', { name: 'Repository access' });
    await form.getByLabel('Credential').selectOption('ssh');
    await form.getByLabel('Private key').fill('-----BEGIN OPENSSH PRIVATE KEY-----\nx');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Enter the host keys. Paste the output of ssh-keyscan git.example.com.').waitFor();
    const hostKeys = form.getByLabel('Host keys');
    await expect.poll(() => hostKeys.evaluate((field) => document.activeElement === field)).toBe(true);
    expect(await form.getByLabel('Private key').inputValue()).not.toBe('');
    await hostKeys.fill('git.example.com ssh-ed25519 AAAA');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('SSH key for git.example.com').waitFor();
  });
});
