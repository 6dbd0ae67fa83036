/**
 * Codes that take a member of the team from the dashboard to a site. A code is good once, for a minute, for one host and for
 * the browser that began the sign-in there: an attacker who passes their own code on signs nobody in.
 */
import type { Env } from '../../env.ts';
import { issueToken } from '../../identity/one-time-token.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { hashToken } from '../../secrets/tokens.ts';
import { setting } from '../../settings.ts';
import { dashboardHost, hostName, isWithin, sitesDomain } from '../hosts/domain.ts';

/** How long a code is good, in milliseconds. */
const CODE_MS = 60_000;

/** What a code is for. `host` is a name without a port. */
export interface CodeFor {
  appId: string;
  host: string;
  state: string;
}

const nameOf = async ({ host, state }: CodeFor): Promise<string> => `${host} ${await hashToken(state)}`;

/** A code for a member of the team `ownerId`. */
export async function createCode(
  metadata: Metadata,
  asked: CodeFor,
  { ownerId, userId }: { ownerId: string; userId: string },
): Promise<string> {
  const { token } = await issueToken(metadata, 'siteCode', {
    kind: 'site_code',
    ownerId,
    createdBy: userId,
    appId: asked.appId,
    name: await nameOf(asked),
    expiresAt: new Date(Date.now() + CODE_MS).toISOString(),
  });
  return token;
}

/** The team whose member a code was made for; null if it isn't for this, was used, or has expired. */
export async function redeemCode(metadata: Metadata, code: string, asked: CodeFor): Promise<string | null> {
  const taken = await metadata.tokens.take('site_code', await hashToken(code), new Date().toISOString());
  return taken !== null && taken.appId === asked.appId && taken.name === (await nameOf(asked))
    ? taken.ownerId
    : null;
}

/** The origin of a host that this instance answers: a name alone says nothing about scheme and port. */
export function originOf(env: Env, host: string): string {
  const { protocol, host: dashboard } = new URL(setting(env, 'PUBLIC_URL'));
  const domain = sitesDomain(env);
  const name = hostName(host);
  const isSite = domain !== null && name !== dashboardHost(env) && isWithin(name, domain);
  const port = /:\d+$/.exec(isSite ? env.SITES_DOMAIN : dashboard)?.[0] ?? '';
  return `${protocol}//${name}${port}`;
}

/** The page of the dashboard that signs a visitor in. `page` is the App's slug for its pages on the dashboard's host. */
export function signInUrl(
  env: Env,
  { host, page, state, to }: { host: string; page: string | null; state: string; to: string },
): string {
  const url = new URL(`${setting(env, 'PUBLIC_URL')}/site-access`);
  url.search = new URLSearchParams({ ...(page === null ? { host } : { page }), state, to }).toString();
  return url.href;
}
