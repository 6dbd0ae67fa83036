import type { DeploymentRecord, DeploymentStore } from '../metadata.ts';
import { json, text } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';
import { listPage } from './list.ts';

export function createDeploymentStore(database: Database): DeploymentStore {
  return {
    async project(record, seq) {
      const results = await database.batch([...releaseOf(record, seq), projectionOf(record, seq)]);
      return (results.at(-1)?.changes ?? 0) > 0;
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

    async unended(appId) {
      const rows = await database.all(
        `SELECT id FROM deployments
         WHERE app_id = ? AND status IN ('queued', 'building', 'canceling') ORDER BY id DESC`,
        appId,
      );
      return rows.map((row) => text(row, 'id'));
    },

    // D1 bills rows that are written, and nobody reads it but this Worker, which has the archive.
    keepLogTail: async () => true,
  };
}

const toDeployment = (row: Row) => json<DeploymentRecord>(row, 'record');

/** The projection itself. A late event of an app that is gone must not bring its deployment back. */
function projectionOf(record: DeploymentRecord, seq: number): Statement {
  return {
    sql: `INSERT INTO deployments (id, app_id, owner_id, status, seq, record)
          SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
          ON CONFLICT (id) DO UPDATE SET status = excluded.status, seq = excluded.seq, record = excluded.record
          WHERE excluded.seq > deployments.seq`,
    values: [record.id, record.appId, record.ownerId, record.status, seq, JSON.stringify(record)],
  };
}

/**
 * What a production success does to its app. These run before the projection, and only the first time that
 * a success is projected: a later event of the same deployment (its log was archived) must not undo a
 * rollback that came in between.
 */
function releaseOf(record: DeploymentRecord, seq: number): Statement[] {
  if (record.status !== 'success' || record.environment !== 'production') return [];
  const isFirst = `NOT EXISTS (SELECT 1 FROM deployments WHERE id = ?2 AND (seq >= ?3 OR status = 'success'))`;
  const release: Statement = {
    sql: `UPDATE apps SET release = ?2
          WHERE id = ?1 AND (release IS NULL OR release < ?2) AND ${isFirst}`,
    values: [record.appId, record.id, seq],
  };
  if (record.plan === null) return [release];
  const type: Statement = {
    sql: `UPDATE apps SET type = ?4 WHERE id = ?1 AND type IS NULL AND ${isFirst}`,
    values: [record.appId, record.id, seq, record.plan.type],
  };
  return [release, type];
}
