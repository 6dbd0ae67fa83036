/** Changing an account of a Supabase project, in a real browser: the pages show what happened. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/launch.ts';
import { signInLink } from '../browser/sign-in-link.ts';
import { onPage } from '../browser/watched-page.ts';
import {
  anyone,
  HUB,
  openEmail,
  PASSWORD,
  type ProjectInstance,
  SERVERS,
  startWith,
  type Visitor,
  visitor,
} from './instance.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** Signs up by the one-time link and opens the account page. */
async function ownerOf(instance: ProjectInstance, email: string, confirms: boolean): Promise<Visitor> {
  const who = await visitor(browser, instance);
  await onPage(who, async () => {
    const { page } = who;
    await page.goto(await signInLink(instance.edge));
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Create account and join');
    if (confirms) {
      await heading(page, 'Check your email').waitFor();
      await openEmail(who, instance, email);
    }
    await page.getByText('Shop', { exact: true }).first().waitFor();
    await page.goto(`${instance.edge.url}/settings/account`);
    await heading(page, 'Account').waitFor();
  });
  return who;
}

async function changeEmail(page: Page, email: string): Promise<void> {
  await page.getByLabel('New email').fill(email);
  await press(page, 'Change email');
}

describe.each(SERVERS)('with email confirmation, on %s', (_name, start) => {
  let instance: ProjectInstance;
  beforeAll(async () => {
    instance = await startWith(start, { manualLinking: true });
  });
  afterAll(() => instance?.stop());

  it('the email changes once both addresses have confirmed it, and the team sees it', async () => {
    const [before, after] = [anyone('before'), anyone('after')];
    const who = await ownerOf(instance, before, true);
    await onPage(who, async () => {
      const { page } = who;
      await changeEmail(page, after);
      const note = page.getByRole('status').filter({ hasText: 'Check your email' });
      await note.waitFor();
      expect(await note.innerText()).toContain(`Your email is still ${before}`);
      expect(await note.innerText()).toContain(after);
      expect(await page.getByText('Email changed').count()).toBe(0);
      // It is still so after a reload.
      await page.reload();
      await note.waitFor();

      await openEmail(who, instance, after);
      await page.getByText('Now open the link that we sent to your other email.').waitFor();
      await page.getByText(`You sign in with ${before}.`).waitFor();
      await openEmail(who, instance, before);
      await page.getByText(`You sign in with ${after}.`).waitFor();
      expect(await note.count()).toBe(0);
      await page.goto(`${instance.edge.url}/settings/team`);
      await page.getByText(after).first().waitFor();
    });
  });

  it('GitHub is linked, signs in, and is unlinked as long as another identity is left', async () => {
    const who = await ownerOf(instance, anyone('owner'), true);
    await onPage(who, async () => {
      const { page } = who;
      await press(page, 'Link GitHub');
      await page.getByRole('link', { name: `Authorize as ${HUB.name}` }).click();
      await page.getByText('Your GitHub account is linked. You can sign in with it.').waitFor();
      await press(page, 'Unlink GitHub');
      await page.getByRole('dialog').getByRole('button', { name: 'Unlink GitHub' }).click();
      await page.getByText('GitHub unlinked').waitFor();
      await page.getByRole('button', { name: 'Link GitHub', exact: true }).waitFor();
    });
    // A user who signed up through GitHub has no other identity, and can't remove it.
    const other = await visitor(browser, instance);
    await onPage(other, async () => {
      const { page } = other;
      await page.goto(`${instance.edge.url}/sign-in`);
      await press(page, 'Continue with GitHub');
      await page.getByRole('link', { name: `Authorize as ${HUB.name}` }).click();
      await heading(page, 'You’re not in a team yet').waitFor();
      await page.getByRole('link', { name: 'Account settings' }).click();
      await page.getByText('the only identity of your account in Supabase').waitFor();
      expect(await page.getByRole('button', { name: 'Unlink GitHub' }).count()).toBe(0);
    });
    // Their account can't be linked to another user, and the page says so.
    await onPage(who, async () => {
      const { page } = who;
      await press(page, 'Link GitHub');
      await page.getByRole('link', { name: `Authorize as ${HUB.name}` }).click();
      await page.getByText('This GitHub account is linked to another user.').waitFor();
      await page.getByRole('button', { name: 'Link GitHub', exact: true }).waitFor();
    });
  });

  it('a recovery link works in the browser that requested it, and explains that in any other', async () => {
    const email = anyone('forgetful');
    const who = await ownerOf(instance, email, true);
    const [asking, elsewhere] = [await visitor(browser, instance), await visitor(browser, instance)];
    await onPage(asking, async () => {
      await asking.page.goto(`${instance.edge.url}/forgot-password`);
      await asking.page.getByLabel('Email').fill(email);
      await asking.page.locator('button[type=submit]').click();
      await asking.page.getByText(`If there is an account for ${email}`).waitFor();
    });
    await onPage(elsewhere, async () => {
      await openEmail(elsewhere, instance, email);
      await heading(elsewhere.page, 'Open this link in the same browser').waitFor();
      await elsewhere.page.getByRole('link', { name: 'Request a new link' }).click();
      await heading(elsewhere.page, 'Forgot your password?').waitFor();
    });
    await onPage(asking, async () => {
      const { page } = asking;
      await page.goto(`${instance.edge.url}/forgot-password`);
      await page.getByLabel('Email').fill(email);
      await page.locator('button[type=submit]').click();
      await page.getByText(`If there is an account for ${email}`).waitFor();
      await openEmail(asking, instance, email);
      await heading(page, 'Choose a new password').waitFor();
      await page.getByLabel('New password').fill(PASSWORD);
      await press(page, 'Set password');
      await page.getByText('The new password must be different from the current one.').waitFor();
      await page.getByLabel('New password').fill('a whole new one');
      await press(page, 'Set password');
      await page.getByText('New password set', { exact: true }).waitFor();
    });
    // The other session has ended: its page says so with its next request.
    await onPage(who, async () => {
      await changeEmail(who.page, anyone('late'));
      await who.page.getByText('Your session has ended. Sign in again.').waitFor();
    });
  });
});

