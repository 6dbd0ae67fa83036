/**
 * The contract of metadata: what AppFlux remembers about apps, deployments, runners and people. Its backends
 * are folders beside this file, and every backend passes `testing/contract.ts`. Records are in records.ts.
 *
 * Lists are newest first by creation and paged by `cursor`, the place of the last item seen (paging.ts). A page may have
 * fewer items than its limit before the list ends: of large records it holds MAX_PAGE_BYTES. A record that does not exist is
 * null. A backend that cannot be reached throws AppFluxError `unavailable`.
 */
import type {
  AppType,
  DeploymentStatus,
  Environment,
  FileInfo,
  Page,
  PageQuery,
  Role,
} from '@appflux/protocol';
import type { AnalyticsStore, DownloadStore } from './analytics.ts';
import type { AppListStore } from './app-lists.ts';
import type { DetailStore } from './details.ts';
import type { DomainStore } from './domains.ts';
import type { ExpoStore } from './expo.ts';
import type { GithubStore } from './github.ts';
import type { HookStore } from './hooks.ts';
import type { MetricsStore } from './metrics.ts';
import type { Place } from './paging.ts';
import type {
  AppRecord,
  AppSiteMember,
  AppTriggerMember,
  AuditRecord,
  ChangeOfVariable,
  DeploymentContent,
  DeploymentPart,
  DeploymentRecord,
  DeploymentSummary,
  KeptDeployment,
  LogTailLine,
  MemberRecord,
  RefreshTokenRecord,
  Resealing,
  RunnerRecord,
  SealedFile,
  SealedVariable,
  TokenKind,
  TokenRecord,
  UploadRecord,
  UserRecord,
} from './records.ts';
import type { SiteStore } from './sites.ts';
import type { SourceCredentialStore } from './source-credentials.ts';
import type { TeamSettingsStore } from './team-settings.ts';
import type { WebhookSecretStore } from './webhook-secrets.ts';

export * from './records.ts';

export interface AppStore {
  /** Throws AppFluxError `slug_taken` when another app has the slug. */
  insert(app: AppRecord): Promise<void>;
  byId(id: string): Promise<AppRecord | null>;
  bySlug(slug: string): Promise<AppRecord | null>;
  /** Those of these ids (100 at most) that are there, in any order. */
  byIds(ids: readonly string[]): Promise<AppRecord[]>;
  /** All apps of an owner, or those whose name or slug holds `search`, whatever its case (of A to Z). */
  list(ownerId: string, page: PageQuery, search?: string): Promise<Page<AppRecord>>;
  /**
   * Everybody's apps by ascending id, those after `after`: for what goes through all of them. `next` is the `after` of the
   * next call, null at the end; like a page of a list, these may be fewer than `limit`.
   */
  all(after: string | null, limit: number): Promise<{ items: AppRecord[]; next: string | null }>;
  /**
   * The apps of a repository, 100 at most: of one owner, or with null of everyone. Those whose `repositoryId` is this
   * one; and those with this `repoKey`, unless they are known to belong to another repository that had its name.
   */
  ofRepository(
    ownerId: string | null,
    repository: { repoKey: string; repositoryId?: string | null },
  ): Promise<AppRecord[]>;
  /** Apps with a schedule that is due by `now` (ISO 8601), the longest due first. */
  dueSchedules(now: string, limit: number): Promise<AppRecord[]>;
  /** Replaces the schedules if `schedulesRevision` is still `revision`; false when it isn't, or there is no such app. */
  replaceSchedules(id: string, revision: string | null, schedules: AppSchedules): Promise<boolean>;
  /** Changes the named members; null when there is no such app. */
  /**
   * Changes the named members. With `revision`, only while `settingsRevision` has that value. Gives the app as it is then;
   * null when there is none, or its settings have another revision.
   */
  update(
    id: string,
    change: Partial<Pick<AppRecord, ChangeableOfApp>>,
    revision?: string | null,
  ): Promise<AppRecord | null>;
  /**
   * Makes a deployment the release, at `at` (ISO 8601), and the one that was it the release before. Of the deployment that
   * is the release already, nothing changes. Null when there is no such app.
   */
  release(id: string, pointer: ReleasePointer): Promise<AppRecord | null>;
  /** The releases of these apps, 100 at most: ids of deployments, in any order. */
  releases(ids: readonly string[]): Promise<string[]>;
  /** Throws AppFluxError `unprocessable` when the app would be larger than the backend can store; it may become smaller. */
  setVariable(id: string, name: string, variable: SealedVariable): Promise<void>;
  /** Changes members of a variable and keeps its value, also one that is set at the same time. False if there is none. */
  changeVariable(id: string, name: string, change: ChangeOfVariable): Promise<boolean>;
  /**
   * Puts each `to` in the place of the sealed value `from`, where that is what the variable still has; gives how many
   * were replaced.
   */
  resealVariables(id: string, values: readonly Resealing[]): Promise<number>;
  /** False when the app had no such variable. */
  deleteVariable(id: string, name: string): Promise<boolean>;
  /** The next build number, counting up from 1 for each app. Throws `not_found` when there is no such app. */
  nextBuildNumber(id: string): Promise<number>;
  /** Removes the app with its files, deploy hooks and deployments' records; false when there was none. */
  delete(id: string): Promise<boolean>;
}

