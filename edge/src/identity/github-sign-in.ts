/**
 * From GitHub's account to a session of ours. Between leaving for GitHub and coming back nothing is kept: what is to
 * be remembered travels as `state`, sealed. PKCE (RFC 7636) ties the code that the browser gets at the end to the
 * browser that began, so a callback that is slipped to somebody else signs nobody in.
 */
import { isAppFluxError } from '@appflux/protocol';
import { z } from 'zod';
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { createSealer } from '../secrets/sealing.ts';
import { hashToken, sha256Hex } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';
import { AuthRefusal } from './auth-refusal.ts';
import {
  accountOf,
  authorizeUrl,
  callbackUrl,
  type GithubAccount,
  type GithubApp,
  GithubRefusal,
  githubApp,
} from './github.ts';
import { beginSession, type Session } from './issuer.ts';
import { issueToken } from './one-time-token.ts';
import { admit } from './sign-up.ts';

/** How long somebody may stay at GitHub, in milliseconds. */
const AWAY_MS = 15 * 60_000;

/** How long the code for the browser is good, in milliseconds. */
const CODE_MS = 5 * 60_000;

const LABEL = 'github:state';

/** A base64url SHA-256 (RFC 7636 §4.2). */
export const CodeChallenge = z.string().regex(/^[\w-]{43}$/, 'A code challenge is a SHA-256 in base64url');

const State = z.strictObject({
  challenge: CodeChallenge,
  redirectTo: z.url(),
  invitation: z.string().nullable(),
  /** The signed-in user who links their account; null when somebody signs in. */
  linkTo: z.uuid().nullable(),
  until: z.number(),
});
type State = z.infer<typeof State>;

/** The OAuth app, or the refusal that Supabase Auth gives for a provider that is switched off. */
export function requireGithub(env: Env): GithubApp {
  const app = githubApp(env);
  if (app === null) {
    throw new AuthRefusal(400, 'validation_failed', 'Unsupported provider: provider is not enabled');
  }
  return app;
}

/** Where to send a person who begins. */
export async function beginAtGithub(
  env: Env,
  begun: { challenge: string; redirectTo: string; invitation: string | null; linkTo: string | null },
): Promise<string> {
  const state: State = { ...begun, until: Date.now() + AWAY_MS };
  const sealed = await createSealer(env).seal(JSON.stringify(state), LABEL);
  return authorizeUrl(requireGithub(env), callbackUrl(env), sealed);
}

/** Where to send a person who comes back: to where they began, with a code for a session or with why there is none. */
export async function comeBack(
  env: Env,
  metadata: Metadata,
  query: { code?: string | undefined; state?: string | undefined; error_description?: string | undefined },
): Promise<string> {
  const state = await opened(env, query.state);
  if (state === null) {
    const refusal = new AuthRefusal(
      400,
      'bad_oauth_state',
      'The sign-in took too long, or was started in another browser',
    );
    return withRefusal(`${setting(env, 'PUBLIC_URL')}/sign-in`, refusal);
  }
  try {
    if (query.code === undefined) {
      throw new AuthRefusal(403, 'bad_oauth_callback', query.error_description ?? 'GitHub sent no code');
    }
    const account = await accountOf(requireGithub(env), query.code, callbackUrl(env));
    const user = await userOf(env, metadata, account, state);
    const { token } = await issueToken(metadata, 'authCode', {
      ownerId: user.id,
      kind: 'auth_code',
      name: state.challenge,
      expiresAt: new Date(Date.now() + CODE_MS).toISOString(),
    });
    const url = new URL(state.redirectTo);
    url.searchParams.set('code', token);
    return url.href;
  } catch (error) {
    if (error instanceof GithubRefusal) {
      journal.error('a sign-in with GitHub failed', error);
      return withRefusal(state.redirectTo, new AuthRefusal(400, 'bad_oauth_callback', error.message));
    }
    if (error instanceof AuthRefusal) return withRefusal(state.redirectTo, error);
    throw error;
  }
}

/** A session for the code of a callback, to the browser that began (it has the verifier). */
export async function exchangeCode(
  env: Env,
  metadata: Metadata,
  code: string,
  verifier: string,
): Promise<Session> {
  const taken = await metadata.tokens.take('auth_code', await hashToken(code), new Date().toISOString());
  const user = taken && (await metadata.users.byId(taken.ownerId));
  if (!user) throw new AuthRefusal(404, 'flow_state_not_found', 'Invalid code: already used or expired');
  if ((await challengeOf(verifier)) !== taken.name) {
    throw new AuthRefusal(400, 'bad_code_verifier', 'The sign-in was started in another browser');
  }
  return beginSession(env, metadata, user, 'oauth');
}

/** The challenge that a verifier belongs to: its SHA-256 in base64url. */
export async function challengeOf(verifier: string): Promise<string> {
  const hex = await sha256Hex(new TextEncoder().encode(verifier));
  return Buffer.from(hex, 'hex').toString('base64url');
}

/**
 * Whose account of ours it is. Accounts are never merged by email: a user with an email here has not
 * shown that it is theirs.
 */
async function userOf(
  env: Env,
  metadata: Metadata,
  account: GithubAccount,
  state: State,
): Promise<UserRecord> {
  const known = await metadata.users.byGithubId(account.id);
  if (state.linkTo !== null) {
    if (known !== null && known.id !== state.linkTo) throw belongsToAnother();
    const linked = await link(metadata, state.linkTo, account.id);
    if (linked === null) throw new AuthRefusal(403, 'user_not_found', 'User not found');
    if (known === null) await noteOfUser(metadata, linked, 'identity.link');
    return linked;
  }
  if (known !== null) return known;
  if (account.email === null) {
    throw new AuthRefusal(422, 'provider_email_needs_verification', 'Your email isn’t verified on GitHub');
  }
  return admit(env, metadata, state.invitation, {
    email: account.email,
    passwordHash: null,
    githubId: account.id,
  });
}

async function link(metadata: Metadata, userId: string, githubId: string): Promise<UserRecord | null> {
  try {
    return await metadata.users.update(userId, { githubId });
  } catch (error) {
    // Somebody else has come with it at the same time.
    if (isAppFluxError(error, 'identity_taken')) throw belongsToAnother();
    throw error;
  }
}

const belongsToAnother = () =>
  new AuthRefusal(422, 'identity_already_exists', 'That GitHub account is linked to another user');

async function opened(env: Env, sealed: string | undefined): Promise<State | null> {
  if (sealed === undefined) return null;
  try {
    const state = State.parse(JSON.parse(await createSealer(env).open(sealed, LABEL)));
    return state.until > Date.now() ? state : null;
  } catch {
    // Made up, changed, or sealed with a key that is gone: it began nowhere that we know of.
    return null;
  }
}

/** As Supabase Auth tells a browser why: in the query, where supabase-js reads it. */
function withRefusal(address: string, refusal: AuthRefusal): string {
  const url = new URL(address);
  url.searchParams.set('error', 'access_denied');
  url.searchParams.set('error_code', refusal.errorCode);
  url.searchParams.set('error_description', refusal.message);
  return url.href;
}
