/** Sign-up, emailed links and rate limits of Supabase Auth. */
import { expect, test } from 'vitest';
import { browserOf, follow, linkTo, SITE } from './browser.ts';
import { anyone, BACK, claimsOf, member, onEachServer, PASSWORD, signIn } from './testing/on-each-server.ts';

onEachServer('with email confirmation', {}, (get) => {
  test('signUp returns a user without a session, and its data ends up in every access token', async () => {
    const project = get();
    const email = anyone();
    const auth = browserOf(project);
    const { data, error } = await auth.signUp({
      email,
      password: PASSWORD,
      options: { emailRedirectTo: BACK, data: { invitation: 'afi_secret' } },
    });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    expect(data.user?.identities).toHaveLength(1);
    expect(data.user?.user_metadata.invitation).toBe('afi_secret');
    expect((await signIn(project, email)).error).toMatchObject({
      status: 400,
      code: 'email_not_confirmed',
    });
    expect((await signIn(project, email, 'wrong wrong')).error).toMatchObject({
      status: 400,
      code: 'invalid_credentials',
    });

    const back = await follow(await linkTo(project, email));
    expect(back.origin + back.pathname).toBe(`${SITE}/sign-in`);
    expect(back.searchParams.get('from')).toBe('email');
    const exchanged = await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
    expect(exchanged.error).toBeNull();
    const claims = claimsOf(exchanged.data.session?.access_token);
    expect(claims).toMatchObject({
      aud: 'authenticated',
      email,
      user_metadata: { invitation: 'afi_secret' },
      app_metadata: { provider: 'email', providers: ['email'] },
      amr: [{ method: 'email/signup' }],
    });
    const cleared = await auth.updateUser({ data: { invitation: null } });
    expect(cleared.data.user?.user_metadata).not.toHaveProperty('invitation');
    const refreshed = await auth.refreshSession();
    expect(claimsOf(refreshed.data.session?.access_token).user_metadata).not.toHaveProperty('invitation');
  });

  test('a link works once, then redirects with an error in the query and the fragment', async () => {
    const project = get();
    const email = anyone();
    await browserOf(project).signUp({ email, password: PASSWORD, options: { emailRedirectTo: BACK } });
    const link = await linkTo(project, email);
    await follow(link);
    const again = await follow(link);
    for (const said of [again.searchParams, new URLSearchParams(again.hash.slice(1))]) {
      expect(Object.fromEntries(said)).toMatchObject({
        error: 'access_denied',
        error_code: 'otp_expired',
        error_description: 'Email link is invalid or has expired',
      });
    }
  });

  test('in another browser the link confirms the email but its code signs nobody in', async () => {
    const project = get();
    const email = anyone();
    const own = browserOf(project);
    await own.signUp({ email, password: PASSWORD, options: { emailRedirectTo: BACK } });
    const code = (await follow(await linkTo(project, email))).searchParams.get('code') ?? '';
    const elsewhere = browserOf(project);
    expect((await elsewhere.exchangeCodeForSession(code)).error).toMatchObject({
      code: 'pkce_code_verifier_not_found',
    });
    await elsewhere.resetPasswordForEmail(anyone());
    expect((await elsewhere.exchangeCodeForSession(code)).error).toMatchObject({
      status: 400,
      code: 'bad_code_verifier',
    });
    expect((await signIn(project, email)).error).toBeNull();
    expect((await own.exchangeCodeForSession(code)).error).toBeNull();
    await own.resetPasswordForEmail(anyone());
    expect((await own.exchangeCodeForSession(code)).error).toMatchObject({
      status: 404,
      code: 'flow_state_not_found',
    });
  });

  test('verifyOtp with the token of a link signs in from any browser', async () => {
    const project = get();
    const email = anyone();
    await browserOf(project).signUp({ email, password: PASSWORD, options: { emailRedirectTo: BACK } });
    const token_hash = new URL(await linkTo(project, email)).searchParams.get('token') ?? '';
    const elsewhere = browserOf(project);
    const { data, error } = await elsewhere.verifyOtp({ type: 'signup', token_hash });
    expect(error).toBeNull();
    expect(data.user?.email).toBe(email);
    expect((await elsewhere.verifyOtp({ type: 'signup', token_hash })).error).toMatchObject({
      status: 403,
      code: 'otp_expired',
    });
  });

  test('signing up with a registered email looks like success, with no identities', async () => {
    const project = get();
    const { email } = await member(project);
    const before = (await project.mailsTo(email)).length;
    const { data, error } = await browserOf(project).signUp({ email, password: 'another password' });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    expect(data.user?.identities).toEqual([]);
    expect(await project.mailsTo(email)).toHaveLength(before);
  });

  test('a second sign-up before confirmation keeps the first password and sends another email', async () => {
    const project = get();
    const email = anyone();
    const first = await browserOf(project).signUp({ email, password: PASSWORD });
    const second = await browserOf(project).signUp({ email, password: 'the second password' });
    expect(second.data.user?.id).toBe(first.data.user?.id);
    expect(await project.mailsTo(email)).toHaveLength(2);
    await follow(await linkTo(project, email));
    expect((await signIn(project, email, 'the second password')).error).toMatchObject({
      code: 'invalid_credentials',
    });
    expect((await signIn(project, email)).error).toBeNull();
  });

  test('emails can be resent, and unknown emails get the same answer', async () => {
    const project = get();
    const email = anyone();
    const auth = browserOf(project);
    await auth.signUp({ email, password: PASSWORD });
    expect((await auth.resend({ type: 'signup', email })).error).toBeNull();
    expect(await project.mailsTo(email)).toHaveLength(2);
    const nobody = anyone();
    expect((await auth.resend({ type: 'signup', email: nobody })).error).toBeNull();
    expect((await auth.resetPasswordForEmail(nobody)).error).toBeNull();
    expect(await project.mailsTo(nobody)).toEqual([]);
  });

  test('a weak password is rejected with reasons', async () => {
    const { error } = await browserOf(get()).signUp({ email: anyone(), password: 'short' });
    expect(error).toMatchObject({
      name: 'AuthWeakPasswordError',
      status: 422,
      code: 'weak_password',
      reasons: ['length'],
    });
  });

  test('a redirect URL that is not allowed becomes the site URL', async () => {
    const project = get();
    const email = anyone();
    const auth = browserOf(project);
    await auth.signUp({
      email,
      password: PASSWORD,
      options: { emailRedirectTo: 'https://elsewhere.example/take' },
    });
    const back = await follow(await linkTo(project, email));
    expect(back.origin).toBe(SITE);
    expect(back.searchParams.get('code')).not.toBeNull();
  });

  test('the settings are public', async () => {
    const project = get();
    const settings = await (
      await fetch(`${project.url}/auth/v1/settings`, { headers: { apikey: project.key } })
    ).json();
    expect(settings).toMatchObject({
      external: { email: true, github: true },
      disable_signup: false,
      mailer_autoconfirm: false,
    });
  });

  test('errors have the old shape for clients without an API version', async () => {
    const response = await fetch(`${get().url}/auth/v1/user`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 401, error_code: 'no_authorization' });
  });
});