/** An app's schedules, and what they are found by. */
export type AppSchedules = Pick<AppRecord, 'schedules' | 'scheduleDueAt' | 'schedulesRevision'>;

/** What `AppStore.update` may change. */
export type ChangeableOfApp =
  | 'name'
  | 'type'
  | 'source'
  | 'build'
  | 'retention'
  | 'release'
  | 'detectedType'
  | AppSiteMember
  | Exclude<AppTriggerMember, keyof AppSchedules>;

export interface ReleasePointer {
  deploymentId: string;
  /** The release that it replaces, or null for none. If it is another one, the app is given unchanged. */
  from?: string | null | undefined;
  /** ISO 8601. */
  at: string;
  /** The type that was detected for the deployment; null leaves the app's as it is. */
  detectedType: AppType | null;
}

/** The files of apps, apart from them: a list of apps tells of files, but does not carry them. */
export interface FileStore {
  /** Keeps a file, in the place of an older one of that name. Of an app that is not there nothing is kept. */
  set(appId: string, name: string, file: SealedFile): Promise<void>;
  /** False when the app had no such file. */
  delete(appId: string, name: string): Promise<boolean>;
  /** What each of these apps (100 at most) has, by name, without contents. */
  list(appIds: readonly string[]): Promise<Map<string, FileInfo[]>>;
  /** Puts `to` in the place of the sealed content `from`; false when that is not what the file has (any more). */
  reseal(appId: string, name: string, from: string, to: string): Promise<boolean>;
  /** All files of an app, by their names. */
  sealed(appId: string): Promise<Record<string, SealedFile>>;
}

