/** What a feed tells of deployments, without their records. */
import {
  type DeploymentRecord,
  type DeploymentStore,
  type DeploymentSummary,
  firstLine,
} from '../metadata.ts';
import { numberOrNull, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';

const SUMMARY = `id, status, coalesce(record ->> '$.number', number) AS number, record ->> '$.app.slug' AS slug,
  record ->> '$.app.name' AS name, record ->> '$.environment' AS environment, record ->> '$.branch' AS branch,
  substr(record ->> '$.commitMessage', 1, 500) AS commit_message, record ->> '$.uploadName' AS upload_name,
  record -> '$.creator' AS creator, record ->> '$.finishedAt' AS finished_at, record ->> '$.failure.message' AS reason`;

type SummaryStore = Pick<DeploymentStore, 'ended' | 'summaries'>;

/** The methods of the store that give summaries. */
export const createSummaries = (database: Database): SummaryStore => ({
  async ended(...asked) {
    const { sql, values } = endedListStatement(...asked);
    return (await database.all(sql, ...values)).map(toSummary);
  },

  async summaries(ownerId, ids) {
    const rows = await database.all(
      `SELECT ${SUMMARY} FROM deployments WHERE id IN (SELECT value FROM json_each(?)) AND +owner_id = ?`,
      JSON.stringify(ids),
      ownerId,
    );
    return rows.map(toSummary);
  },
});

/** The query of `ended`. */
export const endedListStatement = (
  ...[ownerId, after, limit]: Parameters<DeploymentStore['ended']>
): Statement => ({
  sql: `SELECT ${SUMMARY} FROM deployments
        WHERE owner_id = ? AND ended_at IS NOT NULL ${after === null ? '' : 'AND (ended_at, id) < (?, ?)'}
        ORDER BY ended_at DESC, id DESC LIMIT ?`,
  values: [ownerId, ...(after === null ? [] : [after.at, after.id]), limit],
});

function toSummary(row: Row): DeploymentSummary {
  const creator = textOrNull(row, 'creator');
  return {
    id: text(row, 'id'),
    app: { slug: text(row, 'slug'), name: text(row, 'name') },
    number: numberOrNull(row, 'number') ?? 0,
    status: text(row, 'status') as DeploymentSummary['status'],
    environment: text(row, 'environment') as DeploymentSummary['environment'],
    branch: textOrNull(row, 'branch'),
    commitMessage: firstLine(textOrNull(row, 'commit_message')),
    uploadName: textOrNull(row, 'upload_name'),
    creator: creator === null ? null : (JSON.parse(creator) as DeploymentRecord['creator']),
    finishedAt: textOrNull(row, 'finished_at'),
    reason: textOrNull(row, 'reason'),
  };
}
