/** Changing an account of a Supabase project that answers as a real one does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallbackResult } from '#lib/session/callback-result.ts';
import { authorize, follow } from '../../../../stack/stand-ins/supabase/browser.ts';
import { type StandIn, startStandIn } from '../../../../stack/stand-ins/supabase/start.ts';
import {
  anyone,
  type Browser,
  browser,
  followCallback,
  member,
  open,
  PASSWORD,
  QUICK,
  SITE,
} from '../../testing/supabase-browser.ts';

const HUB = { id: 4711, name: 'hub' };

let confirming: StandIn;
let plain: StandIn;
let linking: StandIn;

beforeAll(async () => {
  confirming = await startStandIn(QUICK);
  plain = await startStandIn({ ...QUICK, confirmEmail: false });
  linking = await startStandIn({ ...QUICK, confirmEmail: false, manualLinking: true }, [HUB]);
});
afterAll(() => Promise.all([confirming.stop(), plain.stop(), linking.stop()]));

describe('changing the email', () => {
  test('takes effect after both emails confirmed it', async () => {
    const own = await member(confirming);
    const next = anyone();
    expect(await own.account.changeEmail(next, undefined, SITE)).toBe('confirm');
    expect(own.session).toMatchObject({ email: own.email, pendingEmail: next });
    expect(await open(own, confirming, next)).toEqual({ kind: 'half_confirmed' });
    await own.session.refreshUser();
    expect(own.session).toMatchObject({ email: own.email, pendingEmail: next });
    expect(await open(own, confirming, own.email)).toEqual({ kind: 'signed_in' });
    expect(own.session).toMatchObject({ email: next, pendingEmail: null });
  });

  test('takes one link without secure email change, also when it is opened in another browser', async () => {
    const project = await startStandIn({ ...QUICK, secureEmailChange: false });
    const own = await member(project);
    const next = anyone();
    expect(await own.account.changeEmail(next, undefined, SITE)).toBe('confirm');
    expect(await open(browser(project), project, next)).toEqual({ kind: 'elsewhere' });
    expect(own.session.email).toBe(own.email);
    await own.session.refresh();
    expect(own.session).toMatchObject({ email: next, pendingEmail: null });
    await project.stop();
  });

  test('needs a link in a project without confirmation, too', async () => {
    const own = await member(plain);
    const next = anyone();
    expect(await own.account.changeEmail(next, undefined, SITE)).toBe('confirm');
    expect(own.session).toMatchObject({ email: own.email, pendingEmail: next });
  });

  test('to one that another user has is refused', async () => {
    const [own, other] = [await member(plain), await member(plain)];
    expect(await own.account.changeEmail(other.email, undefined, SITE)).toMatchObject({
      code: 'email_exists',
      text: 'Another account uses this email.',
    });
  });
});

describe('GitHub', () => {
  /** Links GitHub to the user of a browser. */
  async function link(own: Browser): Promise<CallbackResult> {
    const leaving = await own.account.githubUrl(SITE);
    if ('problem' in leaving) throw new Error(leaving.problem.text);
    return followCallback(own, await authorize(leaving.url, HUB.name));
  }

  test('is linked, unlinked and linked again', async () => {
    const own = await member(linking);
    for (let i = 0; i < 2; i += 1) {
      expect(await link(own)).toEqual({ kind: 'signed_in' });
      await own.session.refreshUser();
      expect([...own.session.providers].sort()).toEqual(['email', 'github']);
      expect(await own.account.unlinkGithub()).toBeNull();
      expect(own.session.providers).toEqual(['email']);
    }
  });

  test('is not linked to a second user, and not unlinked if it is the only identity', async () => {
    const first = browser(linking);
    const leaving = await first.session.githubUrl(SITE, null);
    if ('problem' in leaving) throw new Error(leaving.problem.text);
    await followCallback(first, await authorize((await follow(leaving.url)).href, HUB.name));
    expect((await first.account.unlinkGithub())?.code).toBe('single_identity_not_deletable');
    const second = await member(linking);
    expect(await link(second)).toMatchObject({
      kind: 'failed',
      problem: { code: 'identity_already_exists' },
    });
    expect(second.session.providers).toEqual(['email']);
  });

  test('can’t be linked while the project doesn’t allow it', async () => {
    const own = await member(plain);
    expect(await own.account.githubUrl(SITE)).toMatchObject({ problem: { code: 'manual_linking_disabled' } });
  });
});

describe('a new password', () => {
  test('needs a code from an email in an old session, where the project asks for it', async () => {
    const project = await startStandIn({ ...QUICK, confirmEmail: false, reauthentication: true });
    const own = await member(project);
    await project.ageSessions(25);
    const password = 'a whole new one';
    expect((await own.account.setPassword({ password }))?.code).toBe('reauthentication_needed');
    expect(await own.account.sendCode()).toBeNull();
    const code = (await project.mailsTo(own.email)).at(-1)?.code ?? '';
    expect((await own.account.setPassword({ password, code: 'no' }))?.code).toBe(
      'reauthentication_not_valid',
    );
    expect(await own.account.setPassword({ password, code })).toBeNull();
    await project.stop();
  });

  test('needs the current one, where the project asks for it', async () => {
    const project = await startStandIn({ ...QUICK, confirmEmail: false, requireCurrentPassword: true });
    const own = await member(project);
    const password = 'a whole new one';
    expect((await own.account.setPassword({ password }))?.code).toBe('current_password_required');
    expect((await own.account.setPassword({ password, current: 'no' }))?.code).toBe(
      'current_password_invalid',
    );
    expect(await own.account.setPassword({ password, current: PASSWORD })).toBeNull();
    await project.stop();
  });
});
