/** The records of metadata: what each thing that AppFlux remembers is made of, as it is kept. */
import {
  type AppAccess,
  type AppServer,
  type AppSource,
  type AppType,
  type Artifact,
  type AuditEntry,
  type BuildSettings,
  DEFAULT_TRIGGERS,
  type Deployment,
  type Environment,
  type ExecutorKind,
  type Retention,
  type Role,
  type ScheduleStatus,
  type Scope,
  type SizeBudget,
  type SizeBudgetResult,
  type TriggerRules,
} from '@appflux/protocol';

/** A variable at rest: sealed (identity/sealing.ts), never in the clear. */
export interface SealedVariable {
  sealed: string;
  environments: Environment[];
  /** Whether builds mask it. Absent in variables that are older than the choice: then it is decided when one is opened. */
  sensitive?: boolean;
  /** `sensitive` was decided by name and value, and nobody has chosen it. */
  automatic?: boolean;
  /** When it was last set or changed (ISO 8601). Absent in variables that are older than this member. */
  updatedAt?: string;
}

/** What changes of a variable while its value stays. */
export interface ChangeOfVariable {
  environments?: Environment[];
  sensitive?: boolean;
  automatic?: boolean;
  updatedAt: string;
}

/** A sealed value of a variable, and the same sealed with another key. */
export interface Resealing {
  name: string;
  from: string;
  to: string;
}

/** A file at rest: its base64 is sealed (identity/sealing.ts), never in the clear. */
export interface SealedFile {
  /** Bytes of the file itself. */
  size: number;
  environments: Environment[];
  sealed: string;
}

export interface AppRecord {
  id: string;
  ownerId: string;
  name: string;
  slug: string;
  type: AppType | null;
  detectedType: AppType | null;
  source: AppSource;
  build: BuildSettings;
  retention: Retention;
  envVars: Record<string, SealedVariable>;
  release: string | null;
  /** The release before, and when the pointer moved from it (ISO 8601). */
  previousRelease: string | null;
  releasedAt: string | null;
  /** While it is locked, no success becomes the release by itself. */
  releaseLocked: boolean;
  autoRelease: boolean;
  access: AppAccess;
  /** By identity/password.ts; null while there is no password. */
  passwordHash: string | null;
  /** Whether its sites answer unknown paths with index.html; null leaves it to each deployment. */
  spaFallback: boolean | null;
  /** Hosts that rewrites of its sites may lead to. */
  rewriteHosts: string[];
  /** Settings for the servers of its sites. */
  server: AppServer;
  /** Limits for the size of what its deployments publish. */
  budgets: SizeBudget[];
  /** Changes with every change of its settings; null before the first. */
  settingsRevision: string | null;
  /** Changes with every change of its variables and of `server`; null before the first. */
  serverRevision: string | null;
  /** Which events of its repository it is deployed for. */
  triggers: TriggerRules;
  schedules: ScheduleStatus[];
  /** When the first of the schedules is due (ISO 8601); null if none ever is. */
  scheduleDueAt: string | null;
  /** Changes with every change of the schedules; null before the first. */
  schedulesRevision: string | null;
  /** `repoKeyOf` the source's URL; null for uploads. */
  repoKey: string | null;
  /** The Git host's own id of the repository, such as `github:123`, which a new name or owner doesn't change; null if unknown. */
  repositoryId: string | null;
  createdAt: string;
}

/** What an app says about its releases and sites. */
export type AppSiteMember =
  | 'previousRelease'
  | 'releasedAt'
  | 'releaseLocked'
  | 'autoRelease'
  | 'access'
  | 'passwordHash'
  | 'spaFallback'
  | 'rewriteHosts'
  | 'budgets'
  | 'settingsRevision'
  | 'server'
  | 'serverRevision';

/** What holds for an app that says nothing about its sites, or is older than this. */
export const APP_SITE_DEFAULTS: Pick<AppRecord, AppSiteMember> = {
  previousRelease: null,
  releasedAt: null,
  releaseLocked: false,
  autoRelease: true,
  access: { production: 'public', previews: 'public' },
  passwordHash: null,
  spaFallback: null,
  rewriteHosts: [],
  budgets: [],
  settingsRevision: null,
  server: { allowHosts: null },
  serverRevision: null,
};

/** What an app says about its triggers. */
export type AppTriggerMember =
  | 'triggers'
  | 'schedules'
  | 'scheduleDueAt'
  | 'schedulesRevision'
  | 'repoKey'
  | 'repositoryId';

/** What holds for an app that says nothing about its triggers, or is older than they are. */
export const APP_TRIGGER_DEFAULTS: Pick<AppRecord, AppTriggerMember> = {
  triggers: DEFAULT_TRIGGERS,
  schedules: [],
  scheduleDueAt: null,
  schedulesRevision: null,
  repoKey: null,
  repositoryId: null,
};

