/** From an event to the tasks of each app, and the answer. It reads and writes the ledger, and asks nobody else. */
import type { Creator, PullRequestRef } from '@appflux/protocol';
import type { PullRequestEvent, PushEvent, RepositoryBound } from '../git-hosts/event.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import type { Answer, Ledger } from './ledger.ts';
import {
  branchOfFork,
  type Decision,
  decidePullRequest,
  decidePush,
  type Facts,
  type SkipCode,
  type Subject,
  type Target,
} from './rules.ts';
import type { Cause, Task } from './work.ts';

/** What the rules know of an app; null if it isn't built from a repository. */
export function subjectOf({ source, triggers }: AppRecord): Subject | null {
  if (source.provider === 'upload') return null;
  return { rules: triggers, productionBranch: source.branch, rootDirectory: source.rootDirectory };
}

/** What an event says itself: GitHub's API is asked for the rest. */
export function ownFacts(event: PushEvent | PullRequestEvent): Facts {
  if (event.kind === 'push') {
    const { changed, forced, head } = event;
    return { changed: changed.known || forced ? changed : null, message: head?.message };
  }
  return { changed: null, message: event.pullRequest.head.message ?? undefined };
}

/** What an event means for one app. */
export function decide(subject: Subject, event: PushEvent | PullRequestEvent, facts: Facts): Decision {
  return event.kind === 'push' ? decidePush(subject, event, facts) : decidePullRequest(subject, event, facts);
}

/** What was decided for one app. */
type Planned = { readonly deploymentId: string } | { readonly ignored: string };

/** Plans an event for these apps and stores all of it. To be called in one transaction. */
export function plan(
  ledger: Ledger,
  { apps, ...planning }: Omit<Planning, 'app'> & { apps: readonly AppRecord[] },
): Answer {
  const { seq, event } = planning;
  if (event.kind === 'pull_request') rememberPullRequest(ledger, event);
  const planned = apps.flatMap((app) => planFor(ledger, { ...planning, app }) ?? []);
  const deployments = planned.flatMap((one) => ('deploymentId' in one ? [one.deploymentId] : []));
  const reasons = new Set(planned.flatMap((one) => ('ignored' in one ? [one.ignored] : [])));
  const answer: Answer =
    deployments.length > 0
      ? { deployments: [...new Set(deployments)] }
      : { ignored: [...reasons].join('; ') || noApp(event) };
  ledger.decide(seq, answer);
  return answer;
}

const noApp = ({ kind, repository }: RepositoryBound): string =>
  kind === 'repository'
    ? 'The apps of this repository are found under its new name'
    : `No app of this team is built from ${repository.fullName}`;

interface Planning {
  readonly seq: number;
  readonly event: RepositoryBound;
  readonly app: AppRecord;
  /** Of a `redeploy`, the ended deployment of each app (by its id) that is built again. */
  readonly previous: ReadonlyMap<string, string>;
  /** For each app (by its id) the id that its deployment gets, if there is one. */
  readonly ids: ReadonlyMap<string, string>;
  readonly now: number;
}

function planFor(ledger: Ledger, planning: Planning): Planned | null {
  const { seq, event, app, now } = planning;
  if (app.repositoryId !== idOf(event) || !event.repository.keys.includes(app.repoKey ?? ''))
    ledger.addWork(seq, app.id, null, { kind: 'move', repository: event.repository }, now);
  if (event.kind === 'repository') return null;
  if (event.kind === 'redeploy') {
    const previousId = planning.previous.get(app.id);
    if (previousId === undefined) return { ignored: `${app.name} has no ended deployment of this commit` };
    const deploymentId = idFor(planning);
    ledger.addWork(
      seq,
      app.id,
      deploymentId,
      { kind: 'redeploy', previousId, creator: creatorOf(event) },
      now,
    );
    return { deploymentId };
  }
  const subject = subjectOf(app);
  if (subject === null) return { ignored: `${app.name} is built from uploads` };
  return apply(ledger, { ...planning, event }, decide(subject, event, ownFacts(event)));
}

function idFor({ ids, app }: Planning): string {
  const id = ids.get(app.id);
  if (id === undefined) throw new Error(`No id was made for a deployment of the app ${app.id}`);
  return id;
}

const idOf = ({ repository: { provider, id } }: RepositoryBound) =>
  id === null ? null : `${provider}:${id}`;

