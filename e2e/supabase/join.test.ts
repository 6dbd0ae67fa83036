/** Joining a team with a Supabase project, in a real browser: every way there is, and none without an invitation. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserOf, linkTo } from '../../stack/stand-ins/supabase/browser.ts';
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
  tokenIn,
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

async function fill(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
}

const signUp = async (page: Page, email: string) => {
  await fill(page, email);
  await press(page, 'Create account and join');
};

const inTheTeam = (page: Page) => page.getByText('Shop', { exact: true }).first().waitFor();

/** Creates an invitation as an owner and returns its link. */
async function invite({ page }: Visitor, { edge }: ProjectInstance): Promise<string> {
  await page.goto(`${edge.url}/settings/team`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByRole('dialog').locator('button[type=submit]').click();
  return page.getByText(`${edge.url}/invite#token=`).innerText();
}

/** Nothing that a browser sent to the project or to GitHub contains the token. */
function expectNotSent(token: string, ...visitors: Visitor[]): void {
  expect(token).not.toBe('');
  for (const { sent } of visitors) {
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((text) => decodeURIComponent(text).includes(token))).toEqual([]);
  }
}

describe.each(SERVERS)('with email confirmation, on %s', (_name, start) => {
  let instance: ProjectInstance;
  let owner: Visitor;
  beforeAll(async () => {
    instance = await startWith(start, {});
    owner = await visitor(browser, instance);
  });
  afterAll(() => instance?.stop());

  it('the first owner signs up by the one-time link, confirms, and joins', async () => {
    const link = await signInLink(instance.edge);
    const email = anyone('owner');
    await onPage(owner, async () => {
      const { page } = owner;
      await page.goto(link);
      await heading(page, 'Join the operator').waitFor();
      await signUp(page, email);
      await heading(page, 'Check your email').waitFor();
      await openEmail(owner, instance, email);
      await inTheTeam(page);
      await page.goto(`${instance.edge.url}/settings/team`);
      await page.getByText(email).first().waitFor();
      await page.getByRole('button', { name: 'Invite' }).waitFor();
    });
    expectNotSent(tokenIn(link), owner);
    // The link works once.
    const late = await visitor(browser, instance);
    await onPage(late, async () => {
      await late.page.goto(link);
      await heading(late.page, 'This invitation no longer works').waitFor();
    });
  });

  it('a user who confirms in another browser signs in there and pastes the link', async () => {
    const link = await onPage(owner, () => invite(owner, instance));
    const email = anyone('ada');
    const [first, second] = [await visitor(browser, instance), await visitor(browser, instance)];
    await onPage(first, async () => {
      await first.page.goto(link);
      await signUp(first.page, email);
      await heading(first.page, 'Check your email').waitFor();
    });
    await onPage(second, async () => {
      const { page } = second;
      await openEmail(second, instance, email);
      await page.getByText('Your email is confirmed. Sign in to continue.').waitFor();
      await fill(page, email);
      await press(page, 'Sign in');
      await heading(page, 'You’re not in a team yet').waitFor();
      await page
        .getByLabel('Invitation link')
        .fill('https://elsewhere.example/invite#token=afi_0123456789abcdef');
      await press(page, 'Continue');
      await page.getByText('Paste the whole link.').waitFor();
      await page.getByLabel('Invitation link').fill(link);
      await press(page, 'Continue');
      await press(page, `Join as ${email}`);
      await inTheTeam(page);
    });
    // The first browser still has the invitation, which the same user accepted meanwhile.
    await onPage(first, async () => {
      const { page } = first;
      await press(page, 'Sign in');
      await fill(page, email);
      await press(page, 'Sign in and join');
      await inTheTeam(page);
    });
    expectNotSent(tokenIn(link), first, second);
  });

  it('a user who confirms in another tab of the same browser joins', async () => {
    const link = await onPage(owner, () => invite(owner, instance));
    const email = anyone('tab');
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      await who.page.goto(link);
      await signUp(who.page, email);
      await heading(who.page, 'Check your email').waitFor();
      await press(who.page, 'Resend email');
      await who.page.getByText('Email sent again').waitFor();
      const tab = await who.page.context().newPage();
      await openEmail({ ...who, page: tab }, instance, email);
      await inTheTeam(tab);
      // A used link says so, and doesn't lock anyone out.
      await openEmail({ ...who, page: tab }, instance, email);
      await inTheTeam(tab);
    });
    expectNotSent(tokenIn(link), who);
  });

  it('a link that works in any browser signs in, and asks before it joins', async () => {
    const link = await onPage(owner, () => invite(owner, instance));
    const email = anyone('template');
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(link);
      await signUp(page, email);
      await heading(page, 'Check your email').waitFor();
      // As an email template with the token in it links: docs/operations.md.
      const token = new URL(await linkTo(instance.project, email)).searchParams.get('token');
      await page.goto(`${instance.edge.url}/invite?from=email#token_hash=${token}&type=signup`);
      await page.getByRole('button', { name: `Join as ${email}` }).waitFor();
      await press(page, `Join as ${email}`);
      await inTheTeam(page);
    });
  });

  it('a user who signs in with GitHub joins, and GitHub does not learn the invitation', async () => {
    const link = await onPage(owner, () => invite(owner, instance));
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(link);
      await press(page, 'Continue with GitHub');
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.getByText('denied').waitFor();
      await press(page, 'Continue with GitHub');
      await page.getByRole('link', { name: `Authorize as ${HUB.name}` }).click();
      await inTheTeam(page);
      expect(await page.evaluate(() => localStorage.getItem('appflux.invitation'))).toBeNull();
    });
    expectNotSent(tokenIn(link), who);
    expect(instance.project.github.visits.map(String).join('\n')).not.toContain(tokenIn(link));
  });

  it('a user of the project without an invitation has no team, and the page says what to do', async () => {
    const email = anyone('eve');
    // The link leads to the root, as it does if a project doesn't allow the requested page.
    const options = { emailRedirectTo: instance.edge.url };
    await browserOf(instance.project).signUp({ email, password: PASSWORD, options });
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(`${instance.edge.url}/sign-in`);
      await fill(page, email);
      await press(page, 'Sign in');
      await heading(page, 'Check your email').waitFor();
      await openEmail(who, instance, email);
      await page.waitForURL(/\/sign-in/);
      await page.getByText('This link was requested in another browser.').waitFor();
      await fill(page, email);
      await press(page, 'Sign in');
      await heading(page, 'You’re not in a team yet').waitFor();
      await page.getByText('Ask an owner or admin').waitFor();
      await page.getByRole('link', { name: 'Account settings' }).click();
      await heading(page, 'Account').waitFor();
    });
  });
});

