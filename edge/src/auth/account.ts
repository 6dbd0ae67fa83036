/** The auth surface for those who are signed in: their account, and signing out. */
import { Hono } from 'hono';
import { z } from 'zod';
import { noteOfUser } from '../audit/note.ts';
import type { ApiEnv } from '../http/router.ts';
import { changeAccount } from '../identity/account.ts';
import { deleteAccount } from '../identity/delete-account.ts';
import { beginAtGithub } from '../identity/github-sign-in.ts';
import { unlink } from '../identity/identities.ts';
import { toAuthUser } from '../identity/issuer.ts';
import { bodyOf, Email, Password, parse, rememberDevice, signedIn, signedInUser } from './request.ts';
import { beginningOf } from './sign-in.ts';

const LogoutScope = z.enum(['global', 'local', 'others']).default('global');

const ChangeUser = z.object({
  email: Email.optional(),
  password: Password.optional(),
  current_password: Password.optional(),
  data: z.never({ error: 'Nothing of user_metadata is kept here' }).optional(),
});

const DeleteUser = z.object({ current_password: Password.optional() });

export const authAccount = new Hono<ApiEnv>();

authAccount.get('/user', async (c) => c.json(toAuthUser((await signedInUser(c)).user)));

authAccount.put('/user', async (c) => {
  const { claims, user } = await signedInUser(c);
  const { email, password, current_password } = await bodyOf(c, ChangeUser);
  const change = { email, password, currentPassword: current_password };
  const changed = await changeAccount(c.env, c.get('metadata'), user, claims, change);
  if (password !== undefined) await rememberDevice(c, changed);
  return c.json(toAuthUser(changed));
});

// Not among the calls of Supabase Auth, where only the project's own server may delete a user.
authAccount.delete('/user', async (c) => {
  const { claims, user } = await signedInUser(c);
  const { current_password: currentPassword } = await bodyOf(c, DeleteUser);
  await deleteAccount(c.env, c.get('metadata'), user, claims, currentPassword);
  return c.body(null, 204);
});

authAccount.delete('/user/identities/:id', async (c) => {
  const { user } = await signedInUser(c);
  await unlink(c.get('metadata'), user, c.req.param('id'));
  return c.json({});
});

authAccount.get('/user/identities/authorize', async (c) => {
  const { userId } = await signedIn(c);
  const { challenge, redirectTo } = beginningOf(c);
  const url = await beginAtGithub(c.env, { challenge, redirectTo, invitation: null, linkTo: userId });
  return c.json({ url });
});

authAccount.post('/logout', async (c) => {
  const { userId, sessionId, email } = await signedIn(c);
  const metadata = c.get('metadata');
  const scope = parse(LogoutScope, c.req.query('scope'));
  if (scope === 'local') await metadata.sessions.endSession(sessionId);
  else await metadata.sessions.endSessionsOf(userId, scope === 'others' ? sessionId : null);
  await noteOfUser(metadata, { id: userId, email }, 'session.sign_out');
  return c.body(null, 204);
});
