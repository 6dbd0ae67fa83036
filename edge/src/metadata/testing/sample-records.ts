/** Records for tests: whole, valid, and told apart by fresh ids; a test names only what it is about. */
import { type BuildSettings, repoKeyOf } from '@appflux/protocol';
import type { HookRecord } from '../hooks.ts';
import {
  APP_SITE_DEFAULTS,
  APP_TRIGGER_DEFAULTS,
  type AppRecord,
  type AuditRecord,
  type DeploymentMarks,
  type DeploymentRecord,
  type KeptDeployment,
  type MemberRecord,
  type RefreshTokenRecord,
  type RunnerRecord,
  type TokenRecord,
  UNMARKED,
  type UploadRecord,
  type UserRecord,
} from '../metadata.ts';
import { newObjectId } from '../object-id.ts';

const CREATED_AT = '2026-11-01T12:00:00.000Z';

let made = 0;

/** When a record was created: a millisecond after the one before it, many in one second. */
const nextMoment = (): string => new Date(Date.parse(CREATED_AT) + made++).toISOString();

const SOURCE: AppRecord['source'] = {
  provider: 'git',
  repoUrl: 'https://git.example/app.git',
  branch: 'main',
  rootDirectory: './',
  depth: 1,
};

const BUILD: BuildSettings = {
  framework: null,
  installCommand: null,
  buildCommand: null,
  outputs: [],
  image: null,
  node: null,
  labels: [],
  timeoutSeconds: null,
  supersede: true,
  concurrency: 1,
};

/** Orders records by ascending id, which is not the order in which they were created. */
export const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

/** A SHA-256 that belongs to nothing. */
export const anyHash = () => newObjectId().padStart(64, '0');

export function appRecord(members: Partial<AppRecord> = {}): AppRecord {
  const id = newObjectId();
  const { source = SOURCE } = members;
  return {
    id,
    ownerId: crypto.randomUUID(),
    name: 'My App',
    slug: `my-app-${id}`,
    type: null,
    detectedType: null,
    source,
    build: BUILD,
    retention: { artifacts: null, logs: null },
    envVars: {},
    release: null,
    ...APP_SITE_DEFAULTS,
    rewriteHosts: [],
    ...APP_TRIGGER_DEFAULTS,
    repoKey: source.provider === 'upload' ? null : repoKeyOf(source.repoUrl),
    createdAt: nextMoment(),
    ...members,
  };
}

export function deploymentRecord(app: AppRecord, members: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return {
    id: newObjectId(),
    appId: app.id,
    ownerId: app.ownerId,
    app: { slug: app.slug, name: app.name },
    number: 1,
    status: 'queued',
    phase: null,
    phases: [],
    trigger: 'manual',
    creator: null,
    pullRequest: null,
    skipped: null,
    approval: null,
    tag: null,
    waiting: null,
    commitHash: null,
    commitMessage: null,
    branch: 'main',
    uploadName: null,
    environment: 'production',
    version: null,
    attempt: 0,
    runner: null,
    plan: null,
    failure: null,
    artifacts: [],
    site: null,
    logKey: null,
    uploadId: null,
    createdAt: nextMoment(),
    startedAt: null,
    finishedAt: null,
    durationSeconds: null,
    ...members,
  };
}

/** A record as it is kept, with these marks. */
export const kept = (record: DeploymentRecord, marks: Partial<DeploymentMarks> = {}): KeptDeployment => ({
  ...record,
  ...UNMARKED,
  ...marks,
});

export const uploadRecord = (members: Partial<UploadRecord> = {}): UploadRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  name: 'source.zip',
  size: 1234,
  sha256: null,
  key: 'uploads/source.zip',
  multipartId: null,
  completed: false,
  appIds: [],
  createdAt: nextMoment(),
  usedAt: CREATED_AT,
  ...members,
});

export const runnerRecord = (members: Partial<RunnerRecord> = {}): RunnerRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  name: 'runner-1',
  labels: ['linux'],
  slots: 2,
  executor: 'docker',
  ephemeral: false,
  version: '0.1.0',
  credentialHash: anyHash(),
  draining: false,
  lastSeenAt: null,
  refusedProtocol: null,
  createdAt: nextMoment(),
  ...members,
});

export const hookRecord = (members: Partial<HookRecord> = {}): HookRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  kind: 'webhook',
  name: 'status page',
  target: 'v1.target',
  shownTarget: 'https://hooks.example/appflux',
  secret: 'v1.secret',
  events: ['deployment.succeeded', 'deployment.failed'],
  apps: [],
  environments: [],
  enabled: true,
  disabledReason: null,
  createdAt: nextMoment(),
  ...members,
});

export const tokenRecord = (members: Partial<TokenRecord> = {}): TokenRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  kind: 'api',
  name: 'ci',
  scopes: ['apps:read', 'deployments:write'],
  role: null,
  appId: null,
  createdBy: null,
  hash: anyHash(),
  expiresAt: null,
  lastUsedAt: null,
  createdAt: nextMoment(),
  ...members,
});

export const userRecord = (members: Partial<UserRecord> = {}): UserRecord => ({
  id: crypto.randomUUID(),
  email: `${newObjectId()}@localhost`,
  passwordHash: null,
  githubId: null,
  createdAt: nextMoment(),
  ...members,
});

export const refreshTokenRecord = (members: Partial<RefreshTokenRecord> = {}): RefreshTokenRecord => ({
  hash: anyHash(),
  sessionId: crypto.randomUUID(),
  userId: crypto.randomUUID(),
  expiresAt: '2026-12-01T12:00:00.000Z',
  usedAt: null,
  ...members,
});

export const memberRecord = (members: Partial<MemberRecord> = {}): MemberRecord => ({
  id: newObjectId(),
  teamId: crypto.randomUUID(),
  userId: crypto.randomUUID(),
  email: 'member@localhost',
  role: 'developer',
  joinedBy: null,
  createdAt: nextMoment(),
  ...members,
});

export const auditRecord = (members: Partial<AuditRecord> = {}): AuditRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  actor: { kind: 'user', id: crypto.randomUUID(), name: 'owner@localhost' },
  action: 'app.create',
  target: { kind: 'app', id: newObjectId(), name: 'My App' },
  at: nextMoment(),
  ...members,
});
