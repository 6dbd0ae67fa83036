/**
 * Connecting installations with a team. The number of an installation proves nothing: GitHub is asked who the person is,
 * and what they may do with the installation. Source:
 * https://docs.github.com/en/apps/creating-github-apps/registering-a-github-app/about-the-setup-url
 */
import { AppFluxError } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { type InstallationRecord, MOST_INSTALLATIONS } from '../../metadata/github.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { githubAddress } from './address.ts';
import { callGithub, path, understood } from './call.ts';
import { type OpenApp, openApp } from './credentials.ts';
import { factsOf, Installation, installationKey } from './facts.ts';
import { listingToken } from './tokens.ts';

/** How many pages of 100 are read of a list. */
const MOST_PAGES = 10;

const User = z.object({ id: z.int().positive(), login: z.string() });
const UserInstallations = z.object({ total_count: z.int(), installations: z.array(Installation) });
const Accessible = z.object({
  total_count: z.int(),
  repositories: z.array(z.object({ permissions: z.object({ admin: z.boolean() }).optional() })),
});
const Total = z.object({ total_count: z.int() });
const UserToken = z.object({ access_token: z.string().min(1) });
const TokenError = z.object({ error: z.string(), error_description: z.string().default('') });

/**
 * Gives a team the installation of this number, or without one all that are the person's and no other team's. `code` is
 * what GitHub gave the person; the token that it is exchanged for answers these questions and is kept nowhere.
 *
 * An installation is a person's if it is on their own account, or they are an administrator of every repository that it
 * covers (of the first 1,000). Throws AppFluxError `forbidden` when it is not, `unprocessable` when another team has it
 * or the code is used up, and HostRefusal.
 */
export async function connectInstallations(
  { env, metadata }: { env: Env; metadata: Metadata },
  ownerId: string,
  { code, installationId }: { code: string; installationId: string | null },
): Promise<InstallationRecord[]> {
  const app = await openApp(env, metadata);
  if (app === null) throw new AppFluxError('not_found', 'This instance has no GitHub App');
  const { host, api, web } = githubAddress(env);
  const token = await userToken(web, app, code);
  const ask = (from: string) =>
    callGithub(api, { method: 'GET', path: from, authorization: `Bearer ${token}` });
  const user = understood(User, (await ask('/user')).body);
  const seen = await visibleTo(ask);
  const wanted = installationId === null ? seen : seen.filter((one) => String(one.id) === installationId);
  if (installationId !== null && wanted.length === 0) throw notTheirs(user.login);

  const connected: InstallationRecord[] = [];
  for (const one of wanted) {
    const known = await metadata.github.keepInstallation(factsOf(host, one, Date.now()));
    const taken = known.ownerId !== null && known.ownerId !== ownerId;
    const theirs = !taken && (await controls(ask, { env, metadata }, user.id, one, known));
    if (theirs) {
      await requireRoom(metadata, ownerId, known.id);
      const bound = await metadata.github.bindInstallation(known.id, ownerId);
      if (bound !== null) connected.push(bound);
      else if (installationId !== null) throw takenByOthers(known.account);
    } else if (installationId !== null) throw taken ? takenByOthers(known.account) : notTheirs(user.login);
  }
  return connected;
}

type Ask = (from: string) => Promise<{ body: unknown }>;

/** The installations of the App that a person may access in any way. */
async function visibleTo(ask: Ask): Promise<Installation[]> {
  const all: Installation[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { body } = await ask(path`/user/installations?per_page=100&page=${page}`);
    const { installations } = understood(UserInstallations, body);
    all.push(...installations);
    if (installations.length < 100) break;
  }
  return all;
}

/** Whether an installation is a person's to connect. Seeing it takes no more than reading one of its repositories. */
async function controls(
  ask: Ask,
  parts: { env: Env; metadata: Metadata },
  userId: number,
  one: Installation,
  known: InstallationRecord,
): Promise<boolean> {
  if (one.account.type === 'User') return one.account.id === userId;
  const token = await listingToken(parts.env, parts.metadata, known);
  if (token === null) return false;
  const { api } = githubAddress(parts.env);
  const covered = await callGithub(api, {
    method: 'GET',
    path: '/installation/repositories?per_page=1',
    authorization: `Bearer ${token}`,
  });
  const total = understood(Total, covered.body).total_count;
  let seen = 0;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { body } = await ask(path`/user/installations/${one.id}/repositories?per_page=100&page=${page}`);
    const { repositories, total_count: theirs } = understood(Accessible, body);
    if (theirs < total || !repositories.every(({ permissions }) => permissions?.admin === true)) return false;
    seen += repositories.length;
    if (repositories.length < 100) break;
  }
  return seen > 0;
}

/** GitHub answers a code that is used up with 200, too, and `error` in the body. */
async function userToken(web: string, { record, credentials }: OpenApp, code: string): Promise<string> {
  const { body } = await callGithub(web, {
    method: 'POST',
    path: '/login/oauth/access_token',
    authorization: null,
    // Without this, the answer is a form.
    accept: 'application/json',
    body: { client_id: record.clientId, client_secret: credentials.clientSecret, code },
  });
  const refused = TokenError.safeParse(body);
  if (refused.success) {
    throw new AppFluxError('unprocessable', 'GitHub did not accept the code: it is used up or has expired', {
      hint: 'Start again in the dashboard under Settings, Git.',
    });
  }
  return understood(UserToken, body).access_token;
}

async function requireRoom(metadata: Metadata, ownerId: string, id: string): Promise<void> {
  const bound = await metadata.github.installations(ownerId);
  if (bound.length < MOST_INSTALLATIONS || bound.some((one) => one.id === id)) return;
  throw new AppFluxError('unprocessable', `A team has at most ${MOST_INSTALLATIONS} GitHub installations`, {
    hint: 'Disconnect one that is no longer used.',
  });
}

const notTheirs = (login: string) =>
  new AppFluxError('forbidden', `${login} doesn’t control this GitHub installation`, {
    hint: 'Ask an owner of the organization to connect it: they must administer every repository that it covers.',
  });

const takenByOthers = (account: string) =>
  new AppFluxError(
    'unprocessable',
    `The installation on ${account} belongs to another team of this instance`,
    {
      hint: 'A member of that team can disconnect it in the dashboard under Settings, Git.',
    },
  );

/** Where a person installs the App. */
export const installUrl = (web: string, slug: string, state: string): string =>
  `${web}/apps/${encodeURIComponent(slug)}/installations/new?state=${encodeURIComponent(state)}`;

/** Where a person says who they are, to connect installations that are there already. */
export function authorizeUrl(web: string, clientId: string, redirectUri: string, state: string): string {
  const query = new URLSearchParams({ client_id: clientId, redirect_uri: redirectUri, state });
  return `${web}/login/oauth/authorize?${query}`;
}

/** The key of an installation of this instance's GitHub, by GitHub's number. */
export const keyOfInstallation = (env: Env, id: string): string =>
  installationKey(githubAddress(env).host, id);
