/** The auth surface for those who are not signed in yet. */
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { ApiEnv } from '../http/router.ts';
import { checkPassword, visitorOf } from '../identity/account.ts';
import { AuthRefusal } from '../identity/auth-refusal.ts';
import {
  beginAtGithub,
  CodeChallenge,
  comeBack,
  exchangeCode,
  requireGithub,
} from '../identity/github-sign-in.ts';
import { beginSession, refreshSession, type Session, signInWithLink } from '../identity/issuer.ts';
import { requestLink } from '../identity/request-link.ts';
import { requireAdmission, signUpWithPassword } from '../identity/sign-up.ts';
import { journal } from '../journal.ts';
import { setting } from '../settings.ts';
import { bodyOf, clientOf, Email, Password, parse, rememberDevice, Token } from './request.ts';

const SignUp = z.object({
  email: Email,
  password: Password,
  /** supabase-js's `options.data`: the token of an invitation. */
  data: z.object({ invitation: Token.optional() }).default({}),
});
const Verify = z.object({ type: z.enum(['magiclink', 'email', 'recovery']), token_hash: Token });
const Recover = z.object({ email: Email });
const Otp = z.object({ email: Email });
const Grants = {
  password: z.object({ email: Email, password: Password }),
  refresh_token: z.object({ refresh_token: Token }),
  pkce: z.object({ auth_code: Token, code_verifier: z.string().min(43).max(128) }),
};
const GrantType = z.enum(['password', 'refresh_token', 'pkce']);
const Authorize = z.object({
  provider: z.string(),
  redirect_to: z.string().optional(),
  code_challenge: CodeChallenge,
  code_challenge_method: z.string().toLowerCase().pipe(z.literal('s256')),
});
const Invited = z.object({ invitation: Token });
const Callback = z.object({
  code: z.string().min(1).max(500).optional(),
  state: z.string().max(4000).optional(),
  error_description: z.string().max(300).optional(),
});

export const authSignIn = new Hono<ApiEnv>();

authSignIn.post('/signup', async (c) => {
  const metadata = c.get('metadata');
  const { email, password, data } = await bodyOf(c, SignUp);
  const user = await signUpWithPassword(
    c.env,
    metadata,
    { email, password, invitation: data.invitation ?? null },
    visitorOf(await clientOf(c)),
  );
  await rememberDevice(c, user);
  return c.json(await beginSession(c.env, metadata, user, 'password'));
});

authSignIn.post('/verify', async (c) => {
  const { type, token_hash } = await bodyOf(c, Verify);
  return signedInHere(c, await signInWithLink(c.env, c.get('metadata'), token_hash, type));
});

authSignIn.post('/token', async (c) => {
  const metadata = c.get('metadata');
  const type = GrantType.safeParse(c.req.query('grant_type'));
  switch (type.data) {
    case 'password': {
      const { email, password } = await bodyOf(c, Grants.password);
      const user = await checkPassword(c.env, metadata, { email, password }, await clientOf(c));
      await rememberDevice(c, user);
      return c.json(await beginSession(c.env, metadata, user, 'password'));
    }
    case 'refresh_token': {
      const { refresh_token } = await bodyOf(c, Grants.refresh_token);
      return c.json(await refreshSession(c.env, metadata, refresh_token));
    }
    case 'pkce': {
      const { auth_code, code_verifier } = await bodyOf(c, Grants.pkce);
      return signedInHere(c, await exchangeCode(c.env, metadata, auth_code, code_verifier));
    }
    case undefined:
      throw new AuthRefusal(400, 'validation_failed', 'grant_type must be password, refresh_token or pkce');
  }
});

authSignIn.post('/recover', async (c) => {
  const { email } = await bodyOf(c, Recover);
  await requestLink(c.env, c.get('metadata'), 'recovery', email, await clientOf(c), after(c));
  return c.json({});
});

authSignIn.post('/otp', async (c) => {
  const { email } = await bodyOf(c, Otp);
  await requestLink(c.env, c.get('metadata'), 'sign_in', email, await clientOf(c), after(c));
  return c.json({});
});

authSignIn.get('/authorize', async (c) => {
  const begun = { ...beginningOf(c), invitation: null, linkTo: null };
  return c.redirect(await beginAtGithub(c.env, begun), 302);
});

// Not part of Supabase Auth: the same for an invited user, with the token where no log and no provider sees it.
authSignIn.post('/authorize', async (c) => {
  const begun = beginningOf(c);
  const { invitation } = await bodyOf(c, Invited);
  await requireAdmission(c.env, c.get('metadata'), invitation);
  return c.json({ url: await beginAtGithub(c.env, { ...begun, invitation, linkTo: null }) });
});

authSignIn.get('/callback', async (c) => {
  const query = parse(Callback, c.req.query());
  return c.redirect(await comeBack(c.env, c.get('metadata'), query), 303);
});

/** Works after the response was sent. A failure can't be reported any more; the client may ask again. */
const after =
  (c: Context<ApiEnv>) =>
  (work: () => Promise<void>): void =>
    c.executionCtx.waitUntil(
      work().catch((error: unknown) => journal.error(`${c.req.path}: a link was not made`, error)),
    );

/** Answers with a session that has just begun. The browser is known for the account from now on. */
async function signedInHere(c: Context<ApiEnv>, session: Session): Promise<Response> {
  await rememberDevice(c, await c.get('metadata').users.byId(session.user.id));
  return c.json(session);
}

/** The validated query of a request that starts a sign-in at a provider. */
export function beginningOf(c: Context<ApiEnv>): { challenge: string; redirectTo: string } {
  requireGithub(c.env);
  const query = parse(Authorize, c.req.query());
  if (query.provider !== 'github') {
    throw new AuthRefusal(400, 'validation_failed', 'Unsupported provider: provider is not enabled');
  }
  return {
    challenge: query.code_challenge,
    redirectTo: ownAddress(query.redirect_to, setting(c.env, 'PUBLIC_URL')),
  };
}

/** An address of this instance, or its sign-in page: the code goes to nobody else. */
function ownAddress(asked: string | undefined, publicUrl: string): string {
  const url = URL.parse(asked ?? '', publicUrl);
  const own = url !== null && url.origin === new URL(publicUrl).origin;
  return own && asked !== undefined ? url.href : `${publicUrl}/sign-in`;
}
