/**
 * The cookies of visitors. One says who may open an App on one host; it is bound to both. The other one binds a sign-in at
 * the dashboard to the browser that began it.
 */
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
  kind: z.enum(['team', 'password']),
  /** The team's id, or the mark of the password. */
  subject: z.string(),
  /** Unix seconds. */
  until: z.int(),
});

export type CookieFacts = Omit<z.infer<typeof Payload>, 'until'>;

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
  const seconds = facts.kind === 'team' ? TEAM_SECONDS : PASSWORD_SECONDS;
  const payload = { ...facts, until: Math.floor(now / 1000) + seconds };
  const value = await seal(env, 'site-access', JSON.stringify(payload));
  return setCookie(env, accessName(env, facts.app), value, seconds);
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
  return kind === 'team'
    ? { kind: 'team_cookie', ownerId: subject }
    : { kind: 'password_cookie', mark: subject };
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
