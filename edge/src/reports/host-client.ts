/**
 * What a Git host shows of a deployment: a status of its commit, a deployment with its URL, a comment on its pull
 * request. One implementation for each kind of host; report-object.ts decides what is sent and when.
 */
import type { Environment, Failure } from '@appflux/protocol';

export { HostRefusal, type RefusalKind } from '../git-hosts/refusal.ts';

/** A deployment as hosts show it. */
export type ReportState = 'queued' | 'approval' | 'building' | 'success' | 'failed' | 'canceled' | 'skipped';

/** The states after which nothing more is reported of a deployment. */
const FINAL: ReadonlySet<ReportState> = new Set(['success', 'failed', 'canceled', 'skipped']);

export const isFinal = (state: ReportState): boolean => FINAL.has(state);

/** A place in the source, and what is wrong there. */
export interface Annotation {
  /** Relative to the repository, with forward slashes. */
  path: string;
  /** From 1. */
  line: number;
  /** From 1; null when only the line is known. */
  column: number | null;
  message: string;
}

/** Everything that a host may show of a deployment. Texts are as people wrote them: escape them for the host. */
export interface ReportFacts {
  deploymentId: string;
  /** The change of the deployment that these facts are of; a greater one is newer. */
  seq: number;
  app: { id: string; slug: string; name: string };
  environment: Environment;
  state: ReportState;
  /** The whole object name of the commit. */
  commit: string;
  branch: string | null;
  pullRequest: { number: number } | null;
  /** Why it failed; null unless it did. */
  failure: Pick<Failure, 'code' | 'message' | 'hint'> | null;
  /** Places of its errors, in order; at most MAX_ANNOTATIONS. */
  annotations: Annotation[];
  /** Why it made no build; null unless the state is `skipped`. */
  skipped: string | null;
  /** The size budgets that it exceeds, a line each. Absent without any, and in facts that earlier versions stored. */
  overBudget?: string[];
  /** `site` and `qr` (an image of a QR code of where the result is) are there once it succeeded. */
  urls: { log: string; site: string | null; page: string | null; qr: string | null };
  /** ISO 8601. */
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  durationSeconds: number | null;
}

/** What GitHub takes in one request. Source: https://docs.github.com/en/rest/checks/runs */
export const MAX_ANNOTATIONS = 50;

/** A repository at a host. */
export interface HostRepository {
  /** Where the host's pages are, without a trailing slash: `https://git.example.com`, `http://127.0.0.1:3000`. */
  webUrl: string;
  /** `owner/name`; of GitLab also `group/subgroup/name`. As it is at the host: not percent-encoded. */
  fullName: string;
}

/**
 * A repository at its host, with a token that may write to it. Every method throws HostRefusal, and may be called
 * again after an answer was lost: it looks first for what an earlier call has made.
 */
export interface HostClient {
  /**
   * Whether the host keeps a status for each deployment. Otherwise the last one of a commit and app counts, and an
   * older deployment's status is not sent after a newer one's.
   */
  readonly statusPerDeployment: boolean;
  /**
   * Sets the status of the commit. `known` is what an earlier call for this deployment returned, or null.
   * @returns the host's id of what was made, if it has one
   */
  setStatus(facts: ReportFacts, known: string | null): Promise<string | null>;
  /** The same for the host's own record of deployments, if it has one. */
  setDeployment?(facts: ReportFacts, known: string | null): Promise<string | null>;
  /**
   * Makes the one comment that begins with `marker`, or edits it. `known` is the id of the comment that an earlier
   * call returned, or null: then the comments are searched for one that begins with the marker and was written with
   * this client's account. A deleted comment is recreated.
   * @returns its id
   */
  comment(pullRequest: number, marker: string, body: string, known: string | null): Promise<string>;
}
