/** Sends webhooks as GitHub does, to the Worker of the tests. */

import { env } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import type { WebhookAnswer } from '@appflux/protocol';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, KeptDeployment } from '../../metadata/metadata.ts';
import { appRecord } from '../../metadata/testing/sample-records.ts';
import { request } from '../../testing/worker.ts';

export const SECRET = 'a-webhook-secret-of-the-tests';

export interface Sent {
  event: string;
  payload: unknown;
  delivery?: string;
  secret?: string;
  headers?: Record<string, string>;
  path?: string;
}

/** A signed request of GitHub's. */
export function githubRequest({ event, payload, delivery, secret = SECRET, headers }: Sent): RequestInit {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': event,
      'X-GitHub-Delivery': delivery ?? crypto.randomUUID(),
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      ...headers,
    },
  };
}

export const send = (sent: Sent): Promise<Response> =>
  request(sent.path ?? '/hooks/github', githubRequest(sent));

/** What a delivery is answered with. Throws unless that is 202. */
export async function deliver(
  event: string,
  payload: unknown,
  more: Partial<Sent> = {},
): Promise<WebhookAnswer> {
  const response = await send({ event, payload, ...more });
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as WebhookAnswer;
}

/** The deployments that a delivery caused; throws if it was ignored. */
export function deploymentsOf(answer: WebhookAnswer): string[] {
  if ('ignored' in answer) throw new Error(`Ignored: ${answer.ignored}`);
  return answer.deployments;
}

/** Creates an app of a repository. */
export async function appOf(change: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord({
    source: {
      provider: 'github',
      repoUrl: 'https://github.com/octo/site',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    repoKey: 'github.com/octo/site',
    ...change,
  });
  await metadataOf(env).apps.insert(app);
  return app;
}

/** All deployments of an app, oldest first. */
export async function listed(app: AppRecord): Promise<KeptDeployment[]> {
  const { items } = await metadataOf(env).deployments.list(
    { ownerId: app.ownerId, appId: app.id },
    { limit: 100 },
  );
  return items.reverse();
}

const REPOSITORY = {
  id: 186853002,
  full_name: 'octo/site',
  html_url: 'https://github.com/octo/site',
  clone_url: 'https://github.com/octo/site.git',
  ssh_url: 'git@github.com:octo/site.git',
  default_branch: 'main',
};

const ZEROS = '0'.repeat(40);

/** The payload of a push to `branch` that changes index.html. */
export function pushPayload({
  branch = 'main',
  before = ZEROS,
  after,
  message = 'Change the page',
  repository = {},
  ...more
}: {
  branch?: string;
  before?: string;
  after: string;
  message?: string;
  repository?: Partial<typeof REPOSITORY>;
  [member: string]: unknown;
}) {
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    created: before === ZEROS,
    deleted: after === ZEROS,
    forced: false,
    commits: [{ added: [], removed: [], modified: ['index.html'] }],
    head_commit: after === ZEROS ? null : { id: after, message, author: { username: 'ada' } },
    repository: { ...REPOSITORY, ...repository },
    sender: { login: 'ada' },
    ...more,
  };
}

/** The payload of a deleted branch. */
export const deletedPayload = (branch: string, before: string) =>
  pushPayload({ branch, before, after: ZEROS, commits: [] });

/** The payload of a pull request from `branch`, of a fork if `fork` names its repository. */
export function pullRequestPayload({
  action = 'opened',
  number = 7,
  branch = 'feature',
  head,
  base = 'a'.repeat(40),
  title = 'A feature',
  fork = null,
  ...more
}: {
  action?: string;
  number?: number;
  branch?: string;
  head: string;
  base?: string;
  title?: string;
  fork?: { id: number; clone_url: string } | null;
  [member: string]: unknown;
}) {
  const own = { id: REPOSITORY.id, clone_url: REPOSITORY.clone_url };
  return {
    action,
    number,
    pull_request: {
      number,
      title,
      html_url: `https://github.com/octo/site/pull/${number}`,
      draft: false,
      head: { ref: branch, sha: head, repo: fork ?? own },
      base: { ref: 'main', sha: base, repo: own },
    },
    repository: REPOSITORY,
    sender: { login: 'ada' },
    ...more,
  };
}
