// @vitest-environment node
/** One-time links in the built dashboard: requesting one, passing it on, and inviting by email. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('one-time links', () => {
  test.each([
    [true, 'Check your email', 'we’ve sent it a link'],
    [false, 'Ask your administrator for the link', 'doesn’t send email'],
  ])(
    'where email is sent: %s, the page after a password reset request reads "%s"',
    async (mail, heading, text) => {
      const world = { ...sampleWorld(), mail };
      const { page } = await visit('/forgot-password', { signedOut: true, world });
      await page.getByLabel('Email').fill('ada@harbor.example');
      await page.getByRole('button', { name: 'Request link' }).click();
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
      expect(await page.locator('main, body').first().innerText()).toContain(text);
    },
  );

  test('the owner of the instance copies one to pass it on, and never sees its token', async () => {
    const world = { ...sampleWorld(), team: 'instance' as const };
    const { page } = await visit('/settings/team', { world });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('link', { name: 'Sign-in links' }).click();
    const list = page.getByRole('list', { name: 'Pending links' });
    await list.getByText('grace@harbor.example', { exact: true }).waitFor();
    await list.getByText('Email failed: The mail API answered 422').waitFor();
    expect(await page.content()).not.toContain('afp_sample');
    await page.getByRole('button', { name: 'Copy link for grace@harbor.example' }).click();
    await page.getByText('Send it only to grace@harbor.example.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(world.links[0]?.url);
  });

  test('other owners have no page for them', async () => {
    const { page } = await visit('/settings/team');
    await page.getByRole('link', { name: 'Audit log' }).waitFor();
    expect(await page.getByRole('link', { name: 'Sign-in links' }).count()).toBe(0);
  });

  test('an invitation is emailed where email is sent, and only shown elsewhere', async () => {
    const sending = await visit('/settings/team', { world: { ...sampleWorld(), mail: true } });
    await sending.page.getByRole('button', { name: 'Invite' }).click();
    await sending.page.getByRole('button', { name: 'Create link' }).waitFor();
    await sending.page.getByLabel('Email').fill('bob@harbor.example');
    await sending.page.getByRole('button', { name: 'Send invitation' }).click();
    await sending.page.getByRole('dialog', { name: 'Invitation sent' }).waitFor();
    await sending.page.getByText('bob@harbor.example gets this link by email.').waitFor();

    const showing = await visit('/settings/team');
    await showing.page.getByRole('button', { name: 'Invite' }).click();
    await showing.page.getByLabel('Note').fill('Bob');
    expect(await showing.page.getByLabel('Email').count()).toBe(0);
    await showing.page.getByRole('button', { name: 'Create link' }).click();
    await showing.page.getByRole('dialog', { name: 'Copy the link now' }).waitFor();
  });
});
