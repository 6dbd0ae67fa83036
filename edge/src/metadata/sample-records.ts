/** Records for tests: whole, valid, and told apart by fresh ids; a test names only what it is about. */
import type { BuildSettings } from '@appflux/protocol';
import {
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
} from './metadata.ts';
import { newObjectId } from './object-id.ts';

const CREATED_AT = '2026-11-01T12:00:00.000Z';

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

/** A SHA-256 that belongs to nothing. */
export const anyHash = () => newObjectId().padStart(64, '0');

export function appRecord(members: Partial<AppRecord> = {}): AppRecord {
  const id = newObjectId();
  return {
    id,
    ownerId: crypto.randomUUID(),
    name: 'My App',
    slug: `my-app-${id}`,
    type: null,
    detectedType: null,
    source: { provider: 'git', repoUrl: 'https://git.example/app.git', branch: 'main', rootDirectory: './' },
    build: BUILD,
    retention: { artifacts: null, logs: null },
    envVars: {},
    release: null,
    createdAt: CREATED_AT,
    ...members,
  };
}

export function deploymentRecord(app: AppRecord, members: Partial<DeploymentRecord> = {}): DeploymentRecord {
  return {
    id: newObjectId(),
    appId: app.id,
    ownerId: app.ownerId,
    app: { slug: app.slug, name: app.name },
    status: 'queued',
    phase: null,
    phases: [],
    trigger: 'manual',
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
    logKey: null,
    uploadId: null,
    createdAt: CREATED_AT,
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
  createdAt: CREATED_AT,
  usedAt: CREATED_AT,
  ...members,
});

export const runnerRecord = (members: Partial<RunnerRecord> = {}): RunnerRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  name: 'runner-1',
  labels: ['linux'],
  slots: 2,
  version: '0.1.0',
  credentialHash: anyHash(),
  draining: false,
  lastSeenAt: null,
  createdAt: CREATED_AT,
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
  createdAt: CREATED_AT,
  ...members,
});

export const userRecord = (members: Partial<UserRecord> = {}): UserRecord => ({
  id: crypto.randomUUID(),
  email: `${newObjectId()}@localhost`,
  passwordHash: null,
  githubId: null,
  createdAt: CREATED_AT,
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
  createdAt: CREATED_AT,
  ...members,
});

export const auditRecord = (members: Partial<AuditRecord> = {}): AuditRecord => ({
  id: newObjectId(),
  ownerId: crypto.randomUUID(),
  actor: { kind: 'user', id: crypto.randomUUID(), name: 'owner@localhost' },
  action: 'app.create',
  target: { kind: 'app', id: newObjectId(), name: 'My App' },
  at: CREATED_AT,
  ...members,
});
