import {
  DEPLOYMENT_DEFAULTS,
  type DeploymentContent,
  type DeploymentFilter,
  type DeploymentMarks,
  type DeploymentPart,
  type DeploymentStore,
  type KeptDeployment,
} from '../metadata.ts';
import { createArchiving } from './archive.ts';
import { flag, fromFlag, number, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement, Value } from './database.ts';
import { createSummaries } from './deployment-summaries.ts';
import { listPage, newestFirst } from './list.ts';
import { isProjected, projectionStatements, releaseStatements } from './projection.ts';
import { fromStored } from './stored-record.ts';

/** That something of a deployment, which skipped ones never had, can still be removed, or has left something in storage. */
const HAS_CONTENT = `(skipped = 0 AND (log_removed_at IS NULL OR leftovers = 1
  OR (artifacts_removed_at IS NULL AND json_array_length(record, '$.artifacts') > 0)))`;

/** What a deployment has left, without its record. */
const CONTENT = `id, app_id, status, created_at, upload_id, pinned, promoted_at, artifacts_removed_at, log_removed_at,
  picture_at, picture_error, leftovers,  record ->> '$.environment' AS environment, record ->> '$.finishedAt' AS finished_at,
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
    ...createSummaries(database),
    ...createArchiving(database),

    async project(record, seq) {
      const release = releaseStatements(record, seq);
      const results = await database.batch([...release, ...projectionStatements(record, seq)]);
      return isProjected(results.slice(release.length));
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

    async markPictured(id, at) {
      const sql =
        'UPDATE deployments SET picture_at = ?, picture_error = NULL WHERE id = ? AND artifacts_removed_at IS NULL';
      return (await database.run(sql, at, id)) > 0;
    },

    async markPictureFailed(id, reason) {
      const sql = 'UPDATE deployments SET picture_error = ? WHERE id = ? AND picture_at IS NULL';
      await database.run(sql, reason, id);
    },

    async pictures(ids) {
      if (ids.length === 0) return new Map();
      const rows = await database.all(
        `SELECT id, picture_at FROM deployments
         WHERE id IN (SELECT value FROM json_each(?)) AND picture_at IS NOT NULL AND artifacts_removed_at IS NULL`,
        JSON.stringify(ids),
      );
      return new Map(rows.map((row) => [text(row, 'id'), text(row, 'picture_at')]));
    },

    async markRemoved(ids, part, at) {
      const column = REMOVED_AT[part];
      const rows = await database.all(
        `UPDATE deployments SET ${column} = ?, leftovers = 1
         WHERE id IN (SELECT value FROM json_each(?)) AND pinned = 0 AND ${column} IS NULL RETURNING id`,
        at,
        JSON.stringify(ids),
      );
      return rows.map((row) => text(row, 'id'));
    },

    async unmarkRemoved(id, part) {
      await database.run(`UPDATE deployments SET ${REMOVED_AT[part]} = NULL WHERE id = ?`, id);
    },

    async markCleared(ids) {
      await database.run(
        'UPDATE deployments SET leftovers = 0 WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      );
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
function columnsOf({ ownerId, appId, status, branch, environment, creator, pullRequest }: DeploymentFilter) {
  const given: Record<string, Value | undefined> = {
    // `+` keeps SQLite from the indexes of the whole team, of which it would read more.
    [appId === undefined ? 'owner_id' : '+owner_id']: ownerId,
    app_id: appId,
    status,
    branch,
    environment,
    creator,
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
  pictureAt: textOrNull(row, 'picture_at'),
  pictureError: textOrNull(row, 'picture_error'),
  leftovers: flag(row, 'leftovers'),
});

function toDeployment(row: Row): KeptDeployment {
  return { ...DEPLOYMENT_DEFAULTS, ...fromStored(row), ...marksOf(row) };
}
