/** Users of a Supabase project that behaves like a real one, from sign-up to the team. */
import { env } from 'cloudflare:workers';
import type { Me } from '@appflux/protocol';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { browserOf, follow } from '../../../stack/stand-ins/supabase/browser.ts';
import { type Asked, forgetAll, requestWith } from '../testing/worker.ts';

const { projects } = inject('issuers');
const PASSWORD = 'correct horse battery';

beforeEach(forgetAll);

let count = 0;
function anyone(): string {
  count += 1;
  return `person-${count}-${crypto.randomUUID()}@example.com`;
}

describe.each(Object.entries(projects))('a %s project', (_name, project) => {
  const ask = (path: string, asked: Asked = {}) =>
    requestWith({ SUPABASE_URL: project.url, SUPABASE_ANON_KEY: project.key }, path, asked);
  const post = (path: string, token: string, json: object) => ask(path, { method: 'POST', token, json });

  /** Signs up in the project and returns the access token, after following the link if there is one. */
  async function signUp(email: string) {
    const auth = browserOf(project);
    const options = { emailRedirectTo: `${env.PUBLIC_URL}/invite?from=email` };
    const { data, error } = await auth.signUp({ email, password: PASSWORD, options });
    expect(error).toBeNull();
    if (data.session === null) {
      const mails = await (await fetch(`${project.inbox}/${email}`)).json<{ link: string }[]>();
      const back = await follow(mails.at(-1)?.link);
      expect(back.pathname).toBe('/invite');
      await auth.exchangeCodeForSession(back.searchParams.get('code') ?? '');
    }
    const { session } = (await auth.getSession()).data;
    return { auth, token: session?.access_token ?? '' };
  }

  test('the first owner signs up and joins by the one-time link; then others by invitation', async () => {
    const setup = await ask('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
    const { owner, signIn } = await setup.json<{ owner: { id: string }; signIn: { url: string } }>();
    const invitation = new URLSearchParams(new URL(signIn.url).hash.slice(1)).get('token') ?? '';

    const first = await signUp(anyone());
    expect((await ask('/api/me', { token: first.token })).status).toBe(403);
    const joined = await post('/api/invitations/accept', first.token, { token: invitation });
    expect(await joined.json()).toEqual({ teamId: owner.id, role: 'owner' });

    const made = await post('/api/invitations', first.token, { role: 'developer' });
    const { url } = await made.json<{ url: string }>();
    const second = await signUp(anyone());
    const token = new URLSearchParams(new URL(url).hash.slice(1)).get('token');
    expect((await post('/api/invitations/accept', second.token, { token })).status).toBe(200);
    const me = await (await ask('/api/me', { token: second.token })).json<Me>();
    expect(me).toMatchObject({ teamId: owner.id, role: 'developer' });

    // A user who signs up without an invitation has no team.
    const third = await signUp(anyone());
    expect((await post('/api/invitations/accept', third.token, { token: invitation })).status).toBe(404);
    expect((await ask('/api/apps', { token: third.token })).status).toBe(403);
  });

  test('what a user writes into their own profile is no invitation', async () => {
    const setup = await ask('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
    const { signIn } = await setup.json<{ signIn: { url: string } }>();
    const invitation = new URLSearchParams(new URL(signIn.url).hash.slice(1)).get('token') ?? '';
    const { auth } = await signUp(anyone());
    await auth.updateUser({ data: { invitation, role: 'owner', app_metadata: { role: 'owner' } } });
    const { session } = (await auth.refreshSession()).data;
    expect(decodeJwt(session?.access_token ?? '').user_metadata).toMatchObject({ invitation });
    expect((await ask('/api/me', { token: session?.access_token ?? '' })).status).toBe(403);
  });

  test('a session that the project ended is valid here until its token expires, and not refreshed', async () => {
    const setup = await ask('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
    const { signIn } = await setup.json<{ signIn: { url: string } }>();
    const invitation = new URLSearchParams(new URL(signIn.url).hash.slice(1)).get('token') ?? '';
    const { auth, token } = await signUp(anyone());
    await post('/api/invitations/accept', token, { token: invitation });
    const { session } = (await auth.getSession()).data;
    await auth.signOut({ scope: 'global' });
    expect((await ask('/api/me', { token })).status).toBe(200);
    const refreshed = await auth.refreshSession({ refresh_token: session?.refresh_token ?? '' });
    expect(refreshed.error).toMatchObject({ code: 'refresh_token_not_found' });
  });
});