/** A source as it is stored, with what holds for those that are older than some member. */
export const sourceOfRecord = (source: AppSource): AppSource =>
  source.provider === 'upload' ? source : { ...source, depth: source.depth ?? 1 };

/** An artifact as it is kept: by its storage key. Its URL is made when it is asked for. */
export type ArtifactRecord = Omit<Artifact, 'url'> & {
  key: string;
  /** Storage's name for the bytes whose SHA-256 was checked. Absent in records of version 0.1.0, which checked none. */
  etag?: string;
  /** Of the ZIP that stands for a site: the SHA-256 of the manifest that it is generated from, in hex. */
  manifestSha256?: string;
};

/** A bill of materials (SBOM) in storage: gzip-compressed CycloneDX. */
export interface SbomRecord {
  key: string;
  /** Bytes as they are stored. */
  size: number;
  /** Of those, in hex. */
  sha256: string;
}

/** A deployment as its object last told of it; the object owns the truth. */
export type DeploymentRecord = Omit<
  Deployment,
  | 'artifacts'
  | 'artifactUrl'
  | 'urls'
  | 'waitingFor'
  | 'picture'
  | 'pictureError'
  | 'prebuilt'
  | 'budgets'
  | 'pinned'
  | 'promotedAt'
  | 'artifactsRemovedAt'
  | 'logRemovedAt'
> & {
  ownerId: string;
  /** Its output was built elsewhere. Absent otherwise, and in older records. */
  prebuilt?: true;
  /** It is built from a fork: neither its build nor its server gets variables. Absent otherwise, and in older records. */
  isUntrusted?: true;
  artifacts: ArtifactRecord[];
  /** How it compares with its size budgets. Absent without budgets, and in older records. */
  budgets?: SizeBudgetResult[];
  /** Where the whole log lies once it is archived. */
  logKey: string | null;
  /** Absent in records that are older than SBOMs; null when the runner delivered none. */
  sbom?: SbomRecord | null;
  /** The upload that it was built from; null when it was built from a repository. */
  uploadId: string | null;
};

/** What holds for deployments that are older than these members. */
export const DEPLOYMENT_DEFAULTS = {
  number: 0,
  creator: null,
  pullRequest: null,
  skipped: null,
  approval: null,
  tag: null,
  waiting: null,
  uploadName: null,
  site: null,
} as const satisfies Partial<DeploymentRecord>;

/** What a feed tells of a deployment. A record may have megabytes. */
export type DeploymentSummary = Pick<
  DeploymentRecord,
  | 'id'
  | 'app'
  | 'number'
  | 'status'
  | 'environment'
  | 'branch'
  | 'commitMessage'
  | 'uploadName'
  | 'creator'
  | 'finishedAt'
> & {
  /** Why it failed; null if it didn't. */
  reason: string | null;
};

/** The first line of a commit's message, which a summary has of it. */
export const firstLine = (message: string | null): string | null =>
  message?.split('\n', 1)[0]?.slice(0, 200) ?? null;

/** What a deployment leaves behind and may lose again while its record stays. */
export type DeploymentPart = 'artifacts' | 'log';

/** What was decided about a deployment from outside of it. What its object tells later does not undo it. */
export interface DeploymentMarks {
  pinned: boolean;
  /** ISO 8601. From then on a preview counts as production. */
  promotedAt: string | null;
  /** ISO 8601. */
  artifactsRemovedAt: string | null;
  logRemovedAt: string | null;
  /** When the picture of its site was taken (ISO 8601); null while there is none. */
  pictureAt: string | null;
  /** Why the last try to take one failed; null while none has, and after a picture was taken. */
  pictureError: string | null;
  /** Storage may still hold what was removed. */
  leftovers: boolean;
}

/**
 * A deployment as it is kept. One that is `archived` comes from a backend that has only what lists and feeds show of its
 * record; the rest is in storage, and archive/archived.ts completes it.
 */
export type KeptDeployment = DeploymentRecord & DeploymentMarks & { archived?: true };

/** How a deployment is marked at first: nothing was decided about it yet. */
export const UNMARKED: DeploymentMarks = {
  pinned: false,
  promotedAt: null,
  artifactsRemovedAt: null,
  logRemovedAt: null,
  pictureAt: null,
  pictureError: null,
  leftovers: false,
};

/** What a deployment has left, without its record: an App may have very many of them. */
export type DeploymentContent = Pick<
  KeptDeployment,
  'id' | 'appId' | 'createdAt' | 'environment' | 'status' | 'finishedAt' | 'uploadId' | keyof DeploymentMarks
