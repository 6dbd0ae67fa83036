/**
 * Tokens of installations: each for one repository, kept in memory until shortly before they expire, and nowhere else.
 * Source: https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
 */
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import type { InstallationRecord } from '../../metadata/github.ts';
import { metadataOf } from '../../metadata/index.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { HostRefusal, isRefusedWith } from '../refusal.ts';
import { githubAddress } from './address.ts';
import { callGithub, type GithubCall, path, understood } from './call.ts';
import { appToken, openApp } from './credentials.ts';
import { type KeptToken, TokenCache } from './token-cache.ts';

/** What a token is for. `read`: clones and comparisons. `report`: everything that the installation may do. */
export type Purpose = 'read' | 'report';

/** How much longer a token that is handed out is valid, in milliseconds. */
const VALID_MS = 5 * 60_000;

/** Of a token that a runner clones with: it may have to wait for its turn. GitHub's tokens are valid for an hour. */
export const CLONE_VALID_MS = 30 * 60_000;

/** How long a token is waited for, in milliseconds: a claim waits with it. */
const TOKEN_WITHIN_MS = 5000;

/** How many tokens are kept. */
const MOST_TOKENS = 500;

const TokenAnswer = z.object({ token: z.string().min(1), expires_at: z.iso.datetime({ offset: true }) });

const kept = new TokenCache(MOST_TOKENS);

/** The installation that a team may act with on a repository; null when it has none. */
export async function installationOf(
  env: Env,
  metadata: Metadata,
  ownerId: string,
  repoKey: string,
): Promise<InstallationRecord | null> {
  const [host, account] = repoKey.split('/');
  if (host !== githubAddress(env).host.toLowerCase() || account === undefined) return null;
  const installations = await metadata.github.installations(ownerId);
  return (
    installations.find((one) => one.host.toLowerCase() === host && one.account.toLowerCase() === account) ??
    null
  );
}

/**
 * A token for a repository (`repoKeyOf` of its URL) by the installation of its team; null when none covers it. Throws
 * HostRefusal when GitHub can't be asked, and `suspended` while the installation is.
 */
export async function requireToken(
  env: Env,
  ownerId: string,
  repoKey: string,
  purpose: Purpose,
  validMs = VALID_MS,
): Promise<string | null> {
  const metadata = metadataOf(env);
  const installation = await installationOf(env, metadata, ownerId, repoKey);
  if (installation === null) return null;
  if (installation.suspendedAt !== null)
    throw new HostRefusal('suspended', `The installation on ${installation.account} is suspended`);
  const name = repoKey.split('/').slice(2).join('/');
  const key = `${installation.id} ${name} ${purpose}`;
  const known = kept.get(key, Date.now() + validMs);
  if (known !== null) return known;
  const made = await makeToken(env, metadata, installation, {
    repositories: [name],
    ...(purpose === 'read' ? { permissions: { contents: 'read' } } : {}),
  });
  if (made !== null) kept.set(key, made);
  return made?.token ?? null;
}

/**
 * The same for callers that go on without one: null as well when GitHub doesn't give one, which is logged.
 * `contents:read` on that repository alone, unless `purpose` says otherwise.
 */
export async function installationToken(
  env: Env,
  ownerId: string,
  repoKey: string,
  { purpose = 'read', validMs = VALID_MS }: { purpose?: Purpose; validMs?: number } = {},
): Promise<string | null> {
  try {
    return await requireToken(env, ownerId, repoKey, purpose, validMs);
  } catch (error) {
    if (!(error instanceof HostRefusal)) throw error;
    journal.error(`GitHub gives no token for ${repoKey}`, error, { source: 'github' });
    return null;
  }
}

/** A token for all repositories of an installation, to list them with. Throws HostRefusal. */
export async function listingToken(
  env: Env,
  metadata: Metadata,
  installation: InstallationRecord,
): Promise<string | null> {
  const key = `${installation.id} * list`;
  const known = kept.get(key, Date.now() + VALID_MS);
  if (known !== null) return known;
  const made = await makeToken(env, metadata, installation, { permissions: { metadata: 'read' } });
  if (made !== null) kept.set(key, made);
  return made?.token ?? null;
}

/** Forgets a token that GitHub did not accept, so that the next attempt gets a new one. */
export function forgetToken(token: string): void {
  kept.forget((_, one) => one === token);
}

/** Forgets the tokens of an installation, which may access other repositories now. */
export function forgetTokensOf(installationId: string): void {
  kept.forget((key) => key.startsWith(`${installationId} `));
}

/** A new token; null when the installation does not cover what is asked for, or is gone. */
async function makeToken(
  env: Env,
  metadata: Metadata,
  installation: InstallationRecord,
  body: { repositories?: string[]; permissions?: Record<string, string> },
): Promise<KeptToken | null> {
  try {
    const answer = await callAsApp(env, metadata, {
      method: 'POST',
      path: path`/app/installations/${installation.id.split(':').at(-1) ?? ''}/access_tokens`,
      body,
      answerWithinMs: TOKEN_WITHIN_MS,
    });
    if (answer === null) return null;
    const { token, expires_at: expiresAt } = understood(TokenAnswer, answer.body);
    return { token, expiresAt: Date.parse(expiresAt) };
  } catch (error) {
    // Not there any more; or the repository is not among those that it was given.
    if (isRefusedWith(error, 404, 422)) return null;
    throw error;
  }
}

/** The claims that GitHub complains of when clocks differ by more than a minute. */
const CLOCK = /'(?:issued at|expiration time)' claim/i;

/** Calls the API as the App itself; null when this instance has none. Throws HostRefusal. */
export async function callAsApp(
  env: Env,
  metadata: Metadata,
  call: Pick<GithubCall, 'method' | 'path' | 'body' | 'answerWithinMs'>,
) {
  const app = await openApp(env, metadata);
  if (app === null) return null;
  const { api } = githubAddress(env);
  const send = async (now: number) =>
    callGithub(api, { ...call, authorization: `Bearer ${await appToken(app, now)}` });
  try {
    return await send(Date.now());
  } catch (error) {
    const theirs = error instanceof HostRefusal && CLOCK.test(error.message) ? error.serverTime : null;
    if (theirs === null) throw error;
    return send(theirs);
  }
}
