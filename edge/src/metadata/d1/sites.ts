import type { AppAccess } from '@appflux/protocol';
import type { SiteApp, SiteDeployment, SiteStore } from '../sites.ts';
import { flag, flagOrNull, json, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

/** The columns that a SiteApp is made of. */
export const SITE_APP = `apps.id AS app_id, apps.slug, apps.owner_id, apps.release, apps.previous_release, apps.released_at,
  apps.access, apps.password_hash, apps.spa_fallback, apps.rewrite_hosts, apps.server_revision`;

const DEPLOYMENT = `deployments.id, deployments.status, deployments.record ->> '$.environment' AS environment, deployments.promoted_at,
  deployments.artifacts_removed_at,
  coalesce(deployments.record ->> '$.isUntrusted', 0) OR coalesce(deployments.record ->> '$.pullRequest.fork', 0)
    AS is_untrusted`;

/** The same as `isSite`, of a row. */
const IS_SITE = `status = 'success' AND artifacts_removed_at IS NULL AND (record ->> '$.site' IS NOT NULL
  OR EXISTS (SELECT 1 FROM json_each(record, '$.artifacts') AS artifact
    WHERE artifact.value ->> '$.contentType' = 'application/zip'
      AND artifact.value ->> '$.meta.entry' = 'index.html'))`;

export function createSiteStore(database: Database): SiteStore {
  return {
    async bySlug(slug) {
      const row = await database.first(`SELECT ${SITE_APP} FROM apps WHERE slug = ?`, slug);
      return row && toSiteApp(row);
    },

    async byDeployment(id) {
      const row = await database.first(
        `SELECT ${SITE_APP}, ${DEPLOYMENT} FROM deployments JOIN apps ON apps.id = deployments.app_id
         WHERE deployments.id = ?`,
        id,
      );
      return row && toSite(row);
    },

    async byLabel(label) {
      const row = await database.first(
        `SELECT ${SITE_APP}, ${DEPLOYMENT} FROM site_aliases
         JOIN deployments ON deployments.id = site_aliases.deployment_id
         JOIN apps ON apps.id = site_aliases.app_id AND apps.id = deployments.app_id
         WHERE site_aliases.label = ?`,
        label,
      );
      return row && toSite(row);
    },

    async published(deploymentIds) {
      if (deploymentIds.length === 0) return [];
      const rows = await database.all(
        `SELECT id FROM deployments WHERE id IN (SELECT value FROM json_each(?)) AND ${IS_SITE}`,
        JSON.stringify(deploymentIds),
      );
      return rows.map((row) => text(row, 'id'));
    },

    async point({ label, appId, branch, deploymentId, createdAt }) {
      await database.run(
        `INSERT INTO site_aliases (label, app_id, branch, deployment_id, created_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
         ON CONFLICT (label) DO UPDATE SET app_id = excluded.app_id, branch = excluded.branch,
           deployment_id = excluded.deployment_id, created_at = excluded.created_at
         WHERE site_aliases.app_id <> excluded.app_id
           OR (site_aliases.created_at, site_aliases.deployment_id) < (excluded.created_at, excluded.deployment_id)`,
        label,
        appId,
        branch,
        deploymentId,
        createdAt,
      );
    },

    async unpoint({ label, appId, createdBefore }) {
      const removed = await database.run(
        'DELETE FROM site_aliases WHERE label = ? AND app_id = ? AND created_at <= ?',
        label,
        appId,
        createdBefore,
      );
      return removed > 0;
    },
  };
}

/** What the sites of an app depend on; null when there is no such app. */
export async function siteAppById(database: Database, id: string): Promise<SiteApp | null> {
  const row = await database.first(`SELECT ${SITE_APP} FROM apps WHERE id = ?`, id);
  return row && toSiteApp(row);
}

const toSite = (row: Row): { app: SiteApp; deployment: SiteDeployment } => ({
  app: toSiteApp(row),
  deployment: {
    id: text(row, 'id'),
    status: text(row, 'status') as SiteDeployment['status'],
    environment: text(row, 'environment') as SiteDeployment['environment'],
    promotedAt: textOrNull(row, 'promoted_at'),
    artifactsRemovedAt: textOrNull(row, 'artifacts_removed_at'),
    isUntrusted: flag(row, 'is_untrusted'),
  },
});

export const toSiteApp = (row: Row): SiteApp => ({
  id: text(row, 'app_id'),
  slug: text(row, 'slug'),
  ownerId: text(row, 'owner_id'),
  release: textOrNull(row, 'release'),
  previousRelease: textOrNull(row, 'previous_release'),
  releasedAt: textOrNull(row, 'released_at'),
  access: json<AppAccess>(row, 'access'),
  passwordHash: textOrNull(row, 'password_hash'),
  spaFallback: flagOrNull(row, 'spa_fallback'),
  rewriteHosts: json<string[]>(row, 'rewrite_hosts'),
  serverRevision: textOrNull(row, 'server_revision'),
});