describe.each(SERVERS)('without email confirmation, on %s', (_name, start) => {
  let instance: ProjectInstance;
  beforeAll(async () => {
    instance = await startWith(start, { confirmEmail: false, github: false });
  });
  afterAll(() => instance?.stop());

  it('the first owner and an invited user sign up and join', async () => {
    const owner = await visitor(browser, instance);
    const first = await signInLink(instance.edge);
    await onPage(owner, async () => {
      await owner.page.goto(first);
      // GitHub is off in the project.
      await owner.page.getByLabel('Email').waitFor();
      expect(await owner.page.getByRole('button', { name: 'Continue with GitHub' }).count()).toBe(0);
      await signUp(owner.page, anyone('owner'));
      await inTheTeam(owner.page);
    });
    const second = await onPage(owner, () => invite(owner, instance));
    const who = await visitor(browser, instance);
    const email = anyone('grace');
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(second);
      await fill(page, email, 'short');
      await press(page, 'Create account and join');
      await page.getByText('Password should be at least 6 characters.').waitFor();
      await signUp(page, email);
      await inTheTeam(page);
    });
    expectNotSent(tokenIn(first), owner);
    expectNotSent(tokenIn(second), who);
  });

  it('an invitation that an earlier version left in the profile still works, and is erased there', async () => {
    const link = await signInLink(instance.edge);
    const email = anyone('mid');
    const options = { data: { invitation: tokenIn(link) } };
    await browserOf(instance.project).signUp({ email, password: PASSWORD, options });
    const who = await visitor(browser, instance);
    await onPage(who, async () => {
      const { page } = who;
      await page.goto(`${instance.edge.url}/sign-in`);
      await fill(page, email);
      await press(page, 'Sign in');
      await press(page, `Join as ${email}`);
      await inTheTeam(page);
    });
    const { data } = await browserOf(instance.project).signInWithPassword({ email, password: PASSWORD });
    expect(data.user?.user_metadata).not.toHaveProperty('invitation');
  });
});