describe.each(SERVERS)('without email confirmation, on %s', (_name, start) => {
  let instance: ProjectInstance;
  beforeAll(async () => {
    const settings = { confirmEmail: false, requireCurrentPassword: true };
    instance = await startWith(start, settings, { APPFLUX_SIGN_UP: 'open' });
  });
  afterAll(() => instance?.stop());

  it('a changed email still needs a link, and one is enough', async () => {
    const after = anyone('after');
    const who = await ownerOf(instance, anyone('before'), false);
    await onPage(who, async () => {
      const { page } = who;
      await changeEmail(page, after);
      await page.getByRole('status').filter({ hasText: 'Check your email' }).waitFor();
      await openEmail(who, instance, after);
      await page.getByText(`You sign in with ${after}.`).waitFor();
    });
  });

  it('a password is changed with the current one once the project asks for it', async () => {
    const who = await ownerOf(instance, anyone('owner'), false);
    await onPage(who, async () => {
      const { page } = who;
      expect(await page.getByLabel('Current password').count()).toBe(0);
      await page.getByLabel('New password').fill('a whole new one');
      await press(page, 'Change password');
      await page.getByText('Enter your current password.').waitFor();
      await page.getByLabel('Current password').fill('not it at all');
      await press(page, 'Change password');
      await page.getByText('Wrong current password.').waitFor();
      await page.getByLabel('Current password').fill(PASSWORD);
      await press(page, 'Change password');
      await page.getByText('Password set').waitFor();
      // Linking is off in the project.
      await press(page, 'Link GitHub');
      await page.getByText('Linking accounts is turned off').waitFor();
    });
  });

  it('with open sign-up everyone has a team of their own', async () => {
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(`${instance.edge.url}/sign-up`);
      await page.getByLabel('Email').fill(anyone('founder'));
      await page.getByLabel('Password').fill(PASSWORD);
      await press(page, 'Create account');
      await page.getByRole('link', { name: 'New app' }).first().waitFor();
      expect(await page.getByText('Shop', { exact: true }).count()).toBe(0);
    });
  });
});
