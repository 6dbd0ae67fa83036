/** The D1 backend of metadata: Cloudflare's SQLite, the embedded default. */
import type { D1Database } from '@cloudflare/workers-types';
import type { Metadata } from '../metadata.ts';
import { notBound } from '../not-bound.ts';
import { newObjectId } from '../object-id.ts';
import { createAnalyticsStore } from './analytics.ts';
import { createAppListStore } from './app-lists.ts';
import { createAppStore } from './apps.ts';
import { createAuditStore } from './audit.ts';
import { number } from './columns.ts';
import { Database } from './database.ts';
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

/** Metadata in a D1 database that has the migrations of edge/migrations, and has all of it. */
export function createD1Metadata(db: D1Database): Metadata {
  const database = new Database(db);
  return {
    ...metadataIn(database),
    async ping() {
      // A table of ours: a database without the migrations answers, but is of no use.
      const elsewhere = await database.first('SELECT number FROM team_databases WHERE number > 0 LIMIT 1');
      if (elsewhere !== null) throw notBound(number(elsewhere, 'number'));
    },
  };
}

/** Metadata in one of several databases. */
export function metadataIn(database: Database): Metadata {
  return {
    async ping() {
      // A table of ours: a database without the migrations answers, but is of no use.
      await database.first('SELECT 1 FROM apps LIMIT 1');
    },
    newIdFor: async (_ownerId, now) => newObjectId(now),
    removeExpired: (now, auditBefore) => removeExpired(database, now, auditBefore),
    apps: createAppStore(database),
    appLists: createAppListStore(database),
    files: createFileStore(database),
    deployments: createDeploymentStore(database),
    details: createDetailStore(database),
    sites: createSiteStore(database),
    domains: createDomainStore(database),
    expo: createExpoStore(database),
    sourceCredentials: createSourceCredentialStore(database),
    hooks: createHookStore(database),
    github: createGithubStore(database),
    uploads: createUploadStore(database),
    runners: createRunnerStore(database),
    tokens: createTokenStore(database),
    users: createUserStore(database),
    members: createMemberStore(database),
    teamSettings: createTeamSettingsStore(database),
    audit: createAuditStore(database),
    sessions: createSessionStore(database),
    secrets: createSecretStore(database),
    webhookSecrets: createWebhookSecretStore(database),
    idempotency: createIdempotencyStore(database),
    downloads: createDownloadStore(database),
    analytics: createAnalyticsStore(database),
    metrics: createMetricsStore(database),
  };
}
