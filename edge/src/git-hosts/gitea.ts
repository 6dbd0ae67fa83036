/**
 * Webhooks of Gitea and Forgejo, whose payloads are alike.
 * Sources: https://docs.gitea.com/usage/repository/webhooks, https://forgejo.org/docs/latest/user/webhooks
 */
import { z } from 'zod';
import { changedBy, headOf, ListedCommit, wasMovedBack } from './commits.ts';
import type { GitEvent, GitHost, Provider, PullRequestEvent, Repository, Sha } from './event.ts';
import { idAtHost } from './id-at-host.ts';
import { keysOf, orUnprocessable, refOf, ShaOrZeros, shaOrNull, title } from './payload.ts';
import { afterPrefix, isHmacOf } from './verify.ts';

const RepositoryPayload = z.object({
  id: z.int(),
  full_name: z.string().min(1),
  html_url: z.url(),
  clone_url: z.url(),
  ssh_url: z.string().nullish(),
  default_branch: z.string().nullish(),
});

const Sender = z.object({ login: z.string() }).nullish();

const PushPayload = z.object({
  ref: z.string(),
  before: ShaOrZeros,
  after: ShaOrZeros,
  commits: z.array(ListedCommit).nullish(),
  // Gitea before 1.16 doesn't count them.
  total_commits: z.int().nullish(),
  head_commit: ListedCommit.nullish(),
  repository: RepositoryPayload,
  sender: Sender,
});

const DeletePayload = z.object({
  ref: z.string().min(1),
  ref_type: z.string(),
  repository: RepositoryPayload,
  sender: Sender,
});

const Side = z.object({
  label: z.string().nullish(),
  ref: z.string(),
  sha: z.string(),
  repo: RepositoryPayload.nullish(),
});

const PullRequestPayload = z.object({
  action: z.string(),
  before: z.string().nullish(),
  pull_request: z.object({
    number: z.int().positive(),
    title: z.string(),
    html_url: z.url(),
    draft: z.boolean().nullish(),
    head: Side,
    base: Side,
  }),
  repository: RepositoryPayload,
  sender: Sender,
});

const ACTIONS: ReadonlyMap<string, PullRequestEvent['action']> = new Map([
  ['opened', 'opened'],
  ['reopened', 'reopened'],
  ['closed', 'closed'],
  ['synchronized', 'synchronize'],
]);

/** The commit; null if there is none, which is an empty text in some members. */
const wholeSha = (text: unknown): Sha | null => shaOrNull(ShaOrZeros.safeParse(text).data ?? '0');

const ignored = (reason: string): GitEvent => ({ kind: 'ignored', reason });

/**
 * Whether the head was pushed to `refs/for/…` (AGit): anyone who may read the repository can, although the head is then in
 * it. Such a head has no branch.
 */
const isPushedForReview = ({ ref, label }: z.infer<typeof Side>): boolean =>
  ref.startsWith('refs/') && !label;

/** The module of Gitea or Forgejo. Forgejo sends its own headers and those of Gitea. */
export function giteaHost(provider: Extract<Provider, 'gitea' | 'forgejo'>): GitHost {
  const brand = provider === 'forgejo' ? 'Forgejo' : 'Gitea';
  const names = provider === 'forgejo' ? ['forgejo', 'gitea'] : ['gitea'];
  const own = (headers: Headers, name: string): string | null =>
    names.map((product) => headers.get(`x-${product}-${name}`)).find((value) => value !== null) ?? null;

  const repositoryOf = (payload: z.infer<typeof RepositoryPayload>): Repository => ({
    provider,
    id: idAtHost(payload.html_url, payload.id),
    keys: keysOf([payload.clone_url, payload.ssh_url, payload.html_url]),
    fullName: payload.full_name,
    url: payload.clone_url,
    defaultBranch: payload.default_branch || null,
  });

  function push(body: unknown): GitEvent {
    const payload = orUnprocessable(PushPayload, body, 'push');
    const { head_commit: headCommit } = payload;
    const ref = refOf(payload.ref);
    if (ref === null) return ignored(`${payload.ref.slice(0, 200)} is neither a branch nor a tag`);
    // The test button sends the same commit, or none, twice.
    if (payload.before === payload.after) return { kind: 'ping' };
    const before = shaOrNull(payload.before);
    const at = shaOrNull(payload.after);
    // Of an annotated tag, `after` is the tag itself and the head commit what it points to.
    const after = at !== null && ref.kind === 'tag' ? (headCommit?.id ?? at) : at;
    const commits = payload.commits ?? [];
    const listed = { ref, before, after, commits, total: payload.total_commits ?? commits.length };
    return {
      kind: 'push',
      repository: repositoryOf(payload.repository),
      ref,
      before,
      after,
      forced: wasMovedBack(listed),
      head: headOf([headCommit, ...commits], after),
      changed: changedBy(listed),
      sender: payload.sender?.login ?? null,
    };
  }

  /** A branch's deletion comes only as this event; a tag's comes as a push as well. */
  function deletion(body: unknown): GitEvent {
    const { ref, ref_type: kind, repository, sender } = orUnprocessable(DeletePayload, body, 'delete');
    if (kind !== 'branch') return ignored('The deletion of a tag is also sent as a push');
    return {
      kind: 'push',
      repository: repositoryOf(repository),
      ref: { kind, name: ref },
      before: null,
      after: null,
      forced: false,
      head: null,
      changed: { known: false, reason: 'the ref was deleted' },
      sender: sender?.login ?? null,
    };
  }

  function pullRequest(body: unknown): GitEvent {
    const payload = orUnprocessable(PullRequestPayload, body, 'pull_request');
    const { number, html_url: url, draft, head, base } = payload.pull_request;
    const action = ACTIONS.get(payload.action) ?? 'other';
    const sha = wholeSha(head.sha);
    if (sha === null) return ignored('The pull request has no commit');
    return {
      kind: 'pull_request',
      repository: repositoryOf(payload.repository),
      action,
      pullRequest: {
        number,
        title: title(payload.pull_request.title),
        url,
        fork: !head.repo || head.repo.id !== payload.repository.id || isPushedForReview(head),
        head: {
          // Once the branch is deleted, `ref` is that of the pull request.
          branch: head.ref.startsWith('refs/') ? head.label || head.ref : head.ref,
          sha,
          repoUrl: head.repo?.clone_url ?? null,
          message: null,
        },
        base: { branch: base.ref, sha: wholeSha(base.sha) },
        draft: draft ?? false,
      },
      before: wholeSha(payload.before),
      sender: payload.sender?.login ?? null,
    };
  }

  return {
    verify(headers, rawBody, secrets) {
      const signature = own(headers, 'signature');
      return isHmacOf(signature ?? afterPrefix(headers.get('x-hub-signature-256')), rawBody, secrets);
    },
    deliveryId: (headers) => own(headers, 'delivery'),
    parse(headers, body) {
      const event = own(headers, 'event');
      switch (event) {
        case 'push':
          return push(body);
        case 'delete':
          return deletion(body);
        case 'pull_request':
          return pullRequest(body);
        case 'create':
          return ignored('A new branch or tag is also sent as a push');
        default:
          return ignored(
            event === null
              ? `The X-${brand}-Event header is missing`
              : `${event.slice(0, 100)} events deploy nothing`,
          );
      }
    },
  };
}
