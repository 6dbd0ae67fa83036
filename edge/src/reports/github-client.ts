/**
 * What GitHub shows of deployments: with the App, a check run, a deployment and a comment; with a person's token, a
 * commit's status and a comment.
 */
import { z } from 'zod';
import { callGithub, path, understood } from '../git-hosts/github-app/call.ts';
import { isRefusedWith } from '../git-hosts/refusal.ts';
import { checkRun } from './github-checks.ts';
import type { HostClient, ReportFacts, ReportState } from './host-client.ts';
import { commentOnce } from './one-comment.ts';
import { cut, statusContext, statusDescription, statusUrl } from './text.ts';

const PER_PAGE = 100;

const Made = z.object({ id: z.int() });
const CheckRuns = z.object({
  check_runs: z.array(z.object({ id: z.int(), external_id: z.string().nullish() })),
});
const Deployments = z.array(z.object({ id: z.int(), payload: z.unknown() }));
const Payload = z.object({ appflux: z.string() });
const Account = z.object({ id: z.int() });
const Comments = z.array(
  z.object({
    id: z.int(),
    body: z.string().nullish(),
    user: Account.nullish(),
    performed_via_github_app: Account.nullish(),
  }),
);

/** Repositories of GitHub, with a token that may write to them. */
export interface GithubOptions {
  /** Where the API is, without a trailing slash. */
  readonly api: string;
  /** `owner/name`. */
  readonly fullName: string;
  readonly token: string;
  /** GitHub's number of the App whose installation the token is of; null for a person's token. */
  readonly appId: string | null;
}

/** A repository of GitHub. */
export function githubClient({ api, fullName, token, appId }: GithubOptions): HostClient {
  const [owner = '', name = ''] = fullName.split('/');
  const root = path`/repos/${owner}/${name}`;
  const send = async (method: 'GET' | 'POST' | 'PATCH', below: string, body?: unknown) =>
    (await callGithub(api, { method, path: below, authorization: `Bearer ${token}`, body })).body;

  /** The check run that an earlier call made for this deployment, whose answer was lost. */
  async function findCheck({ commit, deploymentId, ...facts }: ReportFacts): Promise<number | null> {
    const query = new URLSearchParams({
      check_name: statusContext(facts),
      filter: 'all',
      per_page: String(PER_PAGE),
    });
    const body = await send('GET', `${root}${path`/commits/${commit}/check-runs`}?${query}`);
    const { check_runs: runs } = understood(CheckRuns, body);
    return runs.find(({ external_id: id }) => id === deploymentId)?.id ?? null;
  }

  async function setCheck(facts: ReportFacts, known: string | null): Promise<string> {
    const run = checkRun(facts);
    const change = async (id: string | number) => {
      const { head_sha: _, ...changed } = run;
      await send('PATCH', `${root}${path`/check-runs/${id}`}`, changed);
      return String(id);
    };
    if (known !== null) {
      try {
        return await change(known);
      } catch (error) {
        // It is gone: another one is made.
        if (!isRefusedWith(error, 404)) throw error;
      }
    }
    const found = await findCheck(facts);
    if (found !== null && String(found) !== known) return change(found);
    return String(understood(Made, await send('POST', `${root}/check-runs`, run)).id);
  }

  async function setCommitStatus(facts: ReportFacts): Promise<null> {
    await send('POST', `${root}${path`/statuses/${facts.commit}`}`, {
      state: STATUSES[facts.state],
      context: statusContext(facts),
      description: statusDescription(facts),
      target_url: statusUrl(facts),
    });
    return null;
  }

  async function findDeployment(facts: ReportFacts): Promise<number | null> {
    const query = new URLSearchParams({
      sha: facts.commit,
      environment: environmentOf(facts),
      task: 'deploy',
      per_page: String(PER_PAGE),
    });
    const deployments = understood(Deployments, await send('GET', `${root}/deployments?${query}`));
    return deployments.find(({ payload }) => idInPayload(payload) === facts.deploymentId)?.id ?? null;
  }

  async function makeDeployment(facts: ReportFacts): Promise<number> {
    const made = await send('POST', `${root}/deployments`, {
      ref: facts.commit,
      task: 'deploy',
      auto_merge: false,
      // AppFlux is itself one of the checks that would be waited for.
      required_contexts: [],
      environment: environmentOf(facts),
      description: 'AppFlux',
      transient_environment: facts.environment === 'preview',
      production_environment: facts.environment === 'production',
      payload: { appflux: facts.deploymentId },
    });
    return understood(Made, made).id;
  }

  async function setDeployment(facts: ReportFacts, known: string | null): Promise<string> {
    const report = async (id: string | number) => {
      await send('POST', `${root}${path`/deployments/${id}/statuses`}`, deploymentStatus(facts));
      return String(id);
    };
    if (known !== null) {
      try {
        return await report(known);
      } catch (error) {
        // It is gone: another one is made.
        if (!isRefusedWith(error, 404)) throw error;
      }
    }
    const found = await findDeployment(facts);
    return report(found === null || String(found) === known ? await makeDeployment(facts) : found);
  }

  const comments = (pullRequest: number, text: string) => ({
    account: async () => appId ?? String(understood(Account, await send('GET', '/user')).id),
    async *pages() {
      for (let page = 1; ; page += 1) {
        const below = path`/issues/${pullRequest}/comments?per_page=${PER_PAGE}&page=${page}`;
        const all = understood(Comments, await send('GET', `${root}${below}`));
        yield all.map(({ id, body, user, performed_via_github_app: via }) => ({
          id: String(id),
          author: authorOf(appId === null ? user : via),
          body: body ?? '',
        }));
        if (all.length < PER_PAGE) return;
      }
    },
    async create() {
      const below = path`/issues/${pullRequest}/comments`;
      return String(understood(Made, await send('POST', `${root}${below}`, { body: text })).id);
    },
    async edit(id: string) {
      try {
        await send('PATCH', `${root}${path`/issues/comments/${id}`}`, { body: text });
        return true;
      } catch (error) {
        if (isRefusedWith(error, 404, 410)) return false;
        throw error;
      }
    },
  });

  return {
    statusPerDeployment: appId !== null,
    setStatus: (facts, known) => (appId === null ? setCommitStatus(facts) : setCheck(facts, known)),
    ...(appId === null ? {} : { setDeployment }),
    comment: (pullRequest, marker, body, known) => commentOnce(comments(pullRequest, body), marker, known),
  };
}

