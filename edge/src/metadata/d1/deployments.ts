import { endOf } from '../analytics.ts';
import {
  DEPLOYMENT_DEFAULTS,
  type DeploymentContent,
  type DeploymentFilter,
  type DeploymentMarks,
  type DeploymentPart,
  type DeploymentRecord,
  type DeploymentStore,
  type KeptDeployment,
} from '../metadata.ts';
import { flag, fromFlag, json, number, numberOrNull, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement, Value } from './database.ts';
import { listPage, newestFirst } from './list.ts';

/** That something of a deployment, which skipped ones never had, can still be removed, or has left something in storage. */
const HAS_CONTENT = `(skipped = 0 AND (log_removed_at IS NULL OR leftovers = 1
  OR (artifacts_removed_at IS NULL AND json_array_length(record, '$.artifacts') > 0)))`;

/** What a deployment has left, without its record. */
const CONTENT = `id, app_id, status, created_at, upload_id, pinned, promoted_at, artifacts_removed_at, log_removed_at,
  leftovers,  record ->> '$.environment' AS environment, record ->> '$.finishedAt' AS finished_at,
  json_array_length(record, '$.artifacts') AS artifact_count,
  (SELECT coalesce(sum(value ->> '$.size'), 0) FROM json_each(record, '$.artifacts')) AS artifact_bytes`;

/** How many deployments that have not ended are given at most. */
const MOST_UNENDED = 100;

const REMOVED_AT: Record<DeploymentPart, string> = {
  artifacts: 'artifacts_removed_at',
  log: 'log_removed_at',
};