export interface DeploymentStore {
  /**
   * Writes how a deployment stands after its `seq`-th change. An older or repeated `seq` changes nothing and
   * gives false. The first production success also becomes the app's release, and its plan the app's `detectedType`,
   * in the same write; an app that was rolled back stays so when the same deployment is reported again, and a
   * release is never replaced by an older deployment. A success that is first reported while its app's releases are
   * locked, or not automatic, never becomes the release by itself. Of an app that is gone nothing is kept: false.
   */
  project(record: DeploymentRecord, seq: number): Promise<boolean>;
  byId(id: string): Promise<KeptDeployment | null>;
  list(filter: DeploymentFilter, page: PageQuery): Promise<Page<KeptDeployment>>;
  /** An owner's deployments that have ended, the last one first, from the place after `after`. None that was skipped. */
  ended(ownerId: string, after: Place | null, limit: number): Promise<DeploymentSummary[]>;
  /** Those of an owner with these ids, 100 at most, in any order. */
  summaries(ownerId: string, ids: readonly string[]): Promise<DeploymentSummary[]>;
  /**
   * The newest deployment that succeeded or failed and was created before `before` (ISO 8601); null when there is none.
   * `branch` is the one that was asked for.
   */
  lastEnded(filter: {
    appId: string;
    environment: Environment;
    branch?: string;
    before: string;
  }): Promise<KeptDeployment | null>;
  /** An app's deployments that have not ended, newest first, 100 at most: all, or of a branch or a pull request. */
  unendedOf(appId: string, narrowed: { branch?: string; pullRequest?: number }): Promise<KeptDeployment[]>;
  /** An app's deployments that have artifacts or a log which were not removed, or left something in storage. */
  withContent(appId: string, page: PageQuery): Promise<Page<DeploymentContent>>;
  /**
   * Those of them, in whatever app, that were built from one of these uploads (50 at most), by ascending id, those after
   * `after`.
   */
  builtFrom(uploadIds: readonly string[], after: string | null, limit: number): Promise<DeploymentContent[]>;
  /** Pins or unpins a deployment. False when it is not there, or is to be pinned and its artifacts were removed. */
  pin(id: string, pinned: boolean): Promise<boolean>;
  /** Marks a preview as promoted to production at `at` (ISO 8601), or with null as not. False when it is not there. */
  markPromoted(id: string, at: string | null): Promise<boolean>;
  /** Notes when the picture of its site was taken (ISO 8601). False when it is not there, or its artifacts were removed. */
  markPictured(id: string, at: string): Promise<boolean>;
  /** Notes why no picture was taken, unless there is one. */
  markPictureFailed(id: string, reason: string): Promise<void>;
  /** When the pictures of these deployments (100 at most) were taken, by their ids; those without one are left out. */
  pictures(ids: readonly string[]): Promise<Map<string, string>>;
  /**
   * Marks a part of these deployments (100 at most) as removed, and storage as holding leftovers. Gives the ids of those
   * that were marked: not those that are pinned, not there, or marked already.
   */
  markRemoved(ids: readonly string[], part: DeploymentPart, at: string): Promise<string[]>;
  /** Takes that mark back. */
  unmarkRemoved(id: string, part: DeploymentPart): Promise<void>;
  /** Storage holds nothing any more of what was removed of these, 100 at most. */
  markCleared(ids: readonly string[]): Promise<void>;
  /** Removes records, 100 at most. Those that are not there are no error. */
  delete(ids: readonly string[]): Promise<void>;
  /**
   * Places of an app's deployments that may be archived, the first created first, from the place after `after`: created
   * before `createdBefore` (ISO 8601), ended, with nothing left in storage, not pinned, and neither a release nor the
   * latest that was built.
   */
  archivable(appId: string, createdBefore: string, after: Place | null, limit: number): Promise<Place[]>;
  /**
   * Archives those of these deployments that may be, 100 at most, and whose newest event has this `seq`: their records are
   * in storage. Gives how many were archived. An event that comes later brings the record back.
   */
  archive(appId: string, stored: readonly { id: string; seq: number }[]): Promise<number>;
  /** Ids of an app's deployments, at most `limit`, in any order. */
  idsOf(appId: string, limit: number): Promise<string[]>;
  /** Ids of an app's deployments that have not ended. */
  unended(appId: string): Promise<string[]>;
  /**
   * Keeps the end of a deployment's log beside its record, for those who read the database with other tools. A
   * backend that nobody reads so keeps nothing: the whole log is in storage. False when the deployment is not there
   * (yet).
   */
  keepLogTail(id: string, lines: readonly LogTailLine[]): Promise<boolean>;
}

/** What a list of deployments is narrowed by. `branch` is the one that was asked for. */
export interface DeploymentFilter {
  ownerId: string;
  appId?: string | undefined;
  status?: DeploymentStatus | undefined;
  /** `exclude` leaves out deployments that were skipped, `only` lists nothing else. */
  skipped?: 'exclude' | 'only' | undefined;
  branch?: string | undefined;
  environment?: Environment | undefined;
  /** The name of who or what created it. */
  creator?: string | undefined;
  /** The number of a pull request. */
  pullRequest?: number | undefined;
}

export interface UploadStore {
  insert(upload: UploadRecord): Promise<void>;
  byId(id: string): Promise<UploadRecord | null>;
  /** Marks it as complete: its bytes lie under `key` and have this SHA-256. */
  complete(id: string, kept: { key: string; sha256: string }): Promise<void>;
  /** Notes that it is deployed from at `at` (ISO 8601). False when there is no complete upload of that id (any more). */
  touch(id: string, at: string): Promise<boolean>;
  /** Complete uploads that were last used before `usedBefore`, by ascending id, those after `after`. */
  unused(after: string | null, usedBefore: string, limit: number): Promise<UploadRecord[]>;
  /** Makes such an upload an abandoned one; false when it was used meanwhile. */
  giveUp(id: string, usedBefore: string): Promise<boolean>;
  /** The same, and that it is as this App. False as well when there is no complete upload of that id (any more). */
  use(id: string, appId: string, at: string): Promise<boolean>;
  /** Takes an App out of those that were deployed from these, 100 at most. */
  unuse(ids: readonly string[], appId: string): Promise<void>;
  /** Uploads of an owner, or those that one of their Apps was deployed from, at most 100. */
  list(ownerId: string, appId?: string): Promise<UploadRecord[]>;
  /** How many uploads of an owner were begun and are not complete. */
  countBegun(ownerId: string): Promise<number>;
  /** Removes records, 100 at most. Those that are not there are no error. */
  delete(ids: readonly string[]): Promise<void>;
  /** Uploads begun before `createdBefore` and never completed, at most 100. */
  abandoned(createdBefore: string): Promise<UploadRecord[]>;
}

