/**
 * The cookies of visitors. One says who may open an App on one host; it is bound to both. The other one binds a sign-in at
 * the dashboard to the browser that began it.
 */
import { PICTURE_ACCESS_SECONDS } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { randomToken } from '../../secrets/tokens.ts';
import { setting } from '../../settings.ts';
import type { Credential } from './decide.ts';
import { seal, unseal } from './signed.ts';

/** How long a member of the team may open a site before the dashboard is asked again, in seconds. */
export const TEAM_SECONDS = 3600;

/** How long the password is remembered, in seconds. */
export const PASSWORD_SECONDS = 24 * 3600;

/** How long a sign-in at the dashboard may take, in seconds. */
const STATE_SECONDS = 15 * 60;

const STATE_FORM = /^[\w-]{43}$/;

const Payload = z.strictObject({
  host: z.string(),
  app: z.string(),
  kind: z.enum(['team', 'password', 'picture']),
  /** The team's id, the mark of the password, or the id of the only deployment that is opened. */
  subject: z.string(),
  /** Unix seconds. */
  until: z.int(),
});

export type CookieFacts = Omit<z.infer<typeof Payload>, 'until'>;

/** How long the cookies of each kind are valid, in seconds. */
const SECONDS: Readonly<Record<CookieFacts['kind'], number>> = {
  team: TEAM_SECONDS,
  password: PASSWORD_SECONDS,
  picture: PICTURE_ACCESS_SECONDS,
};

/** The `__Host-` prefix keeps other hosts of the domain from setting a cookie (RFC 6265bis §4.1.3.2); it needs https. */
const isSecure = (env: Env): boolean => setting(env, 'PUBLIC_URL').startsWith('https:');
const prefix = (env: Env): string => (isSecure(env) ? '__Host-' : '');

const accessName = (env: Env, appId: string): string => `${prefix(env)}appflux-access-${appId}`;
const stateName = (env: Env): string => `${prefix(env)}appflux-access-state`;

const setCookie = (env: Env, name: string, value: string, seconds: number): string =>
  [
    `${name}=${value}`,
    'Path=/',
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure(env) ? ['Secure'] : []),
  ].join('; ');

/** The `Set-Cookie` header that lets a browser open an App on a host. `now` in Unix milliseconds. */
export async function accessCookie(env: Env, facts: CookieFacts, now: number): Promise<string> {
  const { name, value } = await accessPair(env, facts, now);
  return setCookie(env, name, value, SECONDS[facts.kind]);
}

/** The same cookie as a name and a value, for a browser that gets it in another way. */
export async function accessPair(
  env: Env,
  facts: CookieFacts,
  now: number,
): Promise<{ name: string; value: string }> {
  const payload = { ...facts, until: Math.floor(now / 1000) + SECONDS[facts.kind] };
  const value = await seal(env, 'site-access', JSON.stringify(payload));
  return { name: accessName(env, facts.app), value };
}

/** What a request's cookie proves for an App on a host (a name without a port); null if it is none of ours, or expired. */
export async function cookieCredential(
  request: Request,
  { env, host, appId, now }: { env: Env; host: string; appId: string; now: number },
): Promise<Credential | null> {
  const value = cookieOf(request, accessName(env, appId));
  const text = value === null ? null : await unseal(env, 'site-access', value);
  if (text === null) return null;
  const { host: of, app, kind, subject, until } = Payload.parse(JSON.parse(text));
  if (of !== host || app !== appId || until * 1000 <= now) return null;
  switch (kind) {
    case 'team':
      return { kind: 'team_cookie', ownerId: subject };
    case 'password':
      return { kind: 'password_cookie', mark: subject };
    case 'picture':
      return { kind: 'picture_cookie', deploymentId: subject };
  }
}

/**
 * The state of a sign-in: the one that this browser has already, so that several tabs can sign in, or a new one; and the
 * `Set-Cookie` header that keeps it.
 */
export function signInState(request: Request, env: Env): { state: string; cookie: string } {
  const state = stateOf(request, env) ?? randomToken();
  return { state, cookie: setCookie(env, stateName(env), state, STATE_SECONDS) };
}

/** The state that a browser keeps; null if it has none. */
export function stateOf(request: Request, env: Env): string | null {
  const state = cookieOf(request, stateName(env));
  return state !== null && STATE_FORM.test(state) ? state : null;
}

/** The value of a cookie (RFC 6265 §4.2.1), or null. */
function cookieOf(request: Request, name: string): string | null {
  const pairs = (request.headers.get('Cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