const authorOf = (account: { id: number } | null | undefined): string | null =>
  account ? String(account.id) : null;

/** Source: https://docs.github.com/en/rest/commits/statuses */
const STATUSES: Readonly<Record<ReportState, 'pending' | 'success' | 'failure' | 'error'>> = {
  queued: 'pending',
  approval: 'pending',
  building: 'pending',
  success: 'success',
  failed: 'failure',
  canceled: 'error',
  // A commit for which there was nothing to deploy may be merged.
  skipped: 'success',
};

/** Source: https://docs.github.com/en/rest/deployments/statuses */
const DEPLOYMENT_STATES: Readonly<
  Record<ReportState, 'queued' | 'pending' | 'in_progress' | 'success' | 'failure' | 'inactive'>
> = {
  queued: 'queued',
  approval: 'pending',
  building: 'in_progress',
  success: 'success',
  failed: 'failure',
  canceled: 'inactive',
  skipped: 'inactive',
};

/** What GitHub lists a deployment under. */
const environmentOf = ({ app, environment }: ReportFacts): string =>
  `${environment === 'production' ? 'Production' : 'Preview'} – ${app.slug}`;

function deploymentStatus(facts: ReportFacts) {
  const { state, urls } = facts;
  const site = urls.site ?? urls.page;
  return {
    state: DEPLOYMENT_STATES[state],
    description: cut(statusDescription(facts), 140),
    log_url: urls.log,
    ...(state === 'success' && site !== null ? { environment_url: site } : {}),
    // A later success takes the place of earlier ones.
    auto_inactive: true,
  };
}

/** The id that we gave GitHub with a deployment; GitHub may return what it was given as text. */
function idInPayload(payload: unknown): string | null {
  let value = payload;
  if (typeof payload === 'string') {
    try {
      value = JSON.parse(payload);
    } catch {
      // Somebody else's deployment.
      return null;
    }
  }
  return Payload.safeParse(value).data?.appflux ?? null;
}
