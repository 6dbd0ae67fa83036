/** The MongoDB backend of metadata, on a database that somebody has connected to (see object.ts). */
import type { Db } from 'mongodb';
import type { Metadata } from '../metadata.ts';
import { newObjectId } from '../object-id.ts';
import { createAnalyticsStore } from './analytics.ts';
import { createAppListStore } from './app-lists.ts';
import { createAppStore } from './apps.ts';
import { createAuditStore } from './audit.ts';
import { createDeploymentStore } from './deployments.ts';
import { createDetailStore } from './details.ts';
import { createDomainStore } from './domains.ts';
import { createDownloadStore } from './downloads.ts';
import { createExpoStore } from './expo.ts';
import { createFileStore } from './files.ts';
import { createGithubStore } from './github.ts';
import { createHookStore } from './hooks.ts';
import { createIdempotencyStore } from './idempotency.ts';
import { createMemberStore } from './members.ts';
import { createMetricsStore } from './metrics.ts';
import { createRunnerStore } from './runners.ts';
import { createSecretStore } from './secrets.ts';
import { createSessionStore } from './sessions.ts';
import { createSiteStore } from './sites.ts';
import { createSourceCredentialStore } from './source-credentials.ts';
import { removeExpired } from './sweep.ts';
import { createTeamSettingsStore } from './team-settings.ts';
import { createTokenStore } from './tokens.ts';
import { createUploadStore } from './uploads.ts';
import { createUserStore } from './users.ts';
import { createWebhookSecretStore } from './webhook-secrets.ts';

/**
 * Metadata in a MongoDB database that has its indexes. `publicUrl` is the instance's address, which the artifacts'
 * addresses in the database begin with; null leaves it out.
 */
export function createMongoMetadata(db: Db, publicUrl: string | null): Metadata {
  return {
    async ping() {
      await db.command({ ping: 1 });
    },
    newIdFor: async (_ownerId, now) => newObjectId(now),
    removeExpired: (now, auditBefore) => removeExpired(db, now, auditBefore),
    apps: createAppStore(db),
    appLists: createAppListStore(db),
    files: createFileStore(db),
    deployments: createDeploymentStore(db, publicUrl),
    details: createDetailStore(db),
    sites: createSiteStore(db),
    domains: createDomainStore(db),
    expo: createExpoStore(db),
    sourceCredentials: createSourceCredentialStore(db),
    hooks: createHookStore(db),
    github: createGithubStore(db),
    uploads: createUploadStore(db),
    runners: createRunnerStore(db),
    tokens: createTokenStore(db),
    users: createUserStore(db),
    members: createMemberStore(db),
    teamSettings: createTeamSettingsStore(db),
    audit: createAuditStore(db),
    sessions: createSessionStore(db),
    secrets: createSecretStore(db),
    webhookSecrets: createWebhookSecretStore(db),
    idempotency: createIdempotencyStore(db),
    downloads: createDownloadStore(db),
    analytics: createAnalyticsStore(db),
    metrics: createMetricsStore(db),
  };
}
