/** Asks the Git host for what an event's payload leaves out, as far as the rules of an app depend on it. */
import type { Parts } from '../deployment/create.ts';
import type { Env } from '../env.ts';
import type { PullRequestEvent, PushEvent } from '../git-hosts/event.ts';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import { installationToken } from '../git-hosts/github-app/tokens.ts';
import { commitMessage, comparedPaths, type GithubApi } from '../git-hosts/github-facts.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { comparisonOf } from './changed.ts';
import { decide, ownFacts, subjectOf } from './plan.ts';
import type { Facts } from './rules.ts';

/** All that can be found out about an event. What can't is unknown, and counts as changed and unmarked. */
export async function factsOf(
  { env }: Parts,
  app: AppRecord,
  event: PushEvent | PullRequestEvent,
): Promise<Facts> {
  const own = ownFacts(event);
  const subject = subjectOf(app);
  const decision = subject && decide(subject, event, own);
  const asked = decision?.kind === 'ask' ? decision.facts : [];
  const from = asked.length > 0 ? await apiFor(env, app, event) : null;
  const [message, changed] = await Promise.all([
    asked.includes('message') ? messageOf(from, event) : (own.message ?? null),
    asked.includes('changed') ? changedOf(from, event) : own.changed,
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
  from: GithubApi | null,
  event: PushEvent | PullRequestEvent,
): Promise<Facts['changed']> {
  const comparison = comparisonOf(event);
  if (from === null || comparison === null)
    return event.kind === 'push' ? event.changed : { known: false, reason: 'the host was not asked' };
  return comparedPaths(from, event.repository, comparison);
}
