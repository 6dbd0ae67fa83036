/** Asks the Git host for what an event's payload leaves out, as far as the rules of an app depend on it. */
import { isSshUrl } from '@appflux/protocol';
import type { Parts } from '../deployment/create.ts';
import type { Env } from '../env.ts';
import { comparedPaths as comparedPathsAt } from '../git-hosts/compared.ts';
import { openCredential } from '../git-hosts/credential/index.ts';
import type { ChangedPaths, PullRequestEvent, PushEvent, Repository } from '../git-hosts/event.ts';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import { installationToken } from '../git-hosts/github-app/tokens.ts';
import { commitMessage, comparedPaths, type GithubApi } from '../git-hosts/github-facts.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { allowedNetwork } from '../network/public.ts';
import { createSealer } from '../secrets/sealing.ts';
import { type Comparison, comparisonOf } from './changed.ts';
import { decide, ownFacts, subjectOf } from './plan.ts';
import type { Facts } from './rules.ts';

/** All that can be found out about an event. What can't is unknown, and counts as changed and unmarked. */
export async function factsOf(
  parts: Parts,
  app: AppRecord,
  event: PushEvent | PullRequestEvent,
): Promise<Facts> {
  const own = ownFacts(event);
  const subject = subjectOf(app);
  const decision = subject && decide(subject, event, own);
  const asked = decision?.kind === 'ask' ? decision.facts : [];
  const from = asked.length > 0 ? await apiFor(parts.env, app, event) : null;
  const [message, changed] = await Promise.all([
    asked.includes('message') ? messageOf(from, event) : (own.message ?? null),
    asked.includes('changed') ? changedOf(parts, app, from, event) : own.changed,
  ]);
  return { message, changed: changed ?? { known: false, reason: 'nobody knows' } };
}

/** GitHub's API with what it lets this app read; null for another host, or another GitHub than the instance's. */
async function apiFor(
  env: Env,
  { ownerId }: AppRecord,
  { repository: { provider, keys } }: PushEvent | PullRequestEvent,
): Promise<GithubApi | null> {
  const { host, api } = githubAddress(env);
  const repoKey = keys.find((key) => key.startsWith(`${host.toLowerCase()}/`));
  if (provider !== 'github' || repoKey === undefined) return null;
  return { api, token: await installationToken(env, ownerId, repoKey) };
}

async function messageOf(
  from: GithubApi | null,
  event: PushEvent | PullRequestEvent,
): Promise<string | null> {
  const sha = event.kind === 'push' ? event.after : event.pullRequest.head.sha;
  return from === null || sha === null ? null : commitMessage(from, event.repository, sha);
}

async function changedOf(
  parts: Parts,
  app: AppRecord,
  from: GithubApi | null,
  event: PushEvent | PullRequestEvent,
): Promise<Facts['changed']> {
  const comparison = comparisonOf(event);
  const own: ChangedPaths =
    event.kind === 'push' ? event.changed : { known: false, reason: 'the host was not asked' };
  if (comparison === null) return own;
  if (from !== null) return comparedPaths(from, event.repository, comparison);
  const { provider } = event.repository;
  if (provider === 'github' || provider === 'bitbucket') return own;
  const compared = await comparedAtHost(parts, app, event.repository, comparison);
  // Without an answer, what the payload lists is the best that is known.
  return compared ?? (!own.known && own.listed !== undefined ? { known: true, paths: own.listed } : own);
}

/** What GitLab, Gitea or Forgejo says of the paths between two commits; null if it can't be asked. */
async function comparedAtHost(
  { env, metadata }: Parts,
  { id, source }: AppRecord,
  { provider, url, fullName }: Repository,
  comparison: Comparison,
): Promise<ChangedPaths | null> {
  if (source.provider === 'upload') return null;
  const isSsh = isSshUrl(source.repoUrl);
  const credential = isSsh
    ? null
    : await openCredential(metadata, { id, repoUrl: source.repoUrl }, createSealer(env));
  return comparedPathsAt(
    {
      provider,
      // A token is for the app's own repository, and not for one that a payload names.
      repoUrl: isSsh ? url : source.repoUrl,
      fullName,
      token: credential?.kind === 'token' ? credential.token : null,
      network: allowedNetwork(env),
    },
    comparison,
  );
}
