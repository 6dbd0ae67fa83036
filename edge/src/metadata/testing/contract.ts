/** What every backend of metadata must do. A backend's own test file calls this with a way to make an empty one. */
import { describe } from 'vitest';
import type { Metadata } from '../metadata.ts';
import { analyticsContract } from './contract/analytics.ts';
import { appListContract } from './contract/app-lists.ts';
import { appContract } from './contract/apps.ts';
import { archiveContract } from './contract/archive.ts';
import { deploymentListContract } from './contract/deployment-lists.ts';
import { deploymentContract } from './contract/deployments.ts';
import { detailContract } from './contract/details.ts';
import { domainContract } from './contract/domains.ts';
import { downloadContract } from './contract/downloads.ts';
import { expoContract } from './contract/expo.ts';
import { fileContract } from './contract/files.ts';
import { githubContract } from './contract/github.ts';
import { hookContract } from './contract/hooks.ts';
import { identityContract } from './contract/identity.ts';
import { metricsContract } from './contract/metrics.ts';
import { pagingContract } from './contract/paging.ts';
import { peopleContract } from './contract/people.ts';
import { releaseContract } from './contract/release.ts';
import { retentionContract } from './contract/retention.ts';
import { runnerContract } from './contract/runners.ts';
import { siteContract } from './contract/sites.ts';
import { sourceCredentialContract } from './contract/source-credentials.ts';
import { teamSettingsContract } from './contract/team-settings.ts';
import { tokenContract } from './contract/tokens.ts';
import { triggerContract } from './contract/triggers.ts';
import { uploadContract } from './contract/uploads.ts';
import { webhookSecretContract } from './contract/webhook-secrets.ts';

/** Makes a backend that remembers nothing yet. */
export type CreateBackend = () => Promise<Metadata>;

/** Declares the tests of the contract for the backend called `name`. */
export function metadataContract(name: string, create: CreateBackend): void {
  describe(`metadata kept by ${name}`, () => {
    describe('apps', () => appContract(create));
    describe('lists of apps', () => appListContract(create));
    describe('files', () => fileContract(create));
    describe('deployments', () => deploymentContract(create));
    describe('lists of deployments', () => deploymentListContract(create));
    describe('releases', () => releaseContract(create));
    describe('sites', () => siteContract(create));
    describe('custom domains', () => domainContract(create));
    describe('updates of Expo apps', () => expoContract(create));
    describe('credentials of repositories', () => sourceCredentialContract(create));
    describe('hooks', () => hookContract(create));
    describe('the GitHub App', () => githubContract(create));
    describe('release notes and icons', () => detailContract(create));
    describe('triggers', () => triggerContract(create));
    describe('retention', () => retentionContract(create));
    describe('the archive', () => archiveContract(create));
    describe('paging', () => pagingContract(create));
    describe('downloads', () => downloadContract(create));
    describe('analytics', () => analyticsContract(create));
    describe('metrics', () => metricsContract(create));
    describe('uploads', () => uploadContract(create));
    describe('runners', () => runnerContract(create));
    describe('tokens', () => tokenContract(create));
    describe('settings of teams', () => teamSettingsContract(create));
    describe('webhook secrets', () => webhookSecretContract(create));
    describe('people, teams and the audit log', () => peopleContract(create));
    describe('users, sessions, secrets and idempotency keys', () => identityContract(create));
  });
}
