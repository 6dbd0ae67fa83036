import type {
  ApiToken,
  App,
  AppFluxError,
  Attention,
  AuditEntry,
  BuildLimits,
  DeployHook,
  Deployment,
  DeviceRequest,
  Domain,
  ExpoSigningKey,
  GithubAppInfo,
  GithubInstallation,
  GithubRepository,
  Hook,
  HookDelivery,
  Invitation,
  LogLine,
  MaintenanceNotice,
  Member,
  MetricsToken,
  OutboxItem,
  Overview,
  ReleaseNotes,
  Role,
  Runner,
  RuntimeAnalytics,
  RuntimeLine,
  ScheduleStatus,
  SourceCredential,
  StateItem,
  WebhookSecret,
} from '@appflux/protocol';

import { NO_BUILD_LIMITS } from '@appflux/protocol';
import { type FakeLook, foundSite } from './fake-look.ts';
import { member } from './fixtures.ts';
import { quietOverview } from './sample-overview.ts';

/** The state of the in-memory API. Tests change it. */
export interface World {
  apps: App[];
  /** Slugs of the user's favourites. */
  favourites: Set<string>;
  /** What needs someone in the team. */
  attention: Attention[];
  /** Newest first, of all apps. */
  deployments: Deployment[];
  runners: Runner[];
  limits: BuildLimits;
  tokens: ApiToken[];
  /** The user's role. */
  role: Role;
  /** Whether it is the instance owner's team, and whether it was deleted. */
  team: 'instance' | 'own' | 'deleted';
  /** Whether the user has linked a GitHub account. */
  github: boolean;
  members: Member[];
  invitations: Invitation[];
  /** Whether the instance sends email, and the links that were not emailed. */
  mail: boolean;
  links: OutboxItem[];
  /** What the instance's owner sees of it. */
  overview: Overview;
  metricsTokens: MetricsToken[];
  /** Null while the instance is not in maintenance. */
  maintenance: MaintenanceNotice | null;
  audit: AuditEntry[];
  hooks: DeployHook[];
  /** Of each app. */
  schedules: ScheduleStatus[];
  credential: SourceCredential | null;
  /** The secrets of webhooks of Git hosts. */
  webhookSecrets: WebhookSecret[];
  /** The GitHub App and what its installations cover. */
  githubApp: GithubAppInfo | null;
  installations: GithubInstallation[];
  repositories: GithubRepository[];
  branches: string[];
  /** How every look at a repository ends. */
  look: FakeLook;
  notifications: Hook[];
  /** Newest first, of all notification hooks. */
  deliveries: (HookDelivery & { hookId: string })[];
  /** The login of a program that waits for approval. */
  device: DeviceRequest | null;
  logs: Map<string, LogLine[]>;
  /** Bills of materials by deployment. */
  sboms: Map<string, unknown>;
  /** Deployments whose lines are damaged in storage; their outlines are intact. */
  damagedLogs: Set<string>;
  /** Of the server of each app: its log, oldest line first; its requests; and what it keeps. */
  runtimeLines: RuntimeLine[];
  serverHours: ((hours: number) => RuntimeAnalytics) | null;
  serverState: StateItem[];
  /** Of each app. */
  domains: Domain[];
  expoKey: ExpoSigningKey | null;
  /** Release notes by deployment. */
  notes: Map<string, ReleaseNotes>;
  /** The variables that previews were built with in another way than production has them. */
  differing: string[];
  /** Errors for calls by a prefix of their method and path, such as `GET /api/apps`. */
  refusals: Map<string, AppFluxError>;
  /** Prefixes of calls that never get a response, to test loading states. */
  hanging: Set<string>;
  /** Whether the session was revoked: its token and refresh token are rejected. */
  sessionEnded: boolean;
  /** Milliseconds that storage takes per part. */
  storageDelay: number;
}

export function emptyWorld(): World {
  return {
    apps: [],
    favourites: new Set(),
    attention: [{ kind: 'no_runner', registered: 0 }],
    deployments: [],
    runners: [],
    limits: NO_BUILD_LIMITS,
    tokens: [],
    role: 'owner',
    team: 'own',
    github: false,
    members: [member()],
    invitations: [],
    mail: false,
    links: [],
    overview: quietOverview(),
    metricsTokens: [],
    maintenance: null,
    audit: [],
    hooks: [],
    schedules: [],
    credential: null,
    webhookSecrets: [],
    githubApp: null,
    installations: [],
    repositories: [],
    branches: ['main'],
    look: foundSite(),
    notifications: [],
    deliveries: [],
    device: null,
    logs: new Map(),
    sboms: new Map(),
    damagedLogs: new Set(),
    runtimeLines: [],
    serverHours: null,
    serverState: [],
    domains: [],
    expoKey: null,
    notes: new Map(),
    differing: [],
    refusals: new Map(),
    hanging: new Set(),
    sessionEnded: false,
    storageDelay: 0,
  };
}