onEachServer('without email confirmation', { confirmEmail: false }, (get) => {
  test('signUp signs in immediately and rejects a registered email', async () => {
    const project = get();
    const email = anyone();
    const { data, error } = await browserOf(project).signUp({ email, password: PASSWORD });
    expect(error).toBeNull();
    expect(data.session).not.toBeNull();
    expect(await project.mailsTo(email)).toEqual([]);
    const again = await browserOf(project).signUp({ email, password: PASSWORD });
    expect(again.error).toMatchObject({ status: 422, code: 'user_already_exists' });
    // An unverified email looks the same as a verified one.
    expect(data.user?.email_confirmed_at).toBeTruthy();
  });
});

onEachServer('with rate limits', { secondsBetweenMails: 60, mailsPerHour: 3 }, (get) => {
  test('a second email too soon and one over the hourly limit are rejected', async () => {
    const project = get();
    const auth = browserOf(project);
    const email = anyone();
    await auth.signUp({ email, password: PASSWORD });
    const soon = await auth.resend({ type: 'signup', email });
    expect(soon.error).toMatchObject({ status: 429, code: 'over_email_send_rate_limit' });
    expect(soon.error?.message).toMatch(/after \d+ seconds/);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await auth.signUp({ email: anyone(), password: PASSWORD }));
    expect(answers.at(-1)?.error).toMatchObject({ status: 429, code: 'over_email_send_rate_limit' });
  });
});
