/**
 * What an event of a Git host means for one app: build it, skip it with a reason that its team reads, end what was built
 * for it, or nothing. Pure; the object of the repository's triggers (object.ts) is around it.
 */
import { BranchName, type Environment, type TriggerRules } from '@appflux/protocol';
import type { ChangedPaths, PullRequestEvent, PushEvent, Sha } from '../git-hosts/event.ts';
import { matchesTag } from '../globs/glob.ts';
import { pathsReason } from './changed.ts';
import { skipMark } from './skip-marker.ts';

/** What of an app decides. */
export interface Subject {
  readonly rules: TriggerRules;
  /** The app's own branch, which is deployed to production. */
  readonly productionBranch: string;
  /** The folder that it is built from, as its source says. */
  readonly rootDirectory: string;
}

/** What an event has to be asked for elsewhere: null while that was not tried. */
export interface Facts {
  readonly changed: ChangedPaths | null;
  /** The message of the head commit; `undefined` while that was not tried, null if it could not be found out. */
  readonly message: string | null | undefined;
}

/** What is built, or would have been. */
export interface Target {
  /** A branch; of a fork's pull request `pull/NUMBER`, because a fork's `main` is not the repository's. */
  readonly branch: string;
  readonly tag: string | null;
  readonly commit: Sha;
  readonly environment: Environment;
  /** It waits for approval, and gets no variables and no files. */
  readonly fork: boolean;
}

/** Why nothing is built, for what follows from it: after `off` and `branch`, the same commit's pull request decides again. */
export type SkipCode = 'off' | 'branch' | 'tag' | 'mark' | 'paths' | 'fork';

export type Decision =
  | { readonly kind: 'build'; readonly target: Target }
  | { readonly kind: 'skip'; readonly code: SkipCode; readonly reason: string; readonly target: Target }
  /** The branch or pull request is gone: what waits for it is canceled, and its preview ends. */
  | {
      readonly kind: 'end';
      readonly branch: string;
      readonly pullRequest: number | null;
      readonly reason: string;
    }
  /** No trigger of this app: answered with the reason, and not listed. */
  | { readonly kind: 'nothing'; readonly reason: string }
  /** The decision depends on facts that were not asked for yet. */
  | { readonly kind: 'ask'; readonly facts: readonly (keyof Facts)[] };

/** The branch that a fork's pull request is listed and published under. */
export const branchOfFork = (number: number): string => `pull/${number}`;

/** What a push means for an app. */
export function decidePush(subject: Subject, event: PushEvent, facts: Facts): Decision {
  const { ref, after } = event;
  if (after === null) {
    return ref.kind === 'tag'
      ? nothing('Deleting a tag deploys nothing')
      : { kind: 'end', branch: ref.name, pullRequest: null, reason: 'The branch was deleted' };
  }
  if (!BranchName.safeParse(ref.name).success) return nothing('The name of the ref is not supported');
  const target: Target =
    ref.kind === 'tag'
      ? { branch: ref.name, tag: ref.name, commit: after, environment: 'production', fork: false }
      : {
          branch: ref.name,
          tag: null,
          commit: after,
          environment: ref.name === subject.productionBranch ? 'production' : 'preview',
          fork: false,
        };
  return ref.kind === 'tag' ? decideTag(subject, target, facts) : decideBranch(subject, target, facts);
}

function decideTag({ rules }: Subject, target: Target, facts: Facts): Decision {
  if (rules.tags === null) return nothing('Tags deploy nothing unless the app has a tag pattern');
  if (!matchesTag(rules.tags, target.branch))
    return skip(target, 'tag', `The tag doesn't match the pattern ${rules.tags}`);
  // A tag names a version: it counts whatever its commit changed.
  return marked(target, facts) ?? { kind: 'build', target };
}

function decideBranch(subject: Subject, target: Target, facts: Facts): Decision {
  const { rules, productionBranch } = subject;
  if (!rules.push) return skip(target, 'off', 'Deployments of pushes are turned off for this app');
  if (rules.branches === 'production' && target.environment !== 'production')
    return skip(target, 'branch', `Only pushes to the production branch ${productionBranch} are deployed`);
  return byContent(subject, target, facts);
}

/** What a pull request means for an app. */
export function decidePullRequest(subject: Subject, event: PullRequestEvent, facts: Facts): Decision {
  const { action, pullRequest } = event;
  const { number, fork, head } = pullRequest;
  const { rules, productionBranch } = subject;
  const branch = fork ? branchOfFork(number) : head.branch;
  if (action === 'other') return nothing('This change of a pull request deploys nothing');
  if (!BranchName.safeParse(branch).success) return nothing('The name of the branch is not supported');
  if (!fork && branch === productionBranch)
    return nothing(`Pushes deploy the production branch ${productionBranch}`);
  if (action === 'closed')
    return { kind: 'end', branch, pullRequest: number, reason: `Pull request #${number} was closed` };
  const target: Target = { branch, tag: null, commit: head.sha, environment: 'preview', fork };
  if (!rules.pullRequests)
    return skip(target, 'off', 'Deployments of pull requests are turned off for this app');
  if (fork && rules.forks === 'never')
    return skip(target, 'fork', 'Pull requests from forks are never deployed for this app');
  return byContent(subject, target, facts);
}

/** The rules of the commit itself: its message, then its paths. */
function byContent(subject: Subject, target: Target, facts: Facts): Decision {
  const mark = marked(target, facts);
  if (mark !== null && mark.kind !== 'ask') return mark;
  const paths = needsPaths(subject) ? byPaths(subject, target, facts) : null;
  const asked = [mark, paths].flatMap((decision) => (decision?.kind === 'ask' ? decision.facts : []));
  if (asked.length > 0) return { kind: 'ask', facts: asked };
  return paths ?? { kind: 'build', target };
}

function marked(target: Target, { message }: Facts): Decision | null {
  if (message === undefined) return { kind: 'ask', facts: ['message'] };
  const mark = message === null ? null : skipMark(message);
  return mark === null ? null : skip(target, 'mark', `The commit message has ${mark}`);
}

/** Whether the paths that a commit changed matter to an app. */
export const needsPaths = ({ rules, rootDirectory }: Subject): boolean =>
  rules.include.length > 0 || rules.exclude.length > 0 || !/^(?:\.?\/?)*$/.test(rootDirectory);

function byPaths({ rules, rootDirectory }: Subject, target: Target, { changed }: Facts): Decision | null {
  if (changed === null) return { kind: 'ask', facts: ['changed'] };
  const reason = pathsReason({ include: rules.include, exclude: rules.exclude, rootDirectory }, changed);
  return reason === null ? null : skip(target, 'paths', reason);
}

const nothing = (reason: string): Decision => ({ kind: 'nothing', reason });

const skip = (target: Target, code: SkipCode, reason: string): Decision => ({
  kind: 'skip',
  code,
  reason,
  target,
});
