import { type DownloadCount, type DownloadStore, REMEMBERED_BATCHES } from '../analytics.ts';
import { ofApps, ofArtifacts } from '../download-sums.ts';
import { number, text } from './columns.ts';
import type { Database, Statement } from './database.ts';

export function createDownloadStore(database: Database): DownloadStore {
  return {
    async add(batchId, counts) {
      if (counts.length === 0) return;
      await database.batch([
        ...ofApps(counts).map((count) => appStatement(batchId, count)),
        ...ofArtifacts(counts).map((count) => artifactStatement(batchId, count)),
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

const appStatement = (batchId: string, { appId, day, count }: DownloadCount): Statement => ({
  sql: `INSERT INTO downloads (owner_id, day, app_id, count, recent)
        SELECT owner_id, ?2, id, ?3, json_array(?4) FROM apps WHERE id = ?1
        ON CONFLICT (owner_id, day, app_id) DO UPDATE SET ${added('downloads')}`,
  values: [appId, day, count, batchId],
});

const artifactStatement = (batchId: string, { deploymentId, artifact, count }: DownloadCount): Statement => ({
  sql: `INSERT INTO artifact_downloads (deployment_id, name, count, recent)
        SELECT id, ?2, ?3, json_array(?4) FROM deployments WHERE id = ?1
        ON CONFLICT (deployment_id, name) DO UPDATE SET ${added('artifact_downloads')}`,
  values: [deploymentId, artifact, count, batchId],
});

/** Adds to a count, unless the batch is one of its recent ones, of which the newest is the last. */
const added = (table: string) =>
  `count = ${table}.count + excluded.count,
   recent = json_insert(
     CASE WHEN json_array_length(${table}.recent) < ${REMEMBERED_BATCHES} THEN ${table}.recent
     ELSE json_remove(${table}.recent, '$[0]') END, '$[#]', excluded.recent ->> '$[0]')
   WHERE instr(${table}.recent, excluded.recent ->> '$[0]') = 0`;
