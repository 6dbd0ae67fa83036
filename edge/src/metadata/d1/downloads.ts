import { type DownloadStore, REMEMBERED_BATCHES } from '../analytics.ts';
import { ofApps, ofArtifacts } from '../download-sums.ts';
import { number, text } from './columns.ts';
import type { Database } from './database.ts';

/** Adds to a count, unless the batch is one of its recent ones, of which the newest is the last. */
const added = (table: string) =>
  `count = ${table}.count + excluded.count,
   recent = json_insert(
     CASE WHEN json_array_length(${table}.recent) < ${REMEMBERED_BATCHES} THEN ${table}.recent
     ELSE json_remove(${table}.recent, '$[0]') END, '$[#]', excluded.recent ->> '$[0]')
   WHERE instr(${table}.recent, excluded.recent ->> '$[0]') = 0`;

/**
 * Adds counts, ?2 as JSON, of the batch ?1. One statement for all of them: a Worker may make 1,000 queries for each
 * request or batch of messages.
 */
const ADD_TO_APPS = `
  INSERT INTO downloads (owner_id, day, app_id, count, recent)
  SELECT apps.owner_id, counted.value ->> '$.day', apps.id, counted.value ->> '$.count', json_array(?1)
  FROM json_each(?2) AS counted JOIN apps ON apps.id = counted.value ->> '$.appId'
  WHERE true ON CONFLICT (owner_id, day, app_id) DO UPDATE SET ${added('downloads')}`;

const ADD_TO_ARTIFACTS = `
  INSERT INTO artifact_downloads (deployment_id, name, count, recent)
  SELECT deployments.id, counted.value ->> '$.artifact', counted.value ->> '$.count', json_array(?1)
  FROM json_each(?2) AS counted JOIN deployments ON deployments.id = counted.value ->> '$.deploymentId'
  WHERE true ON CONFLICT (deployment_id, name) DO UPDATE SET ${added('artifact_downloads')}`;

export function createDownloadStore(database: Database): DownloadStore {
  return {
    async add(batchId, counts) {
      if (counts.length === 0) return;
      await database.batch([
        { sql: ADD_TO_APPS, values: [batchId, JSON.stringify(ofApps(counts))] },
        { sql: ADD_TO_ARTIFACTS, values: [batchId, JSON.stringify(ofArtifacts(counts))] },
      ]);
    },

    async ofDeployment(deploymentId) {
      const rows = await database.all(
        'SELECT name, count FROM artifact_downloads WHERE deployment_id = ? ORDER BY name',
        deploymentId,
      );
      return rows.map((row) => ({ name: text(row, 'name'), downloads: number(row, 'count') }));
    },
  };
}
