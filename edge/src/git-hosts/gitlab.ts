/**
 * Webhooks of GitLab. Sources: https://docs.gitlab.com/user/project/integrations/webhook_events/ (payloads),
 * https://docs.gitlab.com/administration/system_hooks/ (renames),
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (signing tokens)
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { changedBy, headOf, ListedCommit, wasMovedBack } from './commits.ts';
import type { GitEvent, GitHost, PullRequestEvent, Repository } from './event.ts';
import { idAtHost } from './id-at-host.ts';
import { keysOf, orUnprocessable, refOf, ShaOrZeros, shaOrNull, title } from './payload.ts';
import { isTokenOf } from './verify.ts';

const ProjectPayload = z.object({
  id: z.int().nullish(),
  path_with_namespace: z.string().min(1),
  web_url: z.url(),
  git_http_url: z.url(),
  git_ssh_url: z.string().nullish(),
  default_branch: z.string().nullish(),
});

const PushPayload = z.object({
  ref: z.string(),
  before: ShaOrZeros,
  after: ShaOrZeros,
  /** The commit, where `after` may be an annotated tag; null of a deletion. */
  checkout_sha: ShaOrZeros.nullish(),
  user_username: z.string().nullish(),
  project_id: z.int(),
  project: ProjectPayload,
  commits: z.array(ListedCommit).nullish(),
  total_commits_count: z.int().nullish(),
});

const MergeRequestPayload = z.object({
  user: z.object({ username: z.string().nullish() }).nullish(),
  project: ProjectPayload,
  object_attributes: z.object({
    iid: z.int().positive(),
    title: z.string(),
    url: z.url(),
    action: z.string().nullish(),
    draft: z.boolean().nullish(),
    work_in_progress: z.boolean().nullish(),
    source_branch: z.string().min(1),
    target_branch: z.string().min(1),
    source_project_id: z.int().nullish(),
    target_project_id: z.int(),
    source: ProjectPayload.nullish(),
    last_commit: z.object({ id: ShaOrZeros, message: z.string().nullish() }).nullish(),
    oldrev: ShaOrZeros.nullish(),
  }),
});

const RenamePayload = z.object({
  project_id: z.int(),
  path_with_namespace: z.string().min(1),
  old_path_with_namespace: z.string().min(1),
});

const Kind = z.object({ object_kind: z.string().nullish(), event_name: z.string().nullish() });

/** How old a signed delivery may be, and how far its clock may be ahead, in seconds: what Standard Webhooks advises. */
const SIGNATURE_TOLERANCE_SECONDS = 300;

const SIGNING_TOKEN = /^whsec_([A-Za-z0-9+/]{24,}={0,2})$/;

/**
 * Whether one of `secrets` that is a signing token (`whsec_…`) signed the delivery lately. The header may have several
 * signatures, separated by spaces, while tokens are rotated.
 */
function isSigned(
  headers: Headers,
  rawBody: Uint8Array,
  secrets: readonly string[],
  nowSeconds: number,
): boolean {
  const id = headers.get('webhook-id');
  const timestamp = headers.get('webhook-timestamp');
  const signatures = headers.get('webhook-signature')?.split(' ') ?? [];
  if (id === null || timestamp === null || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowSeconds - Number(timestamp)) > SIGNATURE_TOLERANCE_SECONDS) return false;
  const claimed = signatures
    .filter((one) => /^v1,[A-Za-z0-9+/]{43}=$/.test(one))
    .map((one) => Buffer.from(one.slice(3), 'base64'));
  let matches = false;
  for (const secret of secrets) {
    const key = SIGNING_TOKEN.exec(secret)?.[1];
    if (key === undefined) continue;
    const actual = createHmac('sha256', Buffer.from(key, 'base64'))
      .update(`${id}.${timestamp}.`)
      .update(rawBody)
      .digest();
    for (const one of claimed) matches = timingSafeEqual(actual, one) || matches;
  }
  return matches;
}

const ignored = (reason: string): GitEvent => ({ kind: 'ignored', reason });

function repositoryOf(project: z.infer<typeof ProjectPayload>, id: number): Repository {
  return {
    provider: 'gitlab',
    id: idAtHost(project.web_url, project.id ?? id),
    keys: keysOf([project.git_http_url, project.git_ssh_url, project.web_url]),
    fullName: project.path_with_namespace,
    url: project.git_http_url,
    defaultBranch: project.default_branch || null,
  };
}

