/** Archiving in D1: what stays of a record whose whole is in storage. */
import type { DeploymentStore } from '../metadata.ts';
import { text } from './columns.ts';
import type { Database, Statement } from './database.ts';

/** The members of a record that lists, feeds and sites read in SQL. `json_patch` leaves out those that are null. */
const HOLLOW = `json_patch('{}', json_object(
  'v', 2, 'archived', json('true'), 'createdAt', created_at, 'app', json(record -> '$.app'),
  'trigger', record ->> '$.trigger', 'environment', record ->> '$.environment', 'branch', record ->> '$.branch',
  'commitMessage', substr(record ->> '$.commitMessage', 1, 200), 'uploadName', record ->> '$.uploadName',
  'creator', json(record -> '$.creator'), 'finishedAt', record ->> '$.finishedAt',
  'failure', iif(record ->> '$.failure.code' IS NULL, NULL, json_object(
    'code', record ->> '$.failure.code', 'message', record ->> '$.failure.message')),
  'isUntrusted', iif(coalesce(record ->> '$.isUntrusted', 0) OR coalesce(record ->> '$.pullRequest.fork', 0),
    json('true'), NULL),
  'artifacts', json('[]'), 'phases', json('[]')))`;

/** The conditions of the index `deployments_to_archive`, as SQLite compares them. */
const MAY_BE_NEXT = 'archived = 0 AND (skipped = 1 OR log_removed_at IS NOT NULL)';

/** Nothing is left of it, and nobody needs it whole: lists of apps read the record of their latest deployment in SQL. */
const IS_ARCHIVABLE = `${MAY_BE_NEXT} AND leftovers = 0 AND pinned = 0 AND status IN ('success', 'failed', 'canceled')
  AND (artifacts_removed_at IS NOT NULL OR json_array_length(record, '$.artifacts') = 0)
  AND NOT EXISTS (
    SELECT 1 FROM apps WHERE apps.id = deployments.app_id AND deployments.id IN (apps.release, apps.previous_release))
  AND id IS NOT (
    SELECT latest.id FROM deployments AS latest WHERE latest.app_id = deployments.app_id AND +latest.skipped = 0
    ORDER BY latest.created_at DESC, latest.id DESC LIMIT 1)`;

type ArchiveMethods = Pick<DeploymentStore, 'archivable' | 'archive'>;

/** The query of `archivable`. */
export const archivableStatement = (
  ...[appId, createdBefore, after, limit]: Parameters<DeploymentStore['archivable']>
): Statement => ({
  sql: `SELECT id, created_at FROM deployments
        WHERE app_id = ?1 AND created_at < ?2 AND (created_at, id) > (?3, ?4) AND ${IS_ARCHIVABLE}
        ORDER BY created_at, id LIMIT ?5`,
  values: [appId, createdBefore, after?.at ?? '', after?.id ?? '', limit],
});

/** The methods of the store that archive. */
export const createArchiving = (database: Database): ArchiveMethods => ({
  async archivable(...asked) {
    const { sql, values } = archivableStatement(...asked);
    const rows = await database.all(sql, ...values);
    return rows.map((row) => ({ id: text(row, 'id'), at: text(row, 'created_at') }));
  },

  archive: (appId, stored) =>
    database.run(
      `UPDATE deployments SET archived = 1, record = ${HOLLOW}
       WHERE app_id = ?1 AND (id, seq) IN (SELECT value ->> '$.id', value ->> '$.seq' FROM json_each(?2))
         AND ${IS_ARCHIVABLE}`,
      appId,
      JSON.stringify(stored),
    ),
});

/** After an event of an archived deployment, its record is here again. */
export const unarchiveStatement = (deploymentId: string): Statement => ({
  sql: `UPDATE deployments SET archived = 0 WHERE id = ? AND archived = 1 AND record ->> '$.archived' IS NULL`,
  values: [deploymentId],
});
