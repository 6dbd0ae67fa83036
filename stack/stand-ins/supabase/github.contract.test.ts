/** GitHub sign-in and identities of Supabase Auth. */
import { expect, test } from 'vitest';
import { authorize, browserOf, follow } from './browser.ts';
import type { RunningProject } from './start.ts';
import { account, anyone, BACK, claimsOf, member, onEachServer, PASSWORD } from './testing/on-each-server.ts';

onEachServer('with the defaults', {}, (get) => {
  test('nothing can be linked or unlinked while manual linking is off', async () => {
    const { auth } = await member(get());
    const { data } = await auth.getUserIdentities();
    expect(data?.identities.map(({ provider }) => provider)).toEqual(['email']);
    const [only] = data?.identities ?? [];
    if (only === undefined) throw new Error('There is no identity');
    const off = { status: 404, code: 'manual_linking_disabled' };
    expect((await auth.unlinkIdentity(only)).error).toMatchObject(off);
    const linking = { provider: 'github' as const, options: { skipBrowserRedirect: true } };
    expect((await auth.linkIdentity(linking)).error).toMatchObject(off);
  });

  test('every query parameter of /authorize reaches GitHub, redirect_to included', async () => {
    const auth = browserOf(get());
    const { data } = await auth.signInWithOAuth({
      provider: 'github',
      options: { redirectTo: BACK, queryParams: { invitation: 'afi_secret' }, skipBrowserRedirect: true },
    });
    const told = (await follow(data.url)).searchParams;
    expect(told.get('invitation')).toBe('afi_secret');
    expect(told.get('redirect_to')).toBe(BACK);
    expect(told.get('code_challenge')).toBeNull();
  });

  test('GitHub creates a user and finds it again; a password adds no identity', async () => {
    const project = get();
    const { name } = account(1);
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 2; i += 1) {
      const auth = browserOf(project);
      const { data } = await auth.signInWithOAuth({
        provider: 'github',
        options: { redirectTo: BACK, skipBrowserRedirect: true },
      });
      const back = await authorize((await follow(data.url)).href, name);
      expect(back.searchParams.get('from')).toBe('email');
      const signedIn = await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
      expect(signedIn.error).toBeNull();
      ids.push(signedIn.data.user?.id);
      expect(claimsOf(signedIn.data.session?.access_token)).toMatchObject({
        email: `${name}@example.com`,
        app_metadata: { providers: ['github'] },
        amr: [{ method: 'oauth' }],
      });
      expect(signedIn.data.user?.identities?.map(({ provider }) => provider)).toEqual(['github']);
      // Setting a password doesn't add an identity.
      if (i === 0) expect((await auth.updateUser({ password: PASSWORD })).error).toBeNull();
      expect((await auth.getUserIdentities()).data?.identities).toHaveLength(1);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  test('a GitHub account with a verified email is linked to the user with that email', async () => {
    const project = get();
    const { name } = account(2);
    const { email } = await member(project, `${name}@example.com`);
    const auth = browserOf(project);
    const { data } = await auth.signInWithOAuth({
      provider: 'github',
      options: { redirectTo: BACK, skipBrowserRedirect: true },
    });
    const back = await authorize((await follow(data.url)).href, name);
    const signedIn = await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
    expect(signedIn.data.user?.email).toBe(email);
    expect(signedIn.data.user?.identities?.map(({ provider }) => provider).sort()).toEqual([
      'email',
      'github',
    ]);
  });

  test('canceling at GitHub redirects back with its error', async () => {
    const auth = browserOf(get());
    const { data } = await auth.signInWithOAuth({
      provider: 'github',
      options: { redirectTo: BACK, skipBrowserRedirect: true },
    });
    const page = await (await fetch(await follow(data.url))).text();
    const cancel = /href="([^"]+)">Cancel</.exec(page)?.[1]?.replaceAll('&amp;', '&');
    const back = await follow(cancel);
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('error_description')).toContain('denied');
  });
});

onEachServer('with manual linking', { manualLinking: true }, (get) => {
  async function linked(project: RunningProject, n: number) {
    const { auth, email } = await member(project);
    const { data, error } = await auth.linkIdentity({
      provider: 'github',
      options: { redirectTo: BACK, skipBrowserRedirect: true },
    });
    expect(error).toBeNull();
    const back = await authorize(data.url ?? '', account(n).name);
    expect((await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '')).error).toBeNull();
    return { auth, email };
  }

  test('GitHub can be linked and unlinked, but not the last identity', async () => {
    const { auth, email } = await linked(get(), 3);
    const { data } = await auth.getUserIdentities();
    expect(data?.identities.map(({ provider }) => provider).sort()).toEqual(['email', 'github']);
    const github = data?.identities.find(({ provider }) => provider === 'github');
    if (github === undefined) throw new Error('GitHub is not linked');
    expect((await auth.unlinkIdentity(github)).error).toBeNull();
    const left = (await auth.getUserIdentities()).data?.identities ?? [];
    expect(left.map(({ provider }) => provider)).toEqual(['email']);
    expect((await auth.getUser()).data.user?.email).toBe(email);
    const [only] = left;
    if (only === undefined) throw new Error('There is no identity');
    expect((await auth.unlinkIdentity(only)).error).toMatchObject({
      status: 422,
      code: 'single_identity_not_deletable',
    });
  });

  test('an unknown identity is not found', async () => {
    const { auth } = await linked(get(), 4);
    const [one] = (await auth.getUserIdentities()).data?.identities ?? [];
    if (one === undefined) throw new Error('There is no identity');
    const gone = { ...one, identity_id: crypto.randomUUID() };
    expect((await auth.unlinkIdentity(gone)).error).toMatchObject({
      status: 422,
      code: 'identity_not_found',
    });
  });

  test('a GitHub account of another user can not be linked', async () => {
    const project = get();
    await linked(project, 5);
    const { auth } = await member(project);
    const { data } = await auth.linkIdentity({
      provider: 'github',
      options: { redirectTo: BACK, skipBrowserRedirect: true },
    });
    const back = await authorize(data.url ?? '', account(5).name);
    expect(back.searchParams.get('error_code')).toBe('identity_already_exists');
    expect(back.searchParams.get('code')).toBeNull();
  });
});

onEachServer('without sign-ups and GitHub', { signUps: false, github: false }, (get) => {
  test('signUp is rejected, and /authorize answers with JSON instead of a redirect', async () => {
    const auth = browserOf(get());
    expect((await auth.signUp({ email: anyone(), password: PASSWORD })).error).toMatchObject({
      status: 422,
      code: 'signup_disabled',
    });
    const { data } = await auth.signInWithOAuth({
      provider: 'github',
      options: { redirectTo: BACK, skipBrowserRedirect: true },
    });
    const response = await fetch(data.url ?? '', { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 400, error_code: 'validation_failed' });
  });
});
