/**
 * Signing in with GitHub: the OAuth web flow, with PKCE between the browser and this issuer.
 * Sources: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps,
 * https://docs.github.com/en/rest/users/users, https://docs.github.com/en/rest/users/emails
 */
import { z } from 'zod';
import type { Env } from '../env.ts';
import { setting } from '../settings.ts';

/** How long GitHub is waited for, in milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** Somebody who GitHub says has signed in there. */
export interface GithubAccount {
  /** The account's number, which stays when its name changes. */
  id: string;
  login: string;
  /** Its primary email if GitHub has verified it, in lower case; null otherwise. */
  email: string | null;
}

/** GitHub did not say who it is: it refused, or could not be reached. */
export class GithubRefusal extends Error {
  override readonly name = 'GithubRefusal';
}

/** The OAuth app of this instance, when the operator has given one. */
export interface GithubApp {
  clientId: string;
  clientSecret: string;
  /** Where people sign in, and where the API is. */
  web: string;
  api: string;
}

/** The OAuth app that this instance signs people in with; null when there is none. */
export function githubApp(env: Env): GithubApp | null {
  if (!env.GITHUB_CLIENT_ID || !env.GITHUB_CLIENT_SECRET) return null;
  return {
    clientId: env.GITHUB_CLIENT_ID,
    clientSecret: env.GITHUB_CLIENT_SECRET,
    web: (env.GITHUB_URL || 'https://github.com').replace(/\/+$/, ''),
    api: (env.GITHUB_API_URL || 'https://api.github.com').replace(/\/+$/, ''),
  };
}

/** Where GitHub sends people back to; the OAuth app names the same address. */
export const callbackUrl = (env: Env) => `${setting(env, 'PUBLIC_URL')}/auth/v1/callback`;

/** Where a person signs in at GitHub; they come back to the callback with `state`. */
export function authorizeUrl(app: GithubApp, redirectUri: string, state: string): string {
  const url = new URL(`${app.web}/login/oauth/authorize`);
  url.searchParams.set('client_id', app.clientId);
  url.searchParams.set('redirect_uri', redirectUri);
  url.searchParams.set('scope', 'read:user user:email');
  url.searchParams.set('state', state);
  return url.href;
}

/** GitHub answers an invalid code with 200, too, and `error` in the body. */
const TokenAnswer = z.object({ access_token: z.string().min(1), token_type: z.string() });
const TokenError = z.object({ error: z.string(), error_description: z.string().default('') });
const User = z.object({ id: z.int().positive(), login: z.string() });
const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** Whose code it is. The token that comes for it is used for these two questions and kept nowhere. */
export async function accountOf(app: GithubApp, code: string, redirectUri: string): Promise<GithubAccount> {
  const token = await tokenFor(app, code, redirectUri);
  const ask = (path: string) =>
    answerOf(
      fetch(app.api + path, {
        headers: {
          Accept: 'application/vnd.github+json',
          Authorization: `Bearer ${token}`,
          'User-Agent': 'AppFlux',
        },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      }),
    );
  const [user, emails] = await Promise.all([ask('/user'), ask('/user/emails')]);
  const { id, login } = understood(User, user);
  const main = understood(Emails, emails).find(({ primary, verified }) => primary && verified);
  return { id: String(id), login, email: main?.email.toLowerCase() ?? null };
}

async function tokenFor(app: GithubApp, code: string, redirectUri: string): Promise<string> {
  const body = await answerOf(
    fetch(`${app.web}/login/oauth/access_token`, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'User-Agent': 'AppFlux' },
      body: JSON.stringify({
        client_id: app.clientId,
        client_secret: app.clientSecret,
        code,
        redirect_uri: redirectUri,
      }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }),
  );
  const refused = TokenError.safeParse(body);
  if (refused.success) {
    throw new GithubRefusal(
      `GitHub refused the code: ${refused.data.error_description || refused.data.error}`,
    );
  }
  return understood(TokenAnswer, body).access_token;
}

async function answerOf(asked: Promise<Response>): Promise<unknown> {
  try {
    const response = await asked;
    if (!response.ok) throw new GithubRefusal(`GitHub answered ${response.status}`);
    return await response.json();
  } catch (cause) {
    if (cause instanceof GithubRefusal) throw cause;
    throw new GithubRefusal('GitHub does not answer', { cause });
  }
}

function understood<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new GithubRefusal('GitHub answered something else', { cause: parsed.error });
  return parsed.data;
}