/** What changes of a runner: by people, and by what it says of itself. */
export type RunnerChange = Partial<
  Pick<
    RunnerRecord,
    'name' | 'labels' | 'slots' | 'executor' | 'version' | 'draining' | 'lastSeenAt' | 'refusedProtocol'
  >
>;

export interface RunnerStore {
  insert(runner: RunnerRecord): Promise<void>;
  byId(id: string): Promise<RunnerRecord | null>;
  byCredentialHash(hash: string): Promise<RunnerRecord | null>;
  /** All of them, newest first. */
  list(ownerId: string): Promise<RunnerRecord[]>;
  page(ownerId: string, page: PageQuery): Promise<Page<RunnerRecord>>;
  count(ownerId: string): Promise<number>;
  /** Ephemeral runners of all teams that were not seen since then, nor registered, longest ago first. */
  ephemeralUnseen(since: string, limit: number): Promise<RunnerRecord[]>;
  update(id: string, change: RunnerChange): Promise<RunnerRecord | null>;
  delete(id: string): Promise<boolean>;
}

export interface TokenStore {
  /** A token whose hash is there already is left as it is. */
  insert(token: TokenRecord): Promise<void>;
  /** A token of that kind that has not run out by `now`. */
  byHash(kind: TokenKind, hash: string, now: string): Promise<TokenRecord | null>;
  byId(ownerId: string, kind: TokenKind, id: string): Promise<TokenRecord | null>;
  /** All of a kind, or those of one App, or those that one user made. */
  list(
    ownerId: string,
    kind: TokenKind,
    page: PageQuery,
    narrowed?: { appId: string } | { createdBy: string },
  ): Promise<Page<TokenRecord>>;
  /** How many of a kind an owner has, or one of their Apps. */
  count(ownerId: string, kind: TokenKind, narrowed?: { appId: string }): Promise<number>;
  touch(id: string, lastUsedAt: string): Promise<void>;
  /**
   * Takes a one-time token: gives it, and removes it in the same step, so that of two calls one gets it.
   * Null when there is none, or it has expired by `now`.
   */
  take(kind: TokenKind, hash: string, now: string): Promise<TokenRecord | null>;
  delete(ownerId: string, kind: TokenKind, id: string): Promise<boolean>;
  /** Removes all tokens of a kind that an owner has. */
  deleteKind(ownerId: string, kind: TokenKind): Promise<void>;
  /** Removes what a user made for an owner, of every kind. */
  deleteMadeBy(ownerId: string, userId: string): Promise<void>;
}

export interface UserStore {
  /** Throws AppFluxError `email_taken` when another user has the email, `identity_taken` the GitHub account. */
  insert(user: UserRecord): Promise<void>;
  byId(id: string): Promise<UserRecord | null>;
  /** Takes the address in lower case. */
  byEmail(email: string): Promise<UserRecord | null>;
  byGithubId(githubId: string): Promise<UserRecord | null>;
  /** Changes the named members; null when there is no such user. Throws as `insert` does. */
  update(
    id: string,
    change: Partial<Pick<UserRecord, 'email' | 'passwordHash' | 'githubId'>>,
  ): Promise<UserRecord | null>;
  /** False when there was none, and for the instance's owner, who stays. */
  delete(id: string): Promise<boolean>;
  /** The instance's owner: the first user. */
  owner(): Promise<UserRecord | null>;
  /** Makes `user` the owner unless there is one; gives the owner. */
  keepOwner(user: UserRecord): Promise<UserRecord>;
}

export interface MemberStore {
  /** False when the person is in the team already, with whatever role. */
  insert(member: MemberRecord): Promise<boolean>;
  find(teamId: string, userId: string): Promise<MemberRecord | null>;
  list(teamId: string, page: PageQuery): Promise<Page<MemberRecord>>;
  count(teamId: string): Promise<number>;
  /** The teams that a person is in, the one joined first first; at most 100. */
  ofUser(userId: string): Promise<MemberRecord[]>;
  /** Null when there is no such member. Throws AppFluxError `last_owner` rather than leave a team without owner. */
  setRole(teamId: string, userId: string, role: Role): Promise<MemberRecord | null>;
  /** Writes a person's new email into all their memberships. */
  setEmail(userId: string, email: string): Promise<void>;
  /** False when there was no such member. Throws AppFluxError `last_owner` rather than leave a team without owner. */
  delete(teamId: string, userId: string): Promise<boolean>;
  /** Removes everybody, owners as well: the team is no more. */
  deleteTeam(teamId: string): Promise<void>;
}

