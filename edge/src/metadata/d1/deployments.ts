import { endOf } from '../analytics.ts';
import type { DeploymentPart, DeploymentRecord, DeploymentStore, KeptDeployment } from '../metadata.ts';
import { flag, fromFlag, json, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';
import { listPage, newestFirst } from './list.ts';

/** That something of a deployment can still be removed, or has left something in storage. */
const HAS_CONTENT = `(log_removed_at IS NULL OR leftovers = 1
  OR (artifacts_removed_at IS NULL AND json_array_length(record, '$.artifacts') > 0))`;

const REMOVED_AT: Record<DeploymentPart, string> = {
  artifacts: 'artifacts_removed_at',
  log: 'log_removed_at',
};

export function createDeploymentStore(database: Database): DeploymentStore {
  return {
    async project(record, seq) {
      const release = releaseOf(record, seq);
      const results = await database.batch([...release, projectionOf(record, seq), ...endedAs(record)]);
      return (results[release.length]?.changes ?? 0) > 0;
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM deployments WHERE id = ?', id);
      return row && toDeployment(row);
    },

    list: (filter, page) =>
      listPage(
        database,
        'deployments',
        {
          owner_id: filter.ownerId,
          ...(filter.appId === undefined ? {} : { app_id: filter.appId }),
          ...(filter.status === undefined ? {} : { status: filter.status }),
        },
        page,
        toDeployment,
      ),

    withContent: (appId, page) =>
      listPage(database, 'deployments', { app_id: appId }, page, toDeployment, [{ sql: HAS_CONTENT }]),

    async builtFrom(uploadIds) {
      const rows = await database.all(
        `SELECT * FROM deployments
         WHERE upload_id IN (SELECT value FROM json_each(?)) AND ${HAS_CONTENT} ORDER BY ${newestFirst('deployments')}`,
        JSON.stringify(uploadIds),
      );
      return rows.map(toDeployment);
    },

    async pin(id, pinned) {
      const changed = await database.run(
        'UPDATE deployments SET pinned = ?1 WHERE id = ?2 AND (?1 = 0 OR artifacts_removed_at IS NULL)',
        fromFlag(pinned),
        id,
      );
      return changed > 0;
    },

    async markRemoved(id, part, at) {
      const column = REMOVED_AT[part];
      const changed = await database.run(
        `UPDATE deployments SET ${column} = ?, leftovers = 1 WHERE id = ? AND pinned = 0 AND ${column} IS NULL`,
        at,
        id,
      );
      return changed > 0;
    },

    async unmarkRemoved(id, part) {
      await database.run(`UPDATE deployments SET ${REMOVED_AT[part]} = NULL WHERE id = ?`, id);
    },

    async markCleared(id) {
      await database.run('UPDATE deployments SET leftovers = 0 WHERE id = ?', id);
    },

    async delete(ids) {
      const these = '(SELECT value FROM json_each(?))';
      await database.batch([
        { sql: `DELETE FROM deployments WHERE id IN ${these}`, values: [JSON.stringify(ids)] },
        {
          sql: `DELETE FROM artifact_downloads WHERE deployment_id IN ${these}`,
          values: [JSON.stringify(ids)],
        },
      ]);
    },

    async unended(appId) {
      const rows = await database.all(
        `SELECT id FROM deployments
         WHERE app_id = ? AND status IN ('queued', 'building', 'canceling') ORDER BY ${newestFirst('deployments')}`,
        appId,
      );
      return rows.map((row) => text(row, 'id'));
    },

    // D1 bills rows that are written, and nobody reads it but this Worker, which has the archive.
    keepLogTail: async () => true,
  };
}

function toDeployment(row: Row): KeptDeployment {
  const record = json<DeploymentRecord>(row, 'record');
  return {
    ...record,
    // Records of before there was this member lack it.
    uploadName: record.uploadName ?? null,
    uploadId: textOrNull(row, 'upload_id'),
    pinned: flag(row, 'pinned'),
    artifactsRemovedAt: textOrNull(row, 'artifacts_removed_at'),
    logRemovedAt: textOrNull(row, 'log_removed_at'),
    leftovers: flag(row, 'leftovers'),
  };
}

/** The projection itself. A late event of an app that is gone must not bring its deployment back. */
function projectionOf(record: DeploymentRecord, seq: number): Statement {
  return {
    sql: `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, upload_id, created_at)
          SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
          ON CONFLICT (id) DO UPDATE SET status = excluded.status, seq = excluded.seq, record = excluded.record
          WHERE excluded.seq > deployments.seq`,
    values: [
      record.id,
      record.appId,
      record.ownerId,
      record.status,
      seq,
      JSON.stringify(record),
      // An event may have been on its way since before there was this member.
      record.uploadId ?? null,
      record.createdAt,
    ],
  };
}

/** What analytics ask of it, once: written with every event, its indexes would be billed each time. */
function endedAs(record: DeploymentRecord): Statement[] {
  const end = endOf(record);
  if (end === null) return [];
  return [
    {
      // An earlier version, which ran on while the database was migrated, has left it out.
      sql: "UPDATE deployments SET created_at = ?2 WHERE id = ?1 AND created_at = ''",
      values: [record.id, record.createdAt],
    },
    {
      sql: `UPDATE deployments SET ended_on = ?2, duration_seconds = ?3, waited_seconds = ?4
            WHERE id = ?1 AND ended_on IS NULL`,
      values: [record.id, end.endedOn, end.durationSeconds, end.waitedSeconds],
    },
  ];
}

/**
 * What a production success does to its app. These run before the projection, and only the first time that
 * a success is projected: a later event of the same deployment (its log was archived) must not undo a
 * rollback that came in between.
 */
function releaseOf(record: DeploymentRecord, seq: number): Statement[] {
  if (record.status !== 'success' || record.environment !== 'production') return [];
  const releasedIsNewer = `EXISTS (
    SELECT 1 FROM deployments AS released
    WHERE released.id = apps.release AND (released.created_at, released.id) > (?5, ?2)
  )`;
  const isFirst = `NOT EXISTS (SELECT 1 FROM deployments WHERE id = ?2 AND (seq >= ?3 OR status = 'success'))`;
  return [
    {
      sql: `UPDATE apps SET release = ?2, detected_type = coalesce(?4, detected_type)
            WHERE id = ?1 AND NOT ${releasedIsNewer} AND ${isFirst}`,
      values: [record.appId, record.id, seq, record.plan?.type ?? null, record.createdAt],
    },
  ];
}
