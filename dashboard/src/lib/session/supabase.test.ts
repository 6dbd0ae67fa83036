/** Signing up and in with a Supabase project that answers as a real one does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorize, follow, linkTo } from '../../../../stack/stand-ins/supabase/browser.ts';
import { type StandIn, startStandIn } from '../../../../stack/stand-ins/supabase/start.ts';
import {
  anyone,
  browser,
  followCallback,
  member,
  open,
  PASSWORD,
  QUICK,
  SITE,
} from '../../testing/supabase-browser.ts';

const INVITATION = 'afi_0123456789abcdef';
const HUB = { id: 4711, name: 'hub' };

let confirming: StandIn;
let plain: StandIn;

beforeAll(async () => {
  confirming = await startStandIn(QUICK, [HUB]);
  plain = await startStandIn({ ...QUICK, confirmEmail: false });
});
afterAll(() => Promise.all([confirming.stop(), plain.stop()]));

describe('an invitation', () => {
  test.each([
    ['signing up', 'plain'],
    ['signing up with confirmation', 'confirming'],
  ] as const)('is never sent to the project: %s', async (_title, name) => {
    const project = { plain, confirming }[name];
    const email = anyone();
    const own = browser(project);
    const asked = { redirectTo: `${SITE}/invite?from=email`, invitation: INVITATION };
    const answer = await own.session.signUp(email, PASSWORD, asked);
    expect(answer).toBe(name === 'plain' ? 'signed_in' : 'confirm');
    if (answer === 'confirm') {
      expect(own.session.signedIn).toBe(false);
      await own.session.resend(email, asked.redirectTo);
      await open(own, project, email);
    }
    expect(own.session.email).toBe(email);
    expect(own.sent.length).toBeGreaterThan(0);
    expect(own.sent.join('\n')).not.toContain(INVITATION);
    expect(JSON.stringify((await own.auth.getUser()).data)).not.toContain(INVITATION);
  });

  test('is sent neither to the project nor to GitHub', async () => {
    const own = browser(confirming);
    const leaving = await own.session.githubUrl(`${SITE}/invite`, INVITATION);
    if ('problem' in leaving) throw new Error(leaving.problem.text);
    expect(leaving.url).not.toContain(INVITATION);
    const before = confirming.github.visits.length;
    const back = await authorize((await follow(leaving.url)).href, HUB.name);
    expect(back.pathname).toBe('/invite');
    expect(confirming.github.visits.length).toBe(before + 1);
    expect(String(confirming.github.visits.at(-1))).not.toContain(INVITATION);
    expect(own.sent.join('\n')).not.toContain(INVITATION);
    expect(await followCallback(own, back)).toEqual({ kind: 'signed_in' });
    expect(own.session.providers).toEqual(['github']);
  });

  test('that an earlier version stored in the profile is found, and removed from the access tokens', async () => {
    const { auth, session } = await member(plain);
    expect(session.legacyInvitation).toBeNull();
    await auth.updateUser({ data: { invitation: INVITATION } });
    await session.refresh();
    expect(session.legacyInvitation).toBe(INVITATION);
    await session.removeLegacyInvitation();
    expect(session.legacyInvitation).toBeNull();
    const payload = (await session.token())?.split('.')[1] ?? '';
    expect(Buffer.from(payload, 'base64url').toString()).not.toContain(INVITATION);
  });
});

describe('a link from an email', () => {
  test('that is opened in another browser confirms the email and doesn’t sign in there', async () => {
    const email = anyone();
    await browser(confirming).session.signUp(email, PASSWORD, { redirectTo: SITE, invitation: null });
    const elsewhere = browser(confirming);
    expect((await elsewhere.session.signIn(email, PASSWORD))?.code).toBe('email_not_confirmed');
    expect(await open(elsewhere, confirming, email)).toEqual({ kind: 'elsewhere' });
    expect(elsewhere.session.signedIn).toBe(false);
    expect(await elsewhere.session.signIn(email, PASSWORD)).toBeNull();
    expect(elsewhere.session.email).toBe(email);
  });

  test('counts as opened elsewhere when another flow was started in between', async () => {
    const email = anyone();
    const own = browser(confirming);
    await own.session.signUp(email, PASSWORD, { redirectTo: SITE, invitation: null });
    await own.session.githubUrl(SITE, null);
    expect(await open(own, confirming, email)).toEqual({ kind: 'elsewhere' });
  });

  test('works once', async () => {
    const email = anyone();
    const own = browser(confirming);
    await own.session.signUp(email, PASSWORD, { redirectTo: SITE, invitation: null });
    await open(own, confirming, email);
    expect(await open(own, confirming, email)).toMatchObject({
      kind: 'failed',
      problem: { code: 'otp_expired' },
    });
  });

  test('with the token in it works in any browser', async () => {
    const email = anyone();
    await browser(confirming).session.signUp(email, PASSWORD, { redirectTo: SITE, invitation: null });
    const tokenHash = new URL(await linkTo(confirming, email)).searchParams.get('token') ?? '';
    const elsewhere = browser(confirming);
    const url = new URL(`${SITE}/invite?from=email#token_hash=${tokenHash}&type=signup`);
    expect(await followCallback(elsewhere, url)).toEqual({ kind: 'signed_in' });
    expect(elsewhere.session.email).toBe(email);
  });

  test('that resets a password works in the browser that requested it', async () => {
    const { email } = await member(confirming);
    const asking = browser(confirming);
    await asking.session.requestPasswordReset(email, `${SITE}/reset-password`);
    expect(await open(browser(confirming), confirming, email)).toEqual({ kind: 'elsewhere' });
    await asking.session.requestPasswordReset(email, `${SITE}/reset-password`);
    expect(await open(asking, confirming, email)).toEqual({ kind: 'signed_in' });
    expect((await asking.account.setPassword({ password: PASSWORD }))?.code).toBe('same_password');
    expect(await asking.account.setPassword({ password: 'a whole new one' })).toBeNull();
    expect(await browser(confirming).session.signIn(email, 'a whole new one')).toBeNull();
  });
});

describe('signing up', () => {
  test('with a registered email looks like with a new one, and fails in projects without confirmation', async () => {
    const { email } = await member(confirming);
    const asked = { redirectTo: SITE, invitation: null };
    expect(await browser(confirming).session.signUp(email, PASSWORD, asked)).toBe('confirm');
    const other = await member(plain);
    expect(await browser(plain).session.signUp(other.email, PASSWORD, asked)).toMatchObject({
      code: 'user_already_exists',
    });
  });

  test('reports a weak password, and too many emails', async () => {
    const asked = { redirectTo: SITE, invitation: null };
    expect(await browser(plain).session.signUp(anyone(), 'short', asked)).toEqual({
      code: 'weak_password',
      text: 'Password should be at least 6 characters.',
    });
    confirming.settings.secondsBetweenMails = 60;
    const email = anyone();
    const { session } = browser(confirming);
    expect(await session.signUp(email, PASSWORD, asked)).toBe('confirm');
    expect((await session.resend(email, SITE))?.text).toMatch(
      /^Too many emails were requested\. Wait \d+ seconds/,
    );
    confirming.settings.secondsBetweenMails = 0;
  });

  test('is refused by a closed project', async () => {
    plain.settings.signUps = false;
    const asked = { redirectTo: SITE, invitation: null };
    const answer = await browser(plain).session.signUp(anyone(), PASSWORD, asked);
    plain.settings.signUps = true;
    expect(answer).toMatchObject({ code: 'signup_disabled' });
  });
});