/** What was done: never changed, and removed only when it is old (Metadata.removeExpired) or with its team. */
export interface AuditStore {
  append(record: AuditRecord): Promise<void>;
  /** Removes the whole log of a team that is no more. */
  deleteOf(ownerId: string): Promise<void>;
  list(ownerId: string, page: PageQuery): Promise<Page<AuditRecord>>;
}

export interface SessionStore {
  insert(token: RefreshTokenRecord): Promise<void>;
  /** Adds a token to the session that `predecessorHash` belongs to; false when that session has ended. */
  insertAfter(token: RefreshTokenRecord, predecessorHash: string): Promise<boolean>;
  byHash(hash: string): Promise<RefreshTokenRecord | null>;
  /** Whether a session was begun, was not ended, and has a token that has not run out by `now`. */
  isAlive(sessionId: string, now: string): Promise<boolean>;
  /** Marks a token used, once; false when it already was. */
  use(hash: string, usedAt: string): Promise<boolean>;
  /** Ends a session: all its tokens are removed. */
  endSession(sessionId: string): Promise<void>;
  /** Ends all sessions of a user, but for one if it is given. */
  endSessionsOf(userId: string, exceptSessionId: string | null): Promise<void>;
}

/** Keys that the instance made for itself, sealed. */
export interface SecretStore {
  get(name: string): Promise<string | null>;
  /** Keeps `sealed` unless the name is there already; gives what is kept. */
  keep(name: string, sealed: string): Promise<string>;
  /** All of them, by their names. */
  all(): Promise<Record<string, string>>;
  /** Puts `to` in the place of `from`; false when that is not what is kept (any more). */
  reseal(name: string, from: string, to: string): Promise<boolean>;
}

/** How long an idempotency key is remembered, in hours. */
export const IDEMPOTENCY_HOURS = 48;

/** Answers already given, by the key that their caller chose. */
export interface IdempotencyStore {
  /**
   * Remembers that `key` of this owner stands for `deploymentId`; when the key is known already, gives what it
   * stands for instead and remembers nothing.
   */
  claim(
    ownerId: string,
    key: string,
    value: { deploymentId: string; fingerprint: string; createdAt: string },
  ): Promise<{ deploymentId: string; fingerprint: string }>;
  /** Forgets the keys of this owner that stand for these deployments, 100 at most. */
  forget(ownerId: string, deploymentIds: readonly string[]): Promise<void>;
}

export interface Metadata {
  /** Resolves when the backend answers and is set up. */
  ping(): Promise<void>;
  /**
   * A new id for a deployment or an upload of this owner, by which it is found fastest; `now` in Unix milliseconds. Any other
   * new ObjectId is as good, but may take more queries.
   */
  newIdFor(ownerId: string, now?: number): Promise<string>;
  /**
   * Removes what has expired by `now`: tokens of every kind but `api`, refresh tokens, and idempotency keys
   * older than IDEMPOTENCY_HOURS. API tokens stay, so that their owner sees which have expired. Entries of the audit
   * log go when they were written before `auditBefore`.
   */
  removeExpired(now: string, auditBefore: string): Promise<void>;
  readonly apps: AppStore;
  readonly appLists: AppListStore;
  readonly files: FileStore;
  readonly deployments: DeploymentStore;
  readonly sites: SiteStore;
  readonly domains: DomainStore;
  readonly expo: ExpoStore;
  readonly sourceCredentials: SourceCredentialStore;
  readonly hooks: HookStore;
  readonly github: GithubStore;
  readonly details: DetailStore;
  readonly uploads: UploadStore;
  readonly runners: RunnerStore;
  readonly tokens: TokenStore;
  readonly users: UserStore;
  readonly members: MemberStore;
  readonly teamSettings: TeamSettingsStore;
  readonly audit: AuditStore;
  readonly sessions: SessionStore;
  readonly secrets: SecretStore;
  readonly webhookSecrets: WebhookSecretStore;
  readonly idempotency: IdempotencyStore;
  readonly downloads: DownloadStore;
  readonly analytics: AnalyticsStore;
  readonly metrics: MetricsStore;
}