function push(body: unknown, kind: string): GitEvent {
  const payload = orUnprocessable(PushPayload, body, kind);
  const ref = refOf(payload.ref);
  if (ref === null) return ignored(`${payload.ref.slice(0, 200)} is neither a branch nor a tag`);
  const before = shaOrNull(payload.before);
  const at = shaOrNull(payload.after);
  const after = at === null ? null : (payload.checkout_sha ?? at);
  const commits = payload.commits ?? [];
  const listed = { ref, before, after, commits, total: payload.total_commits_count ?? commits.length };
  return {
    kind: 'push',
    repository: repositoryOf(payload.project, payload.project_id),
    ref,
    before,
    after,
    forced: wasMovedBack(listed),
    head: headOf(commits, after),
    changed: changedBy(listed),
    sender: payload.user_username ?? null,
  };
}

function actionOf(action: string | null | undefined, hasNewCommits: boolean): PullRequestEvent['action'] {
  switch (action) {
    case 'open':
      return 'opened';
    case 'reopen':
      return 'reopened';
    case 'close':
    case 'merge':
      return 'closed';
    case 'update':
      return hasNewCommits ? 'synchronize' : 'other';
    default:
      return 'other';
  }
}

function mergeRequest(body: unknown): GitEvent {
  const {
    object_attributes: request,
    project,
    user,
  } = orUnprocessable(MergeRequestPayload, body, 'merge_request');
  const { source, last_commit: commit } = request;
  if (!commit) return ignored('The merge request has no commit');
  const before = shaOrNull(request.oldrev ?? '0');
  return {
    kind: 'pull_request',
    repository: repositoryOf(project, request.target_project_id),
    action: actionOf(request.action, before !== null),
    pullRequest: {
      number: request.iid,
      title: title(request.title),
      url: request.url,
      fork: !source || request.source_project_id !== request.target_project_id,
      head: {
        branch: request.source_branch,
        sha: commit.id,
        repoUrl: source?.git_http_url ?? null,
        message: commit.message ?? null,
      },
      base: { branch: request.target_branch, sha: null },
      draft: request.draft ?? request.work_in_progress ?? false,
    },
    before,
    sender: user?.username ?? null,
  };
}

/** A system hook says which project was renamed or transferred, and a header at which GitLab. */
function rename(headers: Headers, body: unknown, kind: string): GitEvent {
  const payload = orUnprocessable(RenamePayload, body, kind);
  const instance = headers.get('x-gitlab-instance');
  if (instance === null || !URL.canParse(instance)) return ignored('The X-Gitlab-Instance header is missing');
  const urlOf = (path: string) =>
    new URL(`${path}.git`, instance.endsWith('/') ? instance : `${instance}/`).href;
  const url = urlOf(payload.path_with_namespace);
  return {
    kind: 'repository',
    repository: {
      provider: 'gitlab',
      id: idAtHost(url, payload.project_id),
      keys: keysOf([url]),
      fullName: payload.path_with_namespace,
      url,
      defaultBranch: null,
    },
    was: keysOf([urlOf(payload.old_path_with_namespace)]),
  };
}

/** The module of GitLab. A secret is compared with the secret token; `whsec_…` is a signing token as well. */
export const gitlab: GitHost = {
  verify: (headers, rawBody, secrets) =>
    isTokenOf(headers.get('x-gitlab-token'), secrets) ||
    isSigned(headers, rawBody, secrets, Date.now() / 1000),
  deliveryId: (headers) =>
    headers.get('webhook-id') ?? headers.get('idempotency-key') ?? headers.get('x-gitlab-event-uuid'),
  parse(headers, body) {
    const { object_kind: object, event_name: name } = orUnprocessable(Kind, body, 'webhook');
    const kind = object ?? name ?? '';
    switch (kind) {
      case 'push':
      case 'tag_push':
        return push(body, kind);
      case 'merge_request':
        return mergeRequest(body);
      case 'project_rename':
      case 'project_transfer':
        return rename(headers, body, kind);
      default:
        return ignored(
          kind === '' ? 'The payload names no event' : `${kind.slice(0, 100)} events deploy nothing`,
        );
    }
  },
};
