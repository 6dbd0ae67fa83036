/** What signed-in users can change in Supabase Auth: email, password and sessions. */
import { expect, test } from 'vitest';
import { browserOf, follow, linkTo, SITE } from './browser.ts';
import { anyone, BACK, claimsOf, member, onEachServer, PASSWORD, signIn } from './testing/on-each-server.ts';

onEachServer('with the defaults', {}, (get) => {
  test('changing the email needs both links; the first one changes nothing', async () => {
    const project = get();
    const { auth, email } = await member(project);
    const next = anyone();
    const { data, error } = await auth.updateUser({ email: next }, { emailRedirectTo: BACK });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, new_email: next });
    const first = await follow(await linkTo(project, next));
    const said = 'Confirmation link accepted. Please proceed to confirm link sent to the other email';
    expect(first.searchParams.get('message')).toBe(said);
    expect(new URLSearchParams(first.hash.slice(1)).get('message')).toBe(said);
    expect((await auth.getUser()).data.user).toMatchObject({ email, new_email: next });
    const second = await follow(await linkTo(project, email));
    expect((await auth.exchangeCodeForSession(second.searchParams.get('code') ?? '')).error).toBeNull();
    const { user } = (await auth.getUser()).data;
    expect(user?.email).toBe(next);
    expect(user?.new_email).toBeUndefined();
    expect(user?.identities?.[0]?.identity_data?.email).toBe(next);
    const { session } = (await auth.refreshSession()).data;
    expect(claimsOf(session?.access_token).email).toBe(next);
  });

  test('an email that another user has is rejected', async () => {
    const project = get();
    const { email } = await member(project);
    const { auth } = await member(project);
    expect((await auth.updateUser({ email })).error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('a recovery link works in the browser that requested it, and a new password ends other sessions', async () => {
    const project = get();
    const { auth: other, email } = await member(project);
    const asking = browserOf(project);
    await asking.resetPasswordForEmail(email, { redirectTo: `${SITE}/reset-password` });
    const back = await follow(await linkTo(project, email));
    expect(back.pathname).toBe('/reset-password');
    const code = back.searchParams.get('code') ?? '';
    expect((await browserOf(project).exchangeCodeForSession(code)).error).toMatchObject({
      code: 'pkce_code_verifier_not_found',
    });
    const { data, error } = await asking.exchangeCodeForSession(code);
    expect(error).toBeNull();
    expect(claimsOf(data.session?.access_token).amr).toMatchObject([{ method: 'recovery' }]);
    expect((await asking.updateUser({ password: PASSWORD })).error).toMatchObject({
      status: 422,
      code: 'same_password',
    });
    expect((await asking.updateUser({ password: 'a whole new one' })).error).toBeNull();
    expect((await other.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
    expect((await asking.getUser()).error).toBeNull();
    expect((await signIn(project, email, 'a whole new one')).error).toBeNull();
  });

  test('a deleted session is not found and can not be refreshed', async () => {
    const project = get();
    const { auth, email } = await member(project);
    const { auth: ending } = await signIn(project, email);
    await ending.signOut({ scope: 'others' });
    expect((await auth.getUser()).error?.name).toBe('AuthSessionMissingError');
    const again = await member(project);
    const { session } = (await again.auth.getSession()).data;
    const second = await signIn(project, again.email);
    await second.auth.signOut({ scope: 'global' });
    const refreshed = await again.auth.refreshSession({ refresh_token: session?.refresh_token ?? '' });
    expect(refreshed.error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
  });
});

onEachServer('without email confirmation', { confirmEmail: false }, (get) => {
  test('changing the email still sends emails, and one link is enough', async () => {
    const project = get();
    const { auth, email } = await member(project);
    const next = anyone();
    const { data } = await auth.updateUser({ email: next }, { emailRedirectTo: BACK });
    expect(data.user).toMatchObject({ email, new_email: next });
    const back = await follow(await linkTo(project, next));
    expect(back.searchParams.get('code')).not.toBeNull();
    expect((await auth.getUser()).data.user?.email).toBe(next);
  });
});

onEachServer('without secure email change', { secureEmailChange: false }, (get) => {
  test('changing the email needs only the link to the new one', async () => {
    const project = get();
    const { auth, email } = await member(project);
    const before = (await project.mailsTo(email)).length;
    const next = anyone();
    await auth.updateUser({ email: next }, { emailRedirectTo: BACK });
    expect(await project.mailsTo(email)).toHaveLength(before);
    // The email changes even if the code is never exchanged.
    const back = await follow(await linkTo(project, next));
    expect(back.searchParams.get('code')).not.toBeNull();
    expect((await auth.getUser()).data.user?.email).toBe(next);
  });
});

onEachServer('with secure password change', { reauthentication: true }, (get) => {
  test('a session older than a day needs a code from an email', async () => {
    const project = get();
    const { auth, email } = await member(project);
    await project.ageSessions(25);
    const password = 'a whole new one';
    expect((await auth.updateUser({ password })).error).toMatchObject({
      status: 400,
      code: 'reauthentication_needed',
    });
    expect((await auth.reauthenticate()).error).toBeNull();
    const nonce = (await project.mailsTo(email)).at(-1)?.code ?? '';
    expect(nonce).toMatch(/^\d{6}$/);
    const wrong = nonce === '000000' ? '111111' : '000000';
    expect((await auth.updateUser({ password, nonce: wrong })).error).toMatchObject({
      status: 422,
      code: 'reauthentication_not_valid',
    });
    expect((await auth.updateUser({ password, nonce })).error).toBeNull();
  });
});

onEachServer('with the current password required', { requireCurrentPassword: true }, (get) => {
  test('a new password needs the current one, except after recovery', async () => {
    const project = get();
    const { auth, email } = await member(project);
    const password = 'a whole new one';
    expect((await auth.updateUser({ password })).error).toMatchObject({
      status: 400,
      code: 'current_password_required',
    });
    expect((await auth.updateUser({ password, current_password: 'not it at all' })).error).toMatchObject({
      status: 400,
      code: 'current_password_invalid',
    });
    expect((await auth.updateUser({ password, current_password: PASSWORD })).error).toBeNull();
    await auth.resetPasswordForEmail(email, { redirectTo: BACK });
    const back = await follow(await linkTo(project, email));
    await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
    expect((await auth.updateUser({ password: 'and another one' })).error).toBeNull();
  });
});