> & {
  /** How many artifacts it delivered, removed or not, and how many bytes they have. */
  artifactCount: number;
  artifactBytes: number;
};

/** What a deployment has left, of its record. */
export const contentOf = ({ artifacts, ...deployment }: KeptDeployment): DeploymentContent => ({
  id: deployment.id,
  appId: deployment.appId,
  createdAt: deployment.createdAt,
  environment: deployment.environment,
  status: deployment.status,
  finishedAt: deployment.finishedAt,
  uploadId: deployment.uploadId,
  pinned: deployment.pinned,
  promotedAt: deployment.promotedAt,
  artifactsRemovedAt: deployment.artifactsRemovedAt,
  logRemovedAt: deployment.logRemovedAt,
  pictureAt: deployment.pictureAt,
  pictureError: deployment.pictureError,
  leftovers: deployment.leftovers,
  artifactCount: artifacts.length,
  artifactBytes: artifacts.reduce((sum, { size }) => sum + size, 0),
});

/** How many lines of its log are kept beside a deployment. */
export const LOG_TAIL_LINES = 200;

/** A line of a log's end. */
export interface LogTailLine {
  /** ISO 8601. */
  timestamp: string;
  message: string;
}

export interface UploadRecord {
  id: string;
  ownerId: string;
  name: string;
  size: number;
  sha256: string | null;
  key: string;
  /** The S3 multipart upload that the parts belong to; null for a single PUT. */
  multipartId: string | null;
  completed: boolean;
  /** The Apps that were deployed from it. */
  appIds: string[];
  createdAt: string;
  /** When it was last deployed from, and before that when it was begun; null when that was not noted yet. */
  usedAt: string | null;
}

export interface RunnerRecord {
  id: string;
  ownerId: string;
  name: string;
  /** What it is registered for: what it announces itself may narrow it (protocol/src/runner-capacity.ts). */
  labels: string[];
  slots: number;
  /** Null until it is known: an earlier version did not keep it. */
  executor: ExecutorKind | null;
  /** It ends after its first build. */
  ephemeral: boolean;
  version: string;
  credentialHash: string;
  draining: boolean;
  lastSeenAt: string | null;
  /** The protocol for which its last connection was refused; null if it was not. */
  refusedProtocol: number | null;
  createdAt: string;
}

/**
 * Everything that is shown once and kept as a hash: API tokens, registration tokens of runners (`fleet`: reusable ones), deploy hooks, tokens that
 * read the metrics of the instance,
 * invitations, and what signs a person in once: sign-in links, recovery links, codes of a GitHub sign-in. A `site_code`
 * takes a member of the team to a site. The kinds of a device are described in identity/device-login.ts.
 */
export type TokenKind =
  | 'api'
  | 'registration'
  | 'fleet'
  | 'deploy_hook'
  | 'metrics'
  | 'invitation'
  | 'sign_in'
  | 'recovery'
  | 'auth_code'
  | 'site_code'
  | 'device_code'
  | 'device_user_code'
  | 'device_decision';

export interface TokenRecord {
  id: string;
  /** The team; the user, for what signs a person in. */
  ownerId: string;
  kind: TokenKind;
  /** What people call it; an invitation's note; an `auth_code`'s PKCE challenge; the host and state of a `site_code`; the facts of a device. */
  name: string;
  scopes: Scope[];
  /** The role that an invitation gives; null for other kinds. */
  role: Role | null;
  /** The App that a deploy hook deploys; null for other kinds. */
  appId: string | null;
  /** The user who made it; null when the operator or a program did. */
  createdBy: string | null;
  /** SHA-256 of the token, in hex. */
  hash: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  createdAt: string;
}

/** A person whom the embedded issuer knows. */
export interface UserRecord {
  id: string;
  /** In lower case; no two users have the same. */
  email: string;
  /** By identity/password.ts; null for who signs in by other means only. */
  passwordHash: string | null;
  /** The number of their GitHub account, which stays when its name changes; null when they never linked one. */
  githubId: string | null;
  createdAt: string;
}

/** A person in a team. The team's id is the user id of its founder, and the `ownerId` of all that belongs to it. */
export interface MemberRecord {
  id: string;
  teamId: string;
  userId: string;
  email: string;
  role: Role;
  /** SHA-256 of the token of the invitation that the member accepted, in hex; null for founders and earlier members. */
  joinedBy: string | null;
  createdAt: string;
}

/** One line of a team's audit log. */
export type AuditRecord = AuditEntry & { ownerId: string };

/** A refresh token of a signed-in session. Rotated at each use; the used one is kept to notice theft. */
export interface RefreshTokenRecord {
  hash: string;
  sessionId: string;
  userId: string;
  expiresAt: string;
  usedAt: string | null;
}
