/** What has to be done after an event was decided, one task an app: each may be carried out again after a crash. */
import type { Creator, PullRequestRef } from '@appflux/protocol';
import type { PullRequestEvent, PushEvent, Repository } from '../git-hosts/event.ts';
import type { Target } from './rules.ts';

/** Who or what caused a deployment, as its record says. */
export interface Cause {
  readonly trigger: 'push' | 'pull_request';
  readonly creator: Creator;
  readonly pullRequest: PullRequestRef | null;
  /** The message of the commit; null if it is unknown. */
  readonly message: string | null;
}

/** What is canceled: what waits for a branch and was created no later than `before`. */
export interface Cancellation {
  readonly branch: string;
  readonly reason: string;
  readonly before: string;
  /** Who the audit log names. */
  readonly by: Creator;
}

export type Task =
  | { readonly kind: 'build'; readonly target: Target; readonly cause: Cause }
  | { readonly kind: 'skip'; readonly target: Target; readonly cause: Cause; readonly reason: string }
  /** The decision depends on facts that the host has to be asked for. */
  | {
      readonly kind: 'ask';
      readonly target: Target;
      readonly cause: Cause;
      readonly event: PushEvent | PullRequestEvent;
    }
  /** What waits for a branch or a fork's pull request is canceled, because its commit was replaced. */
  | ({ readonly kind: 'cancel' } & Cancellation)
  /** The branch or pull request is gone: that, and its preview ends. */
  | ({ readonly kind: 'end' } & Cancellation)
  /** The pull request was opened after its commit was deployed. */
  | { readonly kind: 'adopt'; readonly pullRequest: PullRequestRef }
  /** Someone asked the host to run a check again. */
  | { readonly kind: 'redeploy'; readonly previousId: string; readonly creator: Creator }
  /** The repository has another name or owner. */
  | { readonly kind: 'move'; readonly repository: Repository };

export interface Work {
  readonly id: number;
  /** The event that caused it. */
  readonly seq: number;
  readonly appId: string;
  /** The deployment that a build, a skip or a redeploy makes. */
  readonly deploymentId: string | null;
  readonly task: Task;
  /** How often it has failed. */
  readonly attempts: number;
}