export function createDeploymentStore(database: Database): DeploymentStore {
  return {
    async project(record, seq) {
      const release = releaseOf(record, seq);
      const results = await database.batch([
        ...release,
        projectionOf(record, seq),
        ...pullRequestOf(record, seq),
        ...endedAs(record),
      ]);
      return (results[release.length]?.changes ?? 0) > 0;
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM deployments WHERE id = ?', id);
      return row && toDeployment(row);
    },

    list: (filter, page) =>
      listPage(database, 'deployments', columnsOf(filter), page, toDeployment, {
        // A literal: SQLite uses the partial index of skipped ones for no other condition.
        also:
          filter.skipped === undefined ? [] : [{ sql: `skipped = ${fromFlag(filter.skipped === 'only')}` }],
      }),

    async lastEnded(filter) {
      const { sql, values } = lastEndedStatement(filter);
      const row = await database.first(sql, ...values);
      return row && toDeployment(row);
    },

    async unendedOf(appId, { branch, pullRequest }) {
      const rows = await database.all(
        `SELECT * FROM deployments
         WHERE app_id = ?1 AND status IN ('queued', 'building', 'canceling')
           AND (?2 IS NULL OR +branch = ?2) AND (?3 IS NULL OR +pull_request = ?3)
         ORDER BY ${newestFirst('deployments')} LIMIT ${MOST_UNENDED}`,
        appId,
        branch ?? null,
        pullRequest ?? null,
      );
      return rows.map(toDeployment);
    },

    withContent: (appId, page) =>
      listPage(database, 'deployments', { app_id: appId }, page, toContent, {
        also: [{ sql: HAS_CONTENT }],
        columns: CONTENT,
      }),

    async builtFrom(uploadIds, after, limit) {
      const rows = await database.all(
        `SELECT ${CONTENT} FROM deployments
         WHERE upload_id IN (SELECT value FROM json_each(?)) AND id > ? AND ${HAS_CONTENT} ORDER BY id LIMIT ?`,
        JSON.stringify(uploadIds),
        after ?? '',
        limit,
      );
      return rows.map(toContent);
    },

    async pin(id, pinned) {
      const changed = await database.run(
        'UPDATE deployments SET pinned = ?1 WHERE id = ?2 AND (?1 = 0 OR artifacts_removed_at IS NULL)',
        fromFlag(pinned),
        id,
      );
      return changed > 0;
    },

    async markPromoted(id, at) {
      return (await database.run('UPDATE deployments SET promoted_at = ? WHERE id = ?', at, id)) > 0;
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
        { sql: `DELETE FROM site_aliases WHERE deployment_id IN ${these}`, values: [JSON.stringify(ids)] },
        { sql: `DELETE FROM release_details WHERE deployment_id IN ${these}`, values: [JSON.stringify(ids)] },
      ]);
    },

    async idsOf(appId, limit) {
      const rows = await database.all('SELECT id FROM deployments WHERE app_id = ? LIMIT ?', appId, limit);
      return rows.map((row) => text(row, 'id'));
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

/** What a list is narrowed by, by columns that an index begins with. */
function columnsOf({ ownerId, appId, status, branch, environment, pullRequest }: DeploymentFilter) {
  const given: Record<string, Value | undefined> = {
    owner_id: ownerId,
    app_id: appId,
    status,
    branch,
    environment,
    pull_request: pullRequest,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
    string,
    Value
  >;
}

/**
 * The query of `lastEnded`. Its index is that of the branch, or else of the environment; `+` keeps SQLite from others, whose
 * rows it would have to sort, or of which it would read more.
 */
export function lastEndedStatement({
  appId,
  environment,
  branch,
  before,
}: Parameters<DeploymentStore['lastEnded']>[0]): Statement {
  return {
    sql: `SELECT * FROM deployments
          WHERE app_id = ? AND ${branch === undefined ? 'environment = ?' : '+environment = ? AND branch = ?'}
            AND created_at < ?
            AND +status IN ('success', 'failed')
          ORDER BY ${newestFirst('deployments')} LIMIT 1`,
    values: [appId, environment, ...(branch === undefined ? [] : [branch]), before],
  };
}

const toContent = (row: Row): DeploymentContent => ({
  id: text(row, 'id'),
  appId: text(row, 'app_id'),
  createdAt: text(row, 'created_at'),
  environment: text(row, 'environment') as DeploymentContent['environment'],
  status: text(row, 'status') as DeploymentContent['status'],
  finishedAt: textOrNull(row, 'finished_at'),
  uploadId: textOrNull(row, 'upload_id'),
  artifactCount: number(row, 'artifact_count'),
  artifactBytes: number(row, 'artifact_bytes'),
  ...marksOf(row),
});

const marksOf = (row: Row): DeploymentMarks => ({
  pinned: flag(row, 'pinned'),
  promotedAt: textOrNull(row, 'promoted_at'),
  artifactsRemovedAt: textOrNull(row, 'artifacts_removed_at'),
  logRemovedAt: textOrNull(row, 'log_removed_at'),
  leftovers: flag(row, 'leftovers'),
});

function toDeployment(row: Row): KeptDeployment {
  const record = json<DeploymentRecord>(row, 'record');
  return {
    ...DEPLOYMENT_DEFAULTS,
    ...record,
    number: record.number ?? numberOrNull(row, 'number') ?? DEPLOYMENT_DEFAULTS.number,
    uploadId: textOrNull(row, 'upload_id'),
    ...marksOf(row),
  };
}

/** The projection itself. A late event of an app that is gone must not bring its deployment back. */
function projectionOf(record: DeploymentRecord, seq: number): Statement {
  return {
    sql: `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, upload_id, created_at, number, branch,
            environment, pull_request, skipped)
          SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
          ON CONFLICT (id) DO UPDATE SET status = excluded.status, seq = excluded.seq, record = excluded.record,
            number = coalesce(excluded.number, deployments.number)
          WHERE excluded.seq > deployments.seq`,
    values: [
      record.id,
      record.appId,
      record.ownerId,
      record.status,
      seq,
      JSON.stringify(record),
      // An event may have been on its way since before there were these members.
      record.uploadId ?? null,
      record.createdAt,
      record.number ?? null,
      record.branch,
      record.environment,
      record.pullRequest?.number ?? null,
      fromFlag((record.skipped ?? null) !== null),
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
