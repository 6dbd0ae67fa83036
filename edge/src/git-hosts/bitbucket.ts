/**
 * Webhooks of Bitbucket Cloud. Source: https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
 */
import { z } from 'zod';
import type { GitEvent, GitHost, PullRequestEvent, PushEvent, Repository } from './event.ts';
import { idAtHost } from './id-at-host.ts';
import { keysOf, orUnprocessable, ShaOrZeros, title } from './payload.ts';
import { afterPrefix, isHmacOf } from './verify.ts';

const Link = z.object({ href: z.string() });

const RepositoryPayload = z.object({
  uuid: z.string().min(1),
  full_name: z.string().min(1),
  links: z.object({ html: z.object({ href: z.url() }) }),
});

const Actor = z.object({ nickname: z.string().nullish(), display_name: z.string().nullish() }).nullish();

const Author = z
  .object({ raw: z.string().nullish(), user: z.object({ nickname: z.string().nullish() }).nullish() })
  .nullish();

const Commit = z.object({ hash: ShaOrZeros, message: z.string().nullish(), author: Author });

const RefState = z.object({ type: z.string(), name: z.string().min(1), target: Commit });

const Change = z.object({
  old: RefState.nullish(),
  new: RefState.nullish(),
  forced: z.boolean().nullish(),
});

const PushPayload = z.object({
  actor: Actor,
  repository: RepositoryPayload,
  push: z.object({ changes: z.array(Change) }),
});

const Side = z.object({
  branch: z.object({ name: z.string().min(1) }),
  /** Bitbucket shortens these to twelve digits. */
  commit: z.object({ hash: z.string().regex(/^[0-9a-f]{7,64}$/) }).nullish(),
  repository: RepositoryPayload.nullish(),
});

const PullRequestPayload = z.object({
  actor: Actor,
  repository: RepositoryPayload,
  pullrequest: z.object({
    id: z.int().positive(),
    title: z.string(),
    draft: z.boolean().nullish(),
    links: z.object({ html: Link }),
    source: Side,
    destination: Side,
  }),
});

const UpdatePayload = z.object({
  actor: Actor,
  repository: RepositoryPayload,
  changes: z.object({ full_name: z.object({ old: z.string().min(1) }).nullish() }).nullish(),
});

/** `updated` is sent for new commits and for another title alike: the commit tells them apart. */
const ACTIONS: ReadonlyMap<string, PullRequestEvent['action']> = new Map([
  ['pullrequest:created', 'opened'],
  ['pullrequest:updated', 'synchronize'],
  ['pullrequest:fulfilled', 'closed'],
  ['pullrequest:rejected', 'closed'],
]);

const ignored = (reason: string): GitEvent => ({ kind: 'ignored', reason });

const cloneUrl = ({ links }: z.infer<typeof RepositoryPayload>): string => `${links.html.href}.git`;

const repositoryOf = (payload: z.infer<typeof RepositoryPayload>): Repository => ({
  provider: 'bitbucket',
  id: idAtHost(payload.links.html.href, payload.uuid),
  keys: keysOf([payload.links.html.href]),
  fullName: payload.full_name,
  url: cloneUrl(payload),
  defaultBranch: null,
});

const nameOf = (actor: z.infer<typeof Actor>): string | null =>
  actor?.nickname || actor?.display_name || null;

/** How many refs of a push are looked at: each is a delivery of its own. */
const MOST_CHANGES = 100;

/** One event for each ref that was pushed. Bitbucket lists no paths. */
function pushes(body: unknown): GitEvent[] {
  const { actor, repository, push } = orUnprocessable(PushPayload, body, 'repo:push');
  return push.changes.slice(0, MOST_CHANGES).map((change): GitEvent => {
    const state = change.new ?? change.old;
    if (!state) return ignored('The change names no branch or tag');
    if (state.type !== 'branch' && state.type !== 'tag') {
      return ignored(`A change of the type “${state.type.slice(0, 100)}” deploys nothing`);
    }
    const target = change.new?.target;
    const head: PushEvent['head'] =
      target === undefined
        ? null
        : {
            message: target.message ?? '',
            author:
              target.author?.user?.nickname ?? target.author?.raw?.replace(/\s*<[^>]*>\s*$/, '') ?? null,
          };
    return {
      kind: 'push',
      repository: repositoryOf(repository),
      ref: { kind: state.type, name: state.name },
      before: change.old?.target.hash ?? null,
      after: target?.hash ?? null,
      forced: change.forced ?? false,
      head,
      changed: { known: false, reason: 'Bitbucket lists no paths' },
      sender: nameOf(actor),
    };
  });
}

function pullRequest(body: unknown, key: string, action: PullRequestEvent['action']): GitEvent {
  const { actor, repository, pullrequest } = orUnprocessable(PullRequestPayload, body, key);
  const { source, destination } = pullrequest;
  const sha = source.commit?.hash;
  if (sha === undefined) return ignored('The pull request has no commit');
  return {
    kind: 'pull_request',
    repository: repositoryOf(repository),
    action,
    pullRequest: {
      number: pullrequest.id,
      title: title(pullrequest.title),
      url: pullrequest.links.html.href,
      fork: source.repository?.uuid !== repository.uuid,
      head: {
        branch: source.branch.name,
        sha,
        repoUrl: source.repository ? cloneUrl(source.repository) : null,
        message: null,
      },
      base: { branch: destination.branch.name, sha: null },
      draft: pullrequest.draft ?? false,
    },
    before: null,
    sender: nameOf(actor),
  };
}

/** Only another name or workspace of the repository matters. */
function update(body: unknown, key: string): GitEvent {
  const { repository, changes } = orUnprocessable(UpdatePayload, body, key);
  const old = changes?.full_name?.old;
  if (old === undefined) return ignored('Neither the name nor the workspace of the repository changed');
  return {
    kind: 'repository',
    repository: repositoryOf(repository),
    was: keysOf([new URL(`/${old}`, repository.links.html.href).href]),
  };
}

function parseAll(headers: Headers, body: unknown): GitEvent[] {
  const key = headers.get('x-event-key');
  const action = ACTIONS.get(key ?? '');
  if (key === null) return [ignored('The X-Event-Key header is missing')];
  if (key === 'repo:push') return pushes(body);
  if (action !== undefined) return [pullRequest(body, key, action)];
  if (key === 'repo:updated') return [update(body, key)];
  if (key === 'diagnostics:ping') return [{ kind: 'ping' }];
  return [ignored(`${key.slice(0, 100)} events deploy nothing`)];
}

/** The module of Bitbucket Cloud. */
export const bitbucket: GitHost = {
  verify: (headers, rawBody, secrets) =>
    isHmacOf(afterPrefix(headers.get('x-hub-signature')), rawBody, secrets),
  deliveryId: (headers) => headers.get('x-request-uuid'),
  parse: (headers, body) => parseAll(headers, body)[0] ?? ignored('The push changes no branch or tag'),
  parseAll,
};