function apply(
  ledger: Ledger,
  planning: Planning & { event: PushEvent | PullRequestEvent },
  decision: Decision,
): Planned {
  const { seq, event, app, now } = planning;
  if (decision.kind === 'nothing') return { ignored: decision.reason };
  if (decision.kind === 'end') {
    const { branch, reason } = decision;
    ledger.close(app.id, branch);
    ledger.skipWaiting(app.id, branch, reason);
    const before = new Date(now).toISOString();
    ledger.addWork(seq, app.id, null, { kind: 'end', branch, reason, before, by: creatorOf(event) }, now);
    return { ignored: reason };
  }
  const target = decision.kind === 'ask' ? targetOf(event, app) : decision.target;
  const cause = causeOf(ledger, event);
  const skipped = decision.kind === 'skip' ? decision.code : null;
  const known = knownOf(ledger, app.id, event, target);
  if (known !== null) {
    if (event.kind === 'push') ledger.markPushed(app.id, known);
    else if (cause.pullRequest !== null)
      ledger.addWork(seq, app.id, known, { kind: 'adopt', pullRequest: cause.pullRequest }, now);
    return { deploymentId: known };
  }
  if (skipped !== null && isLeftToPullRequest(cause, event, skipped, app))
    return { ignored: `The pull request of ${target.branch} decides` };
  const deploymentId = idFor(planning);
  const isPush = event.kind === 'push';
  ledger.addBuilt(app.id, target.branch, target.commit, seq, { deploymentId, skipped, pushed: isPush }, now);
  // Nobody else cancels what waits for approval, or what is not to be superseded, of a commit that is gone.
  if ((isPush && event.forced) || target.fork) {
    const reason = `A newer commit was pushed: ${target.commit.slice(0, 7)}`;
    ledger.skipWaiting(app.id, target.branch, reason);
    const before = new Date(now).toISOString();
    const { branch } = target;
    ledger.addWork(seq, app.id, null, { kind: 'cancel', branch, reason, before, by: cause.creator }, now);
  }
  ledger.addWork(seq, app.id, deploymentId, taskOf(decision, target, cause, event), now);
  return decision.kind === 'skip' ? { ignored: decision.reason } : { deploymentId };
}

function taskOf(decision: Decision, target: Target, cause: Cause, event: PushEvent | PullRequestEvent): Task {
  if (decision.kind === 'skip') return { kind: 'skip', target, cause, reason: decision.reason };
  return decision.kind === 'ask' ? { kind: 'ask', target, cause, event } : { kind: 'build', target, cause };
}

/**
 * The deployment of the same commit that another event has caused: a push and its pull request make one. What a push left
 * out because of rules for pushes is none.
 */
function knownOf(
  ledger: Ledger,
  appId: string,
  event: PushEvent | PullRequestEvent,
  { branch, commit, tag }: Target,
): string | null {
  if (tag !== null) return null;
  const known = ledger.built(appId, branch, commit);
  if (known === null) return null;
  if (event.kind === 'push') return known.pushed ? null : known.deploymentId;
  const isOfPushes = known.skipped === 'off' || known.skipped === 'branch';
  return known.pushed && isOfPushes ? null : known.deploymentId;
}

/** Whether a push that the rules for pushes leave out has an open pull request, which its own rules are for. */
const isLeftToPullRequest = (
  { pullRequest }: Cause,
  event: PushEvent | PullRequestEvent,
  skipped: SkipCode,
  { triggers }: AppRecord,
): boolean =>
  event.kind === 'push' &&
  pullRequest !== null &&
  triggers.pullRequests &&
  (skipped === 'off' || skipped === 'branch');

/** What an event is about, before it is known whether it is built: rules that are asked with all facts known say so. */
function targetOf(event: PushEvent | PullRequestEvent, app: AppRecord): Target {
  const subject = subjectOf(app);
  const decision =
    subject && decide(subject, event, { changed: { known: false, reason: '' }, message: null });
  if (decision?.kind === 'build' || decision?.kind === 'skip') return decision.target;
  throw new Error(`An event that depends on facts has no target: ${event.kind}`);
}

function causeOf(ledger: Ledger, event: PushEvent | PullRequestEvent): Cause {
  const creator = creatorOf(event);
  if (event.kind === 'pull_request') {
    const { head } = event.pullRequest;
    return {
      trigger: 'pull_request',
      creator,
      pullRequest: pullRequestRef(event),
      message: head.message,
    };
  }
  const { ref, head } = event;
  const pullRequest = ref.kind === 'branch' ? ledger.pullRequestOf(ref.name) : null;
  return { trigger: 'push', creator, pullRequest, message: head?.message ?? null };
}

const pullRequestRef = ({ pullRequest: { number, title, url, fork } }: PullRequestEvent): PullRequestRef => ({
  number,
  title,
  url,
  fork,
});

function rememberPullRequest(ledger: Ledger, event: PullRequestEvent): void {
  const { fork, head, number } = event.pullRequest;
  const branch = fork ? branchOfFork(number) : head.branch;
  if (event.action === 'closed') ledger.setPullRequest(branch, null);
  else ledger.setPullRequest(branch, pullRequestRef(event));
}

/** Who caused an event: the login that the host names. */
export const creatorOf = ({
  repository,
  sender,
}: Exclude<RepositoryBound, { kind: 'repository' }>): Creator => ({
  kind: repository.provider === 'github' ? 'github' : 'git',
  name: (sender ?? repository.fullName).slice(0, 320),
});
