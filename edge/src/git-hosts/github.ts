/**
 * GitHub's webhooks: docs.github.com/webhooks/webhook-events-and-payloads. Only the members that decide something are
 * parsed; payloads may have any others.
 */
import { z } from 'zod';
import type { ChangedPaths, GitEvent, GitHost, PullRequestEvent, PushEvent, Repository } from './event.ts';
import { keysOf, orUnprocessable, refOf, ShaOrZeros, shaOrNull, title } from './payload.ts';
import { afterPrefix, isHmacOf } from './verify.ts';

/** A payload lists at most so many commits; of more, some paths are missing. */
const MOST_COMMITS = 2048;

const User = z.object({ login: z.string() }).nullish();

const Repo = z.object({
  id: z.number(),
  full_name: z.string(),
  html_url: z.string(),
  clone_url: z.string(),
  ssh_url: z.string().nullish(),
  default_branch: z.string().nullish(),
});

const Commit = z.object({
  added: z.array(z.string()).optional(),
  removed: z.array(z.string()).optional(),
  modified: z.array(z.string()).optional(),
});

const Push = z.object({
  ref: z.string(),
  before: ShaOrZeros,
  after: ShaOrZeros,
  forced: z.boolean().optional(),
  created: z.boolean().optional(),
  commits: z.array(Commit).nullish(),
  head_commit: z
    .object({
      id: ShaOrZeros.optional(),
      message: z.string().nullish(),
      author: z.object({ name: z.string().nullish(), username: z.string().nullish() }).nullish(),
    })
    .nullish(),
  repository: Repo,
  sender: User,
  pusher: z.object({ name: z.string().nullish() }).nullish(),
});

const Branch = z.object({
  ref: z.string(),
  sha: ShaOrZeros,
  repo: z.object({ id: z.number(), clone_url: z.string() }).nullish(),
});

const PullRequest = z.object({
  action: z.string(),
  before: ShaOrZeros.nullish(),
  pull_request: z.object({
    number: z.int().min(1),
    title: z.string(),
    html_url: z.string(),
    draft: z.boolean().nullish(),
    head: Branch,
    base: Branch,
  }),
  repository: Repo,
  sender: User,
});

const CheckRun = z.object({
  action: z.string(),
  check_run: z.object({ head_sha: ShaOrZeros, external_id: z.string().nullish() }),
  repository: Repo,
  sender: User,
});

const RepositoryChange = z.object({
  action: z.string(),
  changes: z
    .object({
      repository: z.object({ name: z.object({ from: z.string() }).nullish() }).nullish(),
      owner: z
        .object({
          from: z.object({ user: User, organization: User }).partial().nullish(),
        })
        .nullish(),
    })
    .nullish(),
  repository: Repo,
});

const Installation = z.object({
  action: z.string(),
  installation: z.object({ id: z.number(), account: User }),
  sender: User,
});

const PULL_REQUEST_ACTIONS: ReadonlyMap<string, PullRequestEvent['action']> = new Map([
  ['opened', 'opened'],
  ['synchronize', 'synchronize'],
  ['reopened', 'reopened'],
  ['closed', 'closed'],
]);

const INSTALLATION_ACTIONS = new Set(['created', 'deleted', 'suspend', 'unsuspend'] as const);

/** GitHub, and GitHub Enterprise Server. */
export const github: GitHost = {
  verify: (headers, rawBody, secrets) =>
    isHmacOf(afterPrefix(headers.get('X-Hub-Signature-256')), rawBody, secrets),
  deliveryId: (headers) => headers.get('X-GitHub-Delivery'),
  parse(headers, body) {
    const event = headers.get('X-GitHub-Event') ?? '';
    switch (event) {
      case 'push':
        return pushOf(orUnprocessable(Push, body, 'push'));
      case 'pull_request':
        return pullRequestOf(orUnprocessable(PullRequest, body, 'pull_request'));
      case 'check_run':
        return checkRunOf(orUnprocessable(CheckRun, body, 'check_run'));
      case 'repository':
        return repositoryEventOf(orUnprocessable(RepositoryChange, body, 'repository'));
      case 'installation':
      case 'installation_repositories':
        return installationOf(event, orUnprocessable(Installation, body, event));
      case 'ping':
        return { kind: 'ping' };
      default:
        return ignored(
          event === '' ? 'The X-GitHub-Event header is missing' : `${event} events deploy nothing`,
        );
    }
  },
};

/** The installation of the GitHub App that sent a payload; null if it came from a webhook of a repository. */
export function installationIdOf(body: unknown): string | null {
  const parsed = z.object({ installation: z.object({ id: z.number() }) }).safeParse(body);
  return parsed.success ? String(parsed.data.installation.id) : null;
}

const ignored = (reason: string): GitEvent => ({ kind: 'ignored', reason });

