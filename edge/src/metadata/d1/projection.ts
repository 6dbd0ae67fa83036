/** Writing how a deployment stands: the statements of `DeploymentStore.project`, in their order. */
import { endOf } from '../analytics.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { unarchiveStatement } from './archive.ts';
import { countStatement } from './build-days.ts';
import { fromFlag } from './columns.ts';
import type { Statement } from './database.ts';
import { toStored } from './stored-record.ts';

/** Writes the deployment and, once it has ended, counts its end. `isProjected` reads the results. */
export const projectionStatements = (record: DeploymentRecord, seq: number): Statement[] => [
  changeOf(record, seq),
  projectionOf(record, seq),
  ...pullRequestOf(record, seq),
  ...endedAs(record),
];

/** Whether the results of `projectionStatements` say that the deployment was written. */
export const isProjected = (results: readonly { changes: number }[]): boolean =>
  results.slice(0, 2).some(({ changes }) => changes > 0);

/** Whether a deployment, as it stands, may become its app's release by itself. */
export const mayRelease = ({ status, environment }: DeploymentRecord): boolean =>
  status === 'success' && environment === 'production';

/** A change without another status. It leaves out that column, because its indexes would be written, and billed, too. */
const changeOf = (record: DeploymentRecord, seq: number): Statement => ({
  sql: `UPDATE deployments SET seq = ?2, record = ?3, number = coalesce(?4, number)
        WHERE id = ?1 AND status = ?5 AND seq < ?2`,
  values: [record.id, seq, JSON.stringify(record), record.number ?? null, record.status],
});

/** The projection itself. A late event of an app that is gone must not bring its deployment back. */
function projectionOf(record: DeploymentRecord, seq: number): Statement {
  return {
    sql: `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, upload_id, created_at, number, branch,
            environment, pull_request, skipped, creator)
          SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
          ON CONFLICT (id) DO UPDATE SET status = excluded.status, seq = excluded.seq, record = excluded.record,
            number = coalesce(excluded.number, deployments.number)
          WHERE excluded.seq > deployments.seq`,
    values: [
      record.id,
      record.appId,
      record.ownerId,
      record.status,
      seq,
      toStored(record),
      // An event may have been on its way since before there were these members.
      record.uploadId ?? null,
      record.createdAt,
      record.number ?? null,
      record.branch,
      record.environment,
      record.pullRequest?.number ?? null,
      fromFlag((record.skipped ?? null) !== null),
      record.creator?.name ?? null,
    ],
  };
}

/** The pull request that was opened for its commit later; written only when it changes, for its index would be billed. */
const pullRequestOf = ({ id, pullRequest = null }: DeploymentRecord, seq: number): Statement[] =>
  pullRequest === null
    ? []
    : [
        {
          sql: 'UPDATE deployments SET pull_request = ?2 WHERE id = ?1 AND seq = ?3 AND pull_request IS NOT ?2',
          values: [id, pullRequest.number, seq],
        },
      ];

/** Its end, once: written with every event, its indexes would be billed each time. */
function endedAs(record: DeploymentRecord): Statement[] {
  const end = endOf(record);
  if (end === null) return [];
  return [
    {
      // An earlier version, which ran on while the database was migrated, has left it out.
      sql: "UPDATE deployments SET created_at = ?2 WHERE id = ?1 AND created_at = ''",
      values: [record.id, record.createdAt],
    },
    countStatement(record, end),
    {
      sql: 'UPDATE deployments SET counted = 1, duration_seconds = ?2, ended_at = ?3 WHERE id = ?1 AND counted = 0',
      values: [record.id, end.durationSeconds, record.finishedAt],
    },
    unarchiveStatement(record.id),
  ];
}

/**
 * What a production success does to its app. These run before the projection, and only the first time that
 * a success is projected: a later event of the same deployment (its log was archived) must not undo a
 * rollback that came in between.
 */
export function releaseStatements(record: DeploymentRecord, seq: number): Statement[] {
  if (!mayRelease(record)) return [];
  const releasedIsNewer = `EXISTS (
    SELECT 1 FROM deployments AS released
    WHERE released.id = apps.release AND (released.created_at, released.id) > (?5, ?2)
  )`;
  const isFirst = `NOT EXISTS (SELECT 1 FROM deployments WHERE id = ?2 AND (seq >= ?3 OR status = 'success'))`;
  return [
    {
      sql: `UPDATE apps SET previous_release = release, release = ?2, released_at = ?6,
              detected_type = coalesce(?4, detected_type)
            WHERE id = ?1 AND release IS NOT ?2 AND auto_release = 1 AND release_locked = 0
              AND NOT ${releasedIsNewer} AND ${isFirst}`,
      values: [
        record.appId,
        record.id,
        seq,
        record.plan?.type ?? null,
        record.createdAt,
        new Date().toISOString(),
      ],
    },
  ];
}
