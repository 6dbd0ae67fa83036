/**
 * What GitLab, Gitea and Forgejo say of the paths between two commits. Their payloads don't say whether a push was forced:
 * only a comparison shows what the head dropped. Sources: https://docs.gitlab.com/api/repositories/#compare-branches-tags-or-commits,
 * https://docs.gitea.com/api/ (repoCompareDiff)
 *
 * An answer decides only whether a commit can be left out, so nothing is tried again.
 */
import { z } from 'zod';
import { journal } from '../journal.ts';
import type { ChangedPaths, Provider, Sha } from './event.ts';
import { HostRefusal } from './refusal.ts';
import { call, type Host, path, understood } from './rest.ts';

/** Two commits, or a branch and a commit. */
export interface Comparison {
  readonly base: string;
  readonly head: Sha;
  /** The base has to be an ancestor of the head: otherwise the difference doesn't show what the head dropped. */
  readonly linear: boolean;
}

/** A repository, and how its host is asked. */
export interface Compared {
  readonly provider: Provider;
  /** The https URL that an app clones from: a token is for that host, and not for one that a payload names. */
  readonly repoUrl: string;
  /** `owner/name`, as the payload has it. */
  readonly fullName: string;
  /** A token that may read the repository; null asks without one, which public repositories answer. */
  readonly token: string | null;
  readonly network: typeof fetch;
}

/** The longest that a host is waited for, in milliseconds: other deliveries wait meanwhile. */
const ANSWER_WITHIN_MS = 3_000;

const GiteaComparison = z.object({
  total_commits: z.int(),
  commits: z.array(z.object({ files: z.array(z.object({ filename: z.string() })).nullish() })).nullish(),
});

const GitlabComparison = z.object({
  diffs: z.array(z.object({ new_path: z.string(), old_path: z.string() })),
  compare_timeout: z.boolean().nullish(),
});

const GitlabCommit = z.object({ id: z.string() });

/** GitLab lists no more files, and doesn't say that it has left some out. */
const MOST_GITLAB_DIFFS = 1000;

/**
 * The paths that differ between two commits of a repository; `known: false` if the host says that commits were dropped, or
 * lists too few. Null if it couldn't be asked.
 */
export async function comparedPaths(asked: Compared, comparison: Comparison): Promise<ChangedPaths | null> {
  const { provider, repoUrl, fullName } = asked;
  const place = repoUrl.replace(/\/*$/, '').replace(/\.git$/i, '');
  if (!place.toLowerCase().endsWith(`/${fullName.toLowerCase()}`)) return null;
  const webUrl = place.slice(0, -fullName.length - 1);
  try {
    switch (provider) {
      case 'gitea':
      case 'forgejo':
        return await atGitea(hostOf(asked, `${webUrl}/api/v1`, 'token'), fullName, comparison);
      case 'gitlab':
        return await atGitlab(hostOf(asked, `${webUrl}/api/v4`, 'Bearer'), fullName, comparison);
      default:
        return null;
    }
  } catch (error) {
    if (!(error instanceof HostRefusal)) throw error;
    journal.info(`${repoUrl} was not compared: ${error.message}`);
    return null;
  }
}

const hostOf = ({ provider, token, network }: Compared, api: string, scheme: string): Host => ({
  name: provider,
  api,
  authorization: token === null ? null : `${scheme} ${token}`,
  network,
  answerWithinMs: ANSWER_WITHIN_MS,
});

async function atGitea(
  host: Host,
  fullName: string,
  { base, head, linear }: Comparison,
): Promise<ChangedPaths> {
  const [owner = '', repo = ''] = fullName.split('/');
  const compare = async (from: string, to: string) => {
    const request = path`/repos/${owner}/${repo}/compare/${from}...${to}`;
    return understood(host, GiteaComparison, (await call(host, { method: 'GET', path: request })).body);
  };
  // What the base has and the head lacks was dropped.
  if (linear && (await compare(head, base)).total_commits > 0) return forced;
  const { total_commits: total, commits } = await compare(base, head);
  const listed = commits ?? [];
  if (listed.length < total || listed.some(({ files }) => !files)) {
    return { known: false, reason: 'the list of commits is cut off' };
  }
  return known(listed.flatMap(({ files }) => (files ?? []).map(({ filename }) => filename)));
}

async function atGitlab(
  host: Host,
  fullName: string,
  { base, head, linear }: Comparison,
): Promise<ChangedPaths> {
  const repository = `${path`/projects/${fullName}`}/repository`;
  const ask = async <Schema extends z.ZodType>(schema: Schema, request: string) =>
    understood(host, schema, (await call(host, { method: 'GET', path: `${repository}${request}` })).body);
  if (linear) {
    const common = await ask(GitlabCommit, path`/merge_base?refs[]=${base}&refs[]=${head}`);
    if (common.id !== base) return forced;
  }
  const { diffs, compare_timeout: isCutOff } = await ask(
    GitlabComparison,
    path`/compare?from=${base}&to=${head}`,
  );
  if (isCutOff || diffs.length >= MOST_GITLAB_DIFFS) {
    return { known: false, reason: 'the list of files is cut off' };
  }
  return known(diffs.flatMap(({ new_path: now, old_path: before }) => [now, before]));
}

const forced: ChangedPaths = { known: false, reason: 'the branch was force-pushed' };

const known = (paths: readonly string[]): ChangedPaths => ({ known: true, paths: [...new Set(paths)] });
