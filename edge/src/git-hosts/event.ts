/** What a Git host reports: the events of all hosts in one form, and what each host's module provides. */
import { GitProvider } from '@appflux/protocol';

export type Provider = GitProvider;

/** Whether a path's last part names a Git host. */
export const isProvider = (name: string): name is Provider => GitProvider.safeParse(name).success;

/** A whole commit id in lower case: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits, never all zeros. */
export type Sha = string;

export interface Repository {
  readonly provider: Provider;
  /** The host's own id, which survives renames and transfers; null if the payload has none. */
  readonly id: string | null;
  /** `repoKeyOf` of its https, SSH and web URLs, without duplicates. */
  readonly keys: readonly string[];
  /** As people write it: `owner/name`. */
  readonly fullName: string;
  /** The https URL that Git clones from. */
  readonly url: string;
  readonly defaultBranch: string | null;
}

/** The paths that an event changed, relative to the top; `known: false` counts as changed. */
export type ChangedPaths =
  | { readonly known: true; readonly paths: readonly string[] }
  | {
      readonly known: false;
      readonly reason: string;
      /**
       * What the payload lists, of a host that doesn't say whether the push was forced: used if the host can't be asked
       * what a forced push dropped.
       */
      readonly listed?: readonly string[];
    };

export interface PushEvent {
  readonly kind: 'push';
  readonly repository: Repository;
  readonly ref: { readonly kind: 'branch' | 'tag'; readonly name: string };
  /** Where the ref was; null if it is new. */
  readonly before: Sha | null;
  /** The commit where the ref is now (of an annotated tag, the commit if the host names it); null if it was deleted. */
  readonly after: Sha | null;
  readonly forced: boolean;
  /** The commit at `after`; null if the payload doesn't describe it. */
  readonly head: { readonly message: string; readonly author: string | null } | null;
  readonly changed: ChangedPaths;
  /** The login of who pushed; null if the payload doesn't name anyone. */
  readonly sender: string | null;
}

/** The parts of a pull request (of GitLab, a merge request) that decide what is deployed. */
export interface PullRequestFacts {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  /** Whether the head is in another repository than the base. A head whose repository is gone counts as a fork. */
  readonly fork: boolean;
  readonly head: {
    readonly branch: string;
    /** Bitbucket shortens it to twelve digits. */
    readonly sha: Sha;
    /** The https URL of the head's repository; null if it is gone. */
    readonly repoUrl: string | null;
    /** The message of the head commit; null if the payload doesn't have it, as GitHub's doesn't. */
    readonly message: string | null;
  };
  readonly base: { readonly branch: string; readonly sha: Sha | null };
  readonly draft: boolean;
}

export interface PullRequestEvent {
  readonly kind: 'pull_request';
  readonly repository: Repository;
  /** `synchronize`: its head has another commit. `other` changes nothing that is deployed, such as a label. */
  readonly action: 'opened' | 'synchronize' | 'reopened' | 'closed' | 'other';
  readonly pullRequest: PullRequestFacts;
  /** Of `synchronize`, the head before; null otherwise, or if the payload doesn't have it. */
  readonly before: Sha | null;
  readonly sender: string | null;
}

/** Someone asked the host to run the check of a commit again. */
export interface RedeployEvent {
  readonly kind: 'redeploy';
  readonly repository: Repository;
  /** The deployment that the check belongs to, if the host gives back what we stored with it. */
  readonly deploymentId: string | null;
  readonly sha: Sha;
  readonly sender: string | null;
}

/** The repository was renamed or transferred. */
export interface RepositoryEvent {
  readonly kind: 'repository';
  readonly repository: Repository;
  /** `repoKeyOf` of its earlier URLs, as far as the payload says. */
  readonly was: readonly string[];
}

/** The GitHub App was installed, removed or suspended, or may access other repositories. */
export interface InstallationEvent {
  readonly kind: 'installation';
  readonly action: 'created' | 'deleted' | 'suspend' | 'unsuspend' | 'repositories' | 'other';
  readonly installationId: string;
  /** The login of the user or organization. */
  readonly account: string | null;
  readonly sender: string | null;
}

export type GitEvent =
  | PushEvent
  | PullRequestEvent
  | RedeployEvent
  | RepositoryEvent
  | InstallationEvent
  /** The host tests the webhook. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'ignored'; readonly reason: string };

/** The kinds of events that belong to a repository. */
export type RepositoryBound = Extract<GitEvent, { repository: Repository }>;

/** What the module of a Git host provides. It reads headers case-insensitively and does no I/O. */
export interface GitHost {
  /**
   * Whether one of `secrets` signed `rawBody`, or is the token in the headers, compared in constant time. False without a
   * signature, for a malformed one, and without secrets. Never throws.
   */
  verify(headers: Headers, rawBody: Uint8Array, secrets: readonly string[]): boolean;
  /** The host's id of this delivery, the same when it is sent again; null if the headers have none. */
  deliveryId(headers: Headers): string | null;
  /**
   * The event in a payload that was verified. Unknown events, actions and members are `ignored`, not refused. Throws
   * AppFluxError `bad_request` or `unprocessable` if a payload lacks what its event needs.
   */
  parse(headers: Headers, body: unknown): GitEvent;
  /** All events in such a payload, in order: of hosts that send a push of several refs as one delivery. */
  parseAll?(headers: Headers, body: unknown): readonly GitEvent[];
}