function repositoryOf(repo: z.infer<typeof Repo>): Repository {
  return {
    provider: 'github',
    id: String(repo.id),
    keys: keysOf([repo.clone_url, repo.ssh_url, repo.html_url]),
    fullName: repo.full_name,
    url: repo.clone_url,
    defaultBranch: repo.default_branch ?? null,
  };
}

function pushOf(push: z.infer<typeof Push>): GitEvent {
  const ref = refOf(push.ref);
  if (ref === null) return ignored(`${push.ref.slice(0, 200)} is neither a branch nor a tag`);
  const before = shaOrNull(push.before);
  const head = push.head_commit ?? null;
  const at = shaOrNull(push.after);
  // Of an annotated tag, `after` is the tag object.
  const after = at !== null && ref.kind === 'tag' && head?.id !== undefined ? shaOrNull(head.id) : at;
  const forced = push.forced === true && before !== null && after !== null;
  return {
    kind: 'push',
    repository: repositoryOf(push.repository),
    ref,
    before,
    after,
    forced,
    head:
      head === null
        ? null
        : { message: head.message ?? '', author: head.author?.username ?? head.author?.name ?? null },
    changed: changedBy(push, { before, forced }),
    sender: push.sender?.login ?? push.pusher?.name ?? null,
  };
}

function changedBy(
  { commits }: z.infer<typeof Push>,
  { before, forced }: Pick<PushEvent, 'before' | 'forced'>,
): ChangedPaths {
  if (before === null) return { known: false, reason: 'the ref is new' };
  if (forced) return { known: false, reason: 'the branch was force-pushed' };
  if (commits == null || commits.length === 0)
    return { known: false, reason: 'the payload lists no commits' };
  if (commits.length >= MOST_COMMITS) return { known: false, reason: 'the list of commits is cut off' };
  const paths = new Set<string>();
  for (const { added, removed, modified } of commits) {
    if (added === undefined || removed === undefined || modified === undefined)
      return { known: false, reason: 'the payload lists no paths' };
    for (const path of [...added, ...removed, ...modified]) paths.add(path);
  }
  return { known: true, paths: [...paths] };
}

function pullRequestOf({
  action,
  before,
  pull_request: pull,
  repository,
  sender,
}: z.infer<typeof PullRequest>): GitEvent {
  const { head, base } = pull;
  const sha = shaOrNull(head.sha);
  if (sha === null) return ignored('The pull request has no commit');
  return {
    kind: 'pull_request',
    repository: repositoryOf(repository),
    action: PULL_REQUEST_ACTIONS.get(action) ?? 'other',
    before: before == null ? null : shaOrNull(before),
    pullRequest: {
      number: pull.number,
      title: title(pull.title),
      url: pull.html_url,
      // A deleted fork has no repository any more.
      fork: head.repo?.id !== (base.repo?.id ?? repository.id),
      head: { branch: head.ref, sha, repoUrl: head.repo?.clone_url ?? null, message: null },
      base: { branch: base.ref, sha: shaOrNull(base.sha) },
      draft: pull.draft ?? false,
    },
    sender: sender?.login ?? null,
  };
}

function checkRunOf({ action, check_run: run, repository, sender }: z.infer<typeof CheckRun>): GitEvent {
  if (action !== 'rerequested') return ignored(`check_run ${action} deploys nothing`);
  const sha = shaOrNull(run.head_sha);
  if (sha === null) return ignored('The check run has no commit');
  const id = run.external_id ?? '';
  return {
    kind: 'redeploy',
    repository: repositoryOf(repository),
    deploymentId: /^[0-9a-f]{24}$/.test(id) ? id : null,
    sha,
    sender: sender?.login ?? null,
  };
}

function repositoryEventOf({ action, changes, repository }: z.infer<typeof RepositoryChange>): GitEvent {
  const [owner = '', name = ''] = repository.full_name.split('/');
  const from = changes?.owner?.from;
  const was =
    action === 'renamed'
      ? `${owner}/${changes?.repository?.name?.from ?? name}`
      : action === 'transferred'
        ? `${from?.user?.login ?? from?.organization?.login ?? owner}/${name}`
        : null;
  if (was === null) return ignored(`repository ${action} deploys nothing`);
  const at = (url: string) => url.replace(repository.full_name, was);
  return {
    kind: 'repository',
    repository: repositoryOf(repository),
    was: keysOf([at(repository.clone_url)]),
  };
}

function installationOf(
  event: string,
  { action, installation, sender }: z.infer<typeof Installation>,
): GitEvent {
  const known = [...INSTALLATION_ACTIONS].find((name) => name === action) ?? 'other';
  return {
    kind: 'installation',
    action: event === 'installation_repositories' ? 'repositories' : known,
    installationId: String(installation.id),
    account: installation.account?.login ?? null,
    sender: sender?.login ?? null,
  };
}
